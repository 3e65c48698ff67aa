namespace SpoolWorker.Operations.Views.Queue;

/// <summary>A message in a list.</summary>
internal sealed record MessageRow : View
{
    /// <summary><c>intake</c>, <c>held</c>, <c>corrupt</c>, <c>target</c>, or <c>spool</c> for a directory that was named.</summary>
    public required string Place { get; init; }

    /// <summary>The directory of that place.</summary>
    public required string Directory { get; init; }

    /// <summary>Exim's message id.</summary>
    public required string Id { get; init; }

    /// <summary>In <c>corrupt</c>: what its files are called there, when the id came more than once.</summary>
    public string? Name { get; init; }

    /// <summary><c>waiting</c>, <c>frozen</c>, <c>deferred</c>, <c>waits</c> (for the hours of a pass), <c>settled</c> (the ledger says that everyone is served), <c>delivered</c> (<c>-H</c> says so),
    /// <c>incomplete</c> (no <c>-D</c>), <c>held</c>, <c>unreadable</c> or <c>corrupt</c>.</summary>
    public required string State { get; init; }

    /// <summary>When Exim received it; where <c>-H</c> cannot be read, the time in the id.</summary>
    public required string Received { get; init; }

    /// <summary>Since it was received.</summary>
    public required long AgeSeconds { get; init; }

    /// <summary>As <c>exim -bp</c> counts it: bytes of body and header lines, and one; of the files in <c>corrupt</c>.</summary>
    public long? Size { get; init; }

    /// <summary>Envelope sender; empty for the null sender.</summary>
    public string? Sender { get; init; }

    /// <summary>All there are, also those who are served.</summary>
    public IReadOnlyList<RecipientStateView> Recipients { get; init; } = [];

    /// <summary>How many of them are still to be served.</summary>
    public int? Pending { get; init; }

    /// <summary>Deferred, or waiting for the hours of a pass: when it is tried again.</summary>
    public string? NextTry { get; init; }

    /// <summary>Why it is held, deferred or waits.</summary>
    public string? Reason { get; init; }

    /// <summary>Why <c>-H</c> cannot be read.</summary>
    public FaultView? Error { get; init; }

    /// <summary>In <c>corrupt</c>: the directory it came from.</summary>
    public string? From { get; init; }

    /// <summary>In <c>corrupt</c>: when it was put there.</summary>
    public string? Moved { get; init; }
}

/// <summary>A recipient and whether it is served.</summary>
internal sealed record RecipientStateView : RecipientView
{
    /// <summary><c>pending</c> or <c>done</c>.</summary>
    public required string State { get; init; }
}
