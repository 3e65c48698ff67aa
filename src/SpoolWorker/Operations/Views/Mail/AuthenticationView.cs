namespace SpoolWorker.Operations.Views.Mail;

/// <summary>What the methods say of a message. Results are the words of RFC 8601.</summary>
internal sealed record AuthenticationView : View
{
    /// <summary>SPF (RFC 7208).</summary>
    public required SpfFindingView Spf { get; init; }

    /// <summary>DKIM (RFC 6376): each signature, from the topmost on.</summary>
    public IReadOnlyList<DkimFindingView> Dkim { get; init; } = [];

    /// <summary>Signatures above <c>Dkim:MaxSignatures</c>, which were not looked at.</summary>
    public int? DkimNotLookedAt { get; init; }

    /// <summary>DMARC.</summary>
    public required DmarcFindingView Dmarc { get; init; }

    /// <summary>ARC (RFC 8617); left out when it is off.</summary>
    public ArcFindingView? Arc { get; init; }

    /// <summary>What conditions of the pass <c>rules</c> can ask for.</summary>
    public required IReadOnlyDictionary<string, string> Results { get; init; }

    /// <summary>Header lines that the pass would add, from the top, folded as they would be sent.</summary>
    public IReadOnlyList<string> Added { get; init; } = [];

    /// <summary>Header lines that it would remove.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];
}

/// <summary>SPF of a message.</summary>
internal sealed record SpfFindingView
{
    /// <summary>The result; <c>none</c> also where it was not checked.</summary>
    public required string Result { get; init; }

    /// <summary>The domain's own words on a fail.</summary>
    public string? Explanation { get; init; }

    /// <summary>What happened, or why it was not checked.</summary>
    public required string Comment { get; init; }

    /// <summary>The result of <c>Spf:Guess</c>, where there was no record.</summary>
    public string? Guess { get; init; }
}

/// <summary>One signature.</summary>
internal sealed record DkimFindingView
{
    /// <summary>The domain that signed (<c>d=</c>).</summary>
    public string? Domain { get; init; }

    /// <summary>The name of its key (<c>s=</c>).</summary>
    public string? Selector { get; init; }

    /// <summary>The result.</summary>
    public required string Result { get; init; }

    /// <summary>Why it did not pass.</summary>
    public string? Reason { get; init; }

    /// <summary>For whom it signed (<c>i=</c>).</summary>
    public string? Identity { get; init; }

    /// <summary>How (<c>a=</c>).</summary>
    public string? Algorithm { get; init; }

    /// <summary>Whether its owner tests (<c>t=y</c>).</summary>
    public required bool Testing { get; init; }

    /// <summary>Whether it passed only with header lines as they were received.</summary>
    public required bool AsReceived { get; init; }
}

/// <summary>DMARC of a message.</summary>
internal sealed record DmarcFindingView
{
    /// <summary>The result; <c>none</c> also where it was not checked.</summary>
    public required string Result { get; init; }

    /// <summary>The policy that applies: <c>none</c>, <c>quarantine</c> or <c>reject</c>.</summary>
    public string? Policy { get; init; }

    /// <summary>The domain of the author.</summary>
    public string? Domain { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}

/// <summary>The chain of a message.</summary>
internal sealed record ArcFindingView
{
    /// <summary>The result.</summary>
    public required string Result { get; init; }

    /// <summary>Why it failed, with instance and line.</summary>
    public string? Reason { get; init; }

    /// <summary>Who sealed, from the newest on.</summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary>The lowest instance from which on all message signatures verify; 0 without a chain.</summary>
    public required int OldestPass { get; init; }
}
