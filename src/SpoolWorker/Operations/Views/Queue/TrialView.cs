namespace SpoolWorker.Operations.Views.Queue;

/// <summary>A trial of the chain.</summary>
internal sealed record TrialView : View
{
    /// <summary>The scratch directory, where it is kept.</summary>
    public string? Scratch { get; init; }

    /// <summary>From the start of the engine to its end.</summary>
    public required double TookSeconds { get; init; }

    /// <summary>How many messages ended so, by the first word of their outcome.</summary>
    public required IReadOnlyDictionary<string, int> Counts { get; init; }

    /// <summary>By sample.</summary>
    public required IReadOnlyList<TriedMessageView> Messages { get; init; }
}

/// <summary>A message of a trial.</summary>
internal sealed record TriedMessageView : View
{
    /// <summary>The sample, or the folder it came from.</summary>
    public required string Sample { get; init; }

    /// <summary>Its message id.</summary>
    public required string Id { get; init; }

    /// <summary>The passes of the chain; none for a message that did not come so far.</summary>
    public required IReadOnlyList<string> Passes { get; init; }

    /// <summary><c>requeued</c>, <c>bounced</c>, <c>held</c>, <c>discarded</c>, <c>deferred</c>, <c>left</c>, <c>removed</c>, <c>corrupt</c>, <c>no message</c>, …; joined by <c>+</c> when
    /// recipients fared differently.</summary>
    public required string Outcome { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Those who are settled.</summary>
    public required IReadOnlyList<RecipientView> Recipients { get; init; }

    /// <summary>What the passes found, under the names that conditions use.</summary>
    public required IReadOnlyDictionary<string, string> Results { get; init; }

    /// <summary>Files it is in now, from the scratch directory on.</summary>
    public required IReadOnlyList<string> Where { get; init; }
}
