namespace SpoolWorker.Operations.Views.Mail;

/// <summary>One question to dccifd, and what came of it.</summary>
internal sealed record DccView : View
{
    /// <summary>Whether the daemon gave a proper answer.</summary>
    public required bool Answered { get; init; }

    /// <summary>Why the worker would not have asked.</summary>
    public string? WouldNotAsk { get; init; }

    /// <summary>How long it took.</summary>
    public required double TookSeconds { get; init; }

    /// <summary>What was asked.</summary>
    public required DccRequestView Request { get; init; }

    /// <summary>With <c>--verbose</c>: the answer line by line.</summary>
    public IReadOnlyList<string> AnswerLines { get; init; } = [];

    /// <summary>The daemon that answered.</summary>
    public string? Daemon { get; init; }

    /// <summary>What conditions of the pass <c>rules</c> can ask for.</summary>
    public IReadOnlyDictionary<string, string>? Results { get; init; }

    /// <summary>Whether the policy acts; false when <c>Dcc:Mode</c> is <c>report-only</c>.</summary>
    public required bool Acts { get; init; }

    /// <summary>What the policy does with each.</summary>
    public IReadOnlyList<DccRecipientView> Recipients { get; init; } = [];

    /// <summary>Without an answer: why.</summary>
    public string? Reason { get; init; }

    /// <summary>Without an answer: what becomes of the message, <c>defer</c> or <c>continue</c>.</summary>
    public string? Disposition { get; init; }

    /// <summary>Header lines that the pass would add.</summary>
    public IReadOnlyList<string> Added { get; init; } = [];

    /// <summary>Header lines that it would remove.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>What was odd.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>A question to dccifd.</summary>
internal sealed record DccRequestView
{
    /// <summary>The words of its first line.</summary>
    public required string Options { get; init; }

    /// <summary>The client's address.</summary>
    public required string Ip { get; init; }

    /// <summary>The client's name.</summary>
    public string? Host { get; init; }

    /// <summary>What the client said in HELO.</summary>
    public string? Helo { get; init; }

    /// <summary>Envelope sender; empty for the null sender.</summary>
    public required string Sender { get; init; }

    /// <summary>Those the daemon was told of.</summary>
    public IReadOnlyList<RecipientView> Recipients { get; init; } = [];

    /// <summary>With <c>--verbose</c>: the question line by line, without the body.</summary>
    public IReadOnlyList<string> Lines { get; init; } = [];

    /// <summary>Bytes of the body.</summary>
    public required long BodySize { get; init; }
}

/// <summary>A recipient and his letter.</summary>
internal sealed record DccRecipientView : RecipientView
{
    /// <summary>The daemon's: <c>A</c> accept, <c>G</c> greylisted, <c>R</c> reject, <c>T</c> temporary failure.</summary>
    public required string Letter { get; init; }

    /// <summary>The setting for that letter.</summary>
    public required string Policy { get; init; }

    /// <summary>What becomes of him; <c>continue</c> when the policy does not act.</summary>
    public required string Disposition { get; init; }

    /// <summary>The letter in words.</summary>
    public required string Reason { get; init; }
}
