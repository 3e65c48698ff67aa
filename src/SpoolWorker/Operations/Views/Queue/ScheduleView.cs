namespace SpoolWorker.Operations.Views.Queue;

/// <summary>Something that is done by the clock.</summary>
internal sealed record ScheduleView : View
{
    /// <summary>The name of a schedule; of the hours of a pass the pass.</summary>
    public required string Name { get; init; }

    /// <summary><c>reprocess</c> (mail is judged again), <c>digest</c> (a summary of held mail is sent), <c>batch</c> or <c>window</c> (the hours of a pass).</summary>
    public required string Kind { get; init; }

    /// <summary>The cron expression, or the window.</summary>
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

    /// <summary>The last run of a schedule; left out when it never ran.</summary>
    public string? Last { get; init; }

    /// <summary>How many messages that was for.</summary>
    public int? Messages { get; init; }

    /// <summary>How long it took to have them judged again; the judging goes on after that.</summary>
    public double? TookSeconds { get; init; }
}
