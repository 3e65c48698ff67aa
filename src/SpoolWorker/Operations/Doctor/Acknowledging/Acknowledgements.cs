// What operators know of and let be, a line each in a file beside the ledger: a JSON object, as `doctor ack --list --jsonl` prints it. Not in the ledger itself: it has
// nothing to do with mail, and a doctor has to be heard when the ledger is broken. Written anew as a whole, under a lock of its own. A line that cannot be read is passed over and goes with the next writing. What has run out counts no more, and goes likewise.
using System.Globalization;
using System.Text;
using System.Text.Json;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Checks;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Acknowledging;

/// <summary>The file of acknowledgements.</summary>
/// <param name="options">The ledger it lies beside.</param>
/// <param name="clock">Dates.</param>
internal sealed class Acknowledgements(LedgerOptions options, TimeProvider clock)
{
    private const string FileName = "doctor.acks", LockName = "doctor.lock";

    // A thousand of the longest there may be; a larger file is another one.
    private const int MostBytes = 1 << 20;

    /// <summary>Longest note, in characters: one line of a screen or two.</summary>
    public const int MostNote = 400;

    private readonly string _path = Path.Combine(Places.Full(options.Path), FileName);

    /// <summary>Those that count now, in the order of their time.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read it.</exception>
    public IReadOnlyList<AcknowledgementView> Read()
    {
        if (!File.Exists(_path)) return [];
        using var handle = Posix.Open(_path, Posix.O_RDONLY);
        var bytes = new byte[MostBytes];
        var (filled, read) = (0, 0);
        while (filled < bytes.Length && (read = Posix.Read(handle, bytes.AsSpan(filled), filled, _path)) > 0) filled += read;
        var now = clock.GetUtcNow();
        return [.. Encoding.UTF8.GetString(bytes, 0, filled).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse).OfType<AcknowledgementView>().Where(a => View.Moment(a.Until) > now)];
    }

    /// <summary>Adds one; another of the same name and subject goes.</summary>
    /// <returns>What keeps it from being written; null: it is.</returns>
    public Trouble? Add(AcknowledgementView added) => Change(all => all.Add(added), added.Name, added.Subject);

    /// <summary>Takes those of a name, and of a subject where one is given, away.</summary>
    /// <param name="name">The name of the finding.</param>
    /// <param name="subject">Null: those of any.</param>
    /// <returns>Why not; null: it is gone.</returns>
    public Trouble? Remove(string name, string? subject)
    {
        var there = Read().Where(a => a.Name == name && (subject is null || a.Subject == subject)).ToList();
        if (there.Count == 0) return new Trouble(TroubleKind.NotFound, $"{name}{(subject is null ? "" : $" of {subject}")} is not acknowledged");
        return Change(all => all.RemoveAll(a => a.Name == name && (subject is null || a.Subject == subject)), name: null, subject: null);
    }

    /// <summary>The one that a finding falls under; null: it counts.</summary>
    public static AcknowledgementView? Of(Finding finding, IReadOnlyList<AcknowledgementView> all) => all.FirstOrDefault(a => a.Name == finding.Kind?.Name && (a.Subject is null || a.Subject == finding.Subject));

    private Trouble? Change(Action<List<AcknowledgementView>> change, string? name, string? subject)
    {
        try
        {
            Places.MakePrivate(options.Path);
            using var own = Owned.OpenFile(Path.Combine(Places.Full(options.Path), LockName), Posix.O_RDWR);
            if (!Posix.TryLockWhole(own, LockName)) return new Trouble(TroubleKind.NotNow, "another doctor writes acknowledgements now; say it again");
            var all = Read().ToList();
            all.RemoveAll(a => a.Name == name && a.Subject == subject);
            change(all);
            Write(all);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Trouble.Of(e);
        }
    }

    private void Write(List<AcknowledgementView> all)
    {
        var text = new List<byte>();
        foreach (var one in all) text.AddRange([.. ViewJson.Write(one, ViewJson.Default.AcknowledgementView, ViewJson.Line).Span, (byte)'\n']);
        Owned.Replace(_path, text.ToArray());
    }

    private static AcknowledgementView? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, AcknowledgementJson.Default.AcknowledgementView) is { } read && DateTimeOffset.TryParse(read.Until, CultureInfo.InvariantCulture, out _) ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
