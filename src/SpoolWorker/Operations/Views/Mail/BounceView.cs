namespace SpoolWorker.Operations.Views.Mail;

/// <summary>What a bounce says.</summary>
internal sealed record BounceView : View
{
    /// <summary>Whether it is one.</summary>
    public required bool Bounce { get; init; }

    /// <summary><c>delivery-status</c> (RFC 3464), <c>none</c>, or the text it was read from, such as <c>exim-text</c>.</summary>
    public required string Form { get; init; }

    /// <summary>Who wrote it.</summary>
    public string? ReportingMta { get; init; }

    /// <summary>When the failed message came to it; left out where its date cannot be read.</summary>
    public string? Arrived { get; init; }

    /// <summary>The sender's ENVID (RFC 3461).</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>Whom it was sent to.</summary>
    public string? ReturnedTo { get; init; }

    /// <summary>Who is behind that, when it is an SRS address.</summary>
    public SrsFindingView? ReturnedToSrs { get; init; }

    /// <summary>The message that failed.</summary>
    public required FailedMessageView Failed { get; init; }

    /// <summary>Those told of, in the order of the report.</summary>
    public IReadOnlyList<BouncedRecipientView> Recipients { get; init; } = [];
}

/// <summary>A message that failed.</summary>
internal sealed record FailedMessageView
{
    /// <summary>Its <c>Message-ID</c>.</summary>
    public string? MessageId { get; init; }

    /// <summary>Its id on the reporting Exim.</summary>
    public string? EximId { get; init; }

    /// <summary>Its subject.</summary>
    public string? Subject { get; init; }
}

/// <summary>Who is behind an SRS address.</summary>
internal sealed record SrsFindingView
{
    /// <summary>The address behind it.</summary>
    public required string Address { get; init; }

    /// <summary>What can be said of it: <c>hash is right</c>, <c>not checked</c>, or why it was refused.</summary>
    public required string Note { get; init; }
}

/// <summary>A recipient of a message that failed.</summary>
internal sealed record BouncedRecipientView : RecipientView
{
    /// <summary>The recipient as the sender had it, when it is another.</summary>
    public string? Original { get; init; }

    /// <summary>Who is behind the address, when it is an SRS address.</summary>
    public SrsFindingView? Srs { get; init; }

    /// <summary><c>failed</c>, <c>delayed</c>, <c>delivered</c>, <c>relayed</c>, <c>expanded</c> (RFC 3464, 2.3.3) or <c>unknown</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Whether trying again is of no use; left out where nothing tells.</summary>
    public bool? Permanent { get; init; }

    /// <summary>The most exact enhanced status there is (RFC 3463).</summary>
    public string? Status { get; init; }

    /// <summary>What it means.</summary>
    public string? Meaning { get; init; }

    /// <summary>The status as the reporter wrote it.</summary>
    public string? StatusWritten { get; init; }

    /// <summary>Three digits of the host's answer.</summary>
    public int? SmtpCode { get; init; }

    /// <summary>What the host, or the reporter, said.</summary>
    public string? Reason { get; init; }

    /// <summary>The host that said it.</summary>
    public string? RemoteMta { get; init; }

    /// <summary>Its address and port.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>The first line it said.</summary>
    public string? Greeting { get; init; }

    /// <summary>What it answered to EHLO.</summary>
    public string? HeloResponse { get; init; }

    /// <summary>Exim's own words.</summary>
    public string? EximDiagnostic { get; init; }

    /// <summary>When it was tried last; left out where that date cannot be read.</summary>
    public string? LastAttempt { get; init; }

    /// <summary>Until when it will be tried; likewise.</summary>
    public string? RetryUntil { get; init; }
}
