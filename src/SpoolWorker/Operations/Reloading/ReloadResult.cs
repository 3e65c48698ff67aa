using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Operations.Reloading;

/// <summary>How a reload ended.</summary>
internal enum ReloadEnd
{
    /// <summary>The configuration was read, and is in force.</summary>
    Done,

    /// <summary>It has faults, or would need a restart: nothing was changed.</summary>
    Refused,

    /// <summary>Not now: the worker stops.</summary>
    NotNow,
}

/// <summary>What a reload came to.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Generation">The number of the generation in force.</param>
/// <param name="Configuration">Where it was read from.</param>
/// <param name="Reasons">Why nothing was changed.</param>
internal sealed record ReloadResult(ReloadEnd End, int Generation, string Configuration, IReadOnlyList<string> Reasons)
{
    /// <summary>One sentence.</summary>
    public string Sentence => End switch
    {
        ReloadEnd.Done => $"{Configuration} is in force (generation {Generation})",
        ReloadEnd.NotNow => $"not reloaded: {string.Join("; ", Reasons)}",
        _ => $"not reloaded, and nothing changed: {string.Join("; ", Reasons)}",
    };

    public ReloadView View() => new()
    {
        Reloaded = End == ReloadEnd.Done,
        Generation = Generation,
        Configuration = Configuration,
        Reasons = Reasons,
        Error = End == ReloadEnd.Done ? null : Sentence,
    };
}
