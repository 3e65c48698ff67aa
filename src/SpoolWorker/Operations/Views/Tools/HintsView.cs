namespace SpoolWorker.Operations.Views.Tools;

/// <summary>A hints database of an Exim's spool.</summary>
internal sealed record HintsView : View
{
    /// <summary>The spool directory.</summary>
    public required string Spool { get; init; }

    /// <summary>The database.</summary>
    public required string Name { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>How many records it has; left out where that could not be told.</summary>
    public long? Records { get; init; }

    /// <summary>How old its records may get, in seconds, where they are tidied.</summary>
    public required long AgeSeconds { get; init; }

    /// <summary>Who else tidies it; left out where nobody does.</summary>
    public string? LeftTo { get; init; }

    /// <summary>Why it could not be looked into; left out when it could.</summary>
    public string? Fault { get; init; }

    /// <summary>What it knows, of a database that was named: most records first, then the oldest; of <c>ratelimit</c> the highest rate first.</summary>
    public IReadOnlyList<HintRowView>? Rows { get; init; }
}

/// <summary>What a hints database knows about one thing.</summary>
internal sealed record HintRowView
{
    /// <summary>The thing: a host, an address, a key of an ACL. Of <c>retry</c> as Exim has it (<c>T:</c> a host or a local delivery, <c>R:</c> a routing), without the message's id.</summary>
    public required string Key { get; init; }

    /// <summary>Of <c>retry</c>: how many records are about it, one of its own and one for each message that had a trouble of its own there.</summary>
    public int? Records { get; init; }

    /// <summary>Of <c>wait-…</c>: how many messages wait for it.</summary>
    public int? Messages { get; init; }

    /// <summary>When it was noted.</summary>
    public string? Time { get; init; }

    /// <summary>Of <c>retry</c>: since when it fails.</summary>
    public string? FirstFailed { get; init; }

    /// <summary>Of <c>retry</c>: when it was last tried.</summary>
    public string? LastTry { get; init; }

    /// <summary>Of <c>retry</c>: when it is tried again.</summary>
    public string? NextTry { get; init; }

    /// <summary>Of <c>retry</c>: whether the time of its retry rule is over.</summary>
    public bool? Expired { get; init; }

    /// <summary>Of <c>retry</c>: the last fault.</summary>
    public string? Error { get; init; }

    /// <summary>Of <c>ratelimit</c>: the rate.</summary>
    public double? Rate { get; init; }

    /// <summary>Of <c>callout</c>: what was answered.</summary>
    public string? Text { get; init; }
}
