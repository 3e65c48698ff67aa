using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Operations.Views.Tools;

/// <summary>A run of a job by hand.</summary>
internal sealed record JobRunView : View
{
    /// <summary>The job.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it only looked.</summary>
    public required bool DryRun { get; init; }

    /// <summary>How long it took.</summary>
    public required double TookSeconds { get; init; }

    /// <summary>What it found.</summary>
    public required IReadOnlyList<JobFindingView> Findings { get; init; }
}
