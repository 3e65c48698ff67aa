namespace SpoolWorker.Operations.Views.Queue;

/// <summary>The life of a message.</summary>
internal sealed record TraceView : View
{
    /// <summary>What was asked for.</summary>
    public required string Query { get; init; }

    /// <summary>Messages that belong together.</summary>
    public required IReadOnlyList<TracedMessageView> Messages { get; init; }

    /// <summary>What happened to them, in the order of time.</summary>
    public required IReadOnlyList<TraceEventView> Events { get; init; }

    /// <summary>Whether there is more than is told.</summary>
    public required bool Cut { get; init; }
}

/// <summary>A message of a trace.</summary>
internal sealed record TracedMessageView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>How it was found, in words.</summary>
    public required string Found { get; init; }
}

/// <summary>One event.</summary>
internal sealed record TraceEventView : View
{
    /// <summary>When.</summary>
    public required string Time { get; init; }

    /// <summary>The message it happened to.</summary>
    public required string Id { get; init; }

    /// <summary><c>exim</c>, <c>worker</c> or <c>operator</c>.</summary>
    public required string Source { get; init; }

    /// <summary><c>arrived</c>, <c>taken</c>, <c>passes</c>, <c>requeued</c>, <c>held</c>, <c>bounced</c>, <c>discarded</c>, <c>deferred</c>, <c>waits</c>, <c>failed</c>, <c>greeting</c>,
    /// <c>ehlo</c>, <c>host</c>, <c>delivered</c>, <c>delayed</c>, <c>refused</c>, <c>bounce</c>, <c>completed</c>, <c>operator</c> (a verb) or <c>note</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The recipient it is about; left out for the message as a whole.</summary>
    public string? Address { get; init; }

    /// <summary>In the source's words.</summary>
    public required string Text { get; init; }
}
