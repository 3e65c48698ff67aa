namespace SpoolWorker.Operations.Views.Queue;

/// <summary>Why a message is where it is.</summary>
internal sealed record ExplainView : View
{
    /// <summary>The message.</summary>
    public required string Id { get; init; }

    /// <summary><c>intake</c>, <c>held</c>, <c>target</c>, <c>corrupt</c>, or <c>gone</c>.</summary>
    public required string Place { get; init; }

    /// <summary>The directory it lies in; left out where it is gone.</summary>
    public string? Directory { get; init; }

    /// <summary>When it was judged last; left out where that is not known.</summary>
    public string? Judged { get; init; }

    /// <summary>The passes of that time in their order.</summary>
    public required IReadOnlyList<ExplainedPassView> Passes { get; init; }

    /// <summary>What they found for single recipients, where it is not the same for all; left out where it is.</summary>
    public IReadOnlyList<RecipientResultsView>? RecipientResults { get; init; }

    /// <summary>Each recipient, and what became of it.</summary>
    public required IReadOnlyList<SettledRecipientView> Recipients { get; init; }

    /// <summary>Why it waits, or is held.</summary>
    public string? Reason { get; init; }

    /// <summary>What comes next.</summary>
    public required string Next { get; init; }

    /// <summary>When; left out where nothing comes by itself.</summary>
    public string? NextTry { get; init; }

    /// <summary>What would let it go.</summary>
    public required IReadOnlyList<string> LetGo { get; init; }
}

/// <summary>A pass and a message.</summary>
internal sealed record ExplainedPassView
{
    /// <summary>Its name.</summary>
    public required string Pass { get; init; }

    /// <summary>How long it took.</summary>
    public required double Milliseconds { get; init; }

    /// <summary><c>continue</c>, <c>defer</c>, <c>hold</c>, <c>bounce</c>, <c>discard</c>, or <c>unavailable</c>.</summary>
    public required string Decided { get; init; }

    /// <summary>Why it was skipped; left out when it was not.</summary>
    public string? Why { get; init; }

    /// <summary>What it found, by name.</summary>
    public required IReadOnlyDictionary<string, string> Found { get; init; }
}
