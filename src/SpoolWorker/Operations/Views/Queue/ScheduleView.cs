namespace SpoolWorker.Operations.Views.Queue;

/// <summary>Something that is done by the clock.</summary>
internal sealed record ScheduleView : View
{
    /// <summary>The name of a schedule; of the hours of a pass the pass.</summary>
    public required string Name { get; init; }

    /// <summary><c>reprocess</c> (mail is judged again), <c>digest</c> (a summary of held mail is sent), <c>batch</c> or <c>window</c> (the hours of a pass), or <c>upkeep</c> (a job beside Exim).</summary>
    public required string Kind { get; init; }

    /// <summary>The cron expression, the window, or how often.</summary>
    public required string When { get; init; }

    /// <summary>Of a schedule which mail: <c>deferred</c> or <c>held</c>.</summary>
    public string? Of { get; init; }

    /// <summary>Of a schedule: the pass whose deferred mail is meant.</summary>
    public string? Pass { get; init; }

    /// <summary>Of a schedule: the condition.</summary>
    public string? Where { get; init; }

    /// <summary>Of a schedule: the pass it is judged from; left out for the first.</summary>
    public string? From { get; init; }

    /// <summary>Of a digest: who gets it.</summary>
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>Of a window: whether it is open.</summary>
    public bool? Open { get; init; }

    /// <summary>The next run; of hours when they come next.</summary>
    public string? Next { get; init; }

    /// <summary>The last run of a schedule, and the last good one of a job; left out when there was none.</summary>
    public string? Last { get; init; }

    /// <summary>How many messages that was for; of a job, how many things it looked after.</summary>
    public int? Messages { get; init; }

    /// <summary>How long it took to have them judged again; the judging goes on after that.</summary>
    public double? TookSeconds { get; init; }

    /// <summary>Of a job: what it does, in a line.</summary>
    public string? Summary { get; init; }

    /// <summary>Of a job: whether its settings want it to run.</summary>
    public bool? On { get; init; }

    /// <summary>Of a job: the order that it does not run, as a sentence; left out while there is none.</summary>
    public string? Paused { get; init; }

    /// <summary>Of a job: what its last run found, good or not.</summary>
    public IReadOnlyList<JobFindingView>? Findings { get; init; }
}
