// When the configuration in force was read, and what the last reload came to: for status and metrics. In memory. Any thread.
namespace SpoolWorker.Engine.Generations;

/// <summary>What a reload came to.</summary>
/// <param name="Time">When.</param>
/// <param name="IsDone">False: nothing was changed.</param>
/// <param name="Reasons">Why not.</param>
internal sealed record ReloadNote(DateTimeOffset Time, bool IsDone, IReadOnlyList<string> Reasons);

/// <summary>Notes of reloads.</summary>
/// <param name="start">When the configuration of the start was read.</param>
internal sealed class ReloadNotes(DateTimeOffset start)
{
    private readonly Lock _lock = new();
    private DateTimeOffset _read = start;

    /// <summary>The last reload; null: there was none.</summary>
    public ReloadNote? Last { get; private set; }

    /// <summary>When the configuration in force was read.</summary>
    public DateTimeOffset Read
    {
        get
        {
            lock (_lock) return _read;
        }
    }

    /// <summary>A reload has ended.</summary>
    public void Note(ReloadNote note)
    {
        lock (_lock)
        {
            Last = note;
            if (note.IsDone) _read = note.Time;
        }
    }
}
