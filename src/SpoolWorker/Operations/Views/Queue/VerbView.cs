namespace SpoolWorker.Operations.Views.Queue;

/// <summary>What came of a verb for one message.</summary>
internal sealed record VerbView : View
{
    /// <summary><c>retry</c>, <c>hold</c>, <c>release</c>, <c>bounce</c>, <c>delete</c> or <c>redirect</c>.</summary>
    public required string Verb { get; init; }

    /// <summary>The id it was asked for under.</summary>
    public required string Id { get; init; }

    /// <summary><c>held</c> or <c>intake</c>; with <c>--dry-run</c> of a file <c>file</c>; left out where there is no such message.</summary>
    public string? Place { get; init; }

    /// <summary>The directory of that place.</summary>
    public string? Directory { get; init; }

    /// <summary>Whether it was done; with <c>--dry-run</c>, whether it would be tried.</summary>
    public required bool Done { get; init; }

    /// <summary>What came of it, or why nothing did.</summary>
    public required string Result { get; init; }

    /// <summary>The id it goes on under in the target; left out where it does not.</summary>
    public string? NewId { get; init; }

    /// <summary>Those it was done for.</summary>
    public IReadOnlyList<RecipientView> Recipients { get; init; } = [];

    /// <summary>Its number in the audit; left out where nothing was written down.</summary>
    public long? Number { get; init; }

    /// <summary>The -H file that it was taken from; left out for what was held or in an intake.</summary>
    public string? File { get; init; }
}
