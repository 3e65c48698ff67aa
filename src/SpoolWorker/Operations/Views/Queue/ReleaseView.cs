namespace SpoolWorker.Operations.Views.Queue;

/// <summary>A held message that was let go.</summary>
internal sealed record ReleaseView : View
{
    /// <summary>The id it was held under.</summary>
    public required string Id { get; init; }

    /// <summary>The id it has in the target; another one where that was taken.</summary>
    public required string NewId { get; init; }

    /// <summary>The directory it lies in; left out where a release before this one had put it there.</summary>
    public string? Directory { get; init; }

    /// <summary>Whether a release that died had requeued it already: what that one had left is removed now.</summary>
    public required bool Before { get; init; }

    /// <summary>Those who were still to be served.</summary>
    public required IReadOnlyList<RecipientView> Recipients { get; init; }
}
