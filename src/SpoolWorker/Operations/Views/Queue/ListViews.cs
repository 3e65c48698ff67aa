namespace SpoolWorker.Operations.Views.Queue;

/// <summary>An id of a list.</summary>
internal sealed record ListedIdView : View
{
    /// <summary>As in a list's rows.</summary>
    public required string Place { get; init; }

    /// <summary>Exim's message id.</summary>
    public required string Id { get; init; }
}

/// <summary>What a list comes to.</summary>
internal sealed record ListTotalView : View
{
    /// <summary>How many messages.</summary>
    public required long Messages { get; init; }

    /// <summary>Their recipients, also those who are served.</summary>
    public required long RecipientCount { get; init; }

    /// <summary>Those still to be served.</summary>
    public required long Pending { get; init; }

    /// <summary>Their sizes together.</summary>
    public required long Size { get; init; }
}

/// <summary>Messages that have something in common.</summary>
internal sealed record ListGroupView : View
{
    /// <summary>What they have in common: <c>domain</c> (of recipients still to be served), <c>sender</c> (its domain), <c>reason</c> or <c>age</c>.</summary>
    public required string By { get; init; }

    /// <summary>The domain, the reason or the age; <c>&lt;&gt;</c> for the null sender, the state in parentheses where there is no reason.</summary>
    public required string Key { get; init; }

    /// <summary>Recipients by <c>domain</c>, else messages.</summary>
    public required long Count { get; init; }

    /// <summary>The sizes of the messages together.</summary>
    public required long Size { get; init; }

    /// <summary>Age of the oldest.</summary>
    public required long OldestSeconds { get; init; }

    /// <summary>How many of them are how old.</summary>
    public required IReadOnlyList<AgeCountView> Ages { get; init; }
}

/// <summary>How many are younger than this, and older than the step before.</summary>
internal sealed record AgeCountView
{
    /// <summary>Upper end of the step; left out in the last one.</summary>
    public int? UnderMinutes { get; init; }

    /// <summary>How many.</summary>
    public required long Count { get; init; }
}
