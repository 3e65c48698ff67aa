namespace SpoolWorker.Operations.Views.Queue;

/// <summary>What the ledger knows of a message of one intake.</summary>
internal sealed record RecordView : View
{
    /// <summary>The message id.</summary>
    public required string Id { get; init; }

    /// <summary>The directory it came from.</summary>
    public required string Intake { get; init; }

    /// <summary>When it was first worked on.</summary>
    public string? FirstSeen { get; init; }

    /// <summary>When the last decision was made.</summary>
    public string? Decided { get; init; }

    /// <summary>Those who are settled.</summary>
    public IReadOnlyList<SettledRecipientView> Recipients { get; init; } = [];

    /// <summary>Addresses that only get a copy, by a rule (<c>CopyTo</c>), settled or not.</summary>
    public IReadOnlyList<string> Copies { get; init; } = [];

    /// <summary>What the passes found, by name.</summary>
    public IReadOnlyDictionary<string, string>? Results { get; init; }

    /// <summary>What they found for single recipients, where it is not the same for all; left out where it is.</summary>
    public IReadOnlyList<RecipientResultsView>? RecipientResults { get; init; }

    /// <summary>Failures of the message itself.</summary>
    public required int Failures { get; init; }

    /// <summary>The last of them.</summary>
    public string? LastFailure { get; init; }

    /// <summary>How often it was deferred.</summary>
    public required int Deferrals { get; init; }

    /// <summary>Passes it went without at the last decision.</summary>
    public IReadOnlyList<SkippedView> Skipped { get; init; } = [];

    /// <summary>Until when it waits.</summary>
    public DeferralView? Deferred { get; init; }

    /// <summary>In <c>held</c>, also when it is there no more: why.</summary>
    public HeldView? Held { get; init; }

    /// <summary>Pairs that are being handed over.</summary>
    public IReadOnlyList<StagedView> Staged { get; init; } = [];

    /// <summary>When this record goes; left out while the message is being worked on.</summary>
    public string? Expires { get; init; }
}

/// <summary>A recipient the worker has settled.</summary>
internal sealed record SettledRecipientView : RecipientView
{
    /// <summary>As what: <c>requeued</c>, <c>held</c> or <c>bounced</c> and an id, <c>discarded</c>, …</summary>
    public required string Outcome { get; init; }
}

/// <summary>What was found for some recipients of a message.</summary>
internal sealed record RecipientResultsView
{
    /// <summary>Their addresses, of many the first hundred.</summary>
    public required IReadOnlyList<string> Recipients { get; init; }

    /// <summary>By name; what is not here is as for the message, but for names with an empty value there, which were not found for these.</summary>
    public required IReadOnlyDictionary<string, string> Results { get; init; }
}

/// <summary>Why and until when a message waits.</summary>
internal sealed record DeferralView
{
    /// <summary>When that was decided.</summary>
    public required string Since { get; init; }

    /// <summary>The next try; left out while it waits for an operator's word.</summary>
    public string? NextTry { get; init; }

    /// <summary>The pass that wants it; left out for the worker itself.</summary>
    public string? Pass { get; init; }

    /// <summary>Whether it waits for the hours of that pass, or the turn of recipients who go apart: nothing went wrong, and nothing was counted.</summary>
    public bool? Planned { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}

/// <summary>Why a message was held.</summary>
internal sealed record HeldView
{
    /// <summary>When.</summary>
    public required string Since { get; init; }

    /// <summary>The pass that held it; left out for the worker itself, and for operators.</summary>
    public string? Pass { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}

/// <summary>A pair that is staged.</summary>
internal sealed record StagedView
{
    /// <summary>Its message id there.</summary>
    public required string Id { get; init; }

    /// <summary>The directory.</summary>
    public required string Directory { get; init; }
}

/// <summary>A pass that was skipped.</summary>
internal sealed record SkippedView
{
    /// <summary>The pass.</summary>
    public required string Pass { get; init; }

    /// <summary>Why: <c>skip-after</c> or <c>by-hand</c>, and the rest for people.</summary>
    public required string Why { get; init; }
}
