using SpoolWorker.Calendar;
using SpoolWorker.Ledger;
using SpoolWorker.Passes;

namespace SpoolWorker.Engine.Chain;

/// <summary>What is known of a message that comes to the passes.</summary>
/// <param name="Attempt">1 for the first time.</param>
/// <param name="CameTo">When it came to passes that were closed then, Unix milliseconds; null: to none so far.</param>
/// <param name="IsUrgent">It waits for no hours: an operator has said so.</param>
/// <param name="From">The pass it begins at, those before it are not asked; null, or one that does not run any more: the first.</param>
internal readonly record struct Visit(int Attempt, IReadOnlyDictionary<string, long>? CameTo = null, bool IsUrgent = false, string? From = null)
{
    /// <summary>Set: the message is let go, from there on.</summary>
    public Resume? LetGo { get; init; }

    /// <summary>Addresses that only get a copy, by earlier attempts; null: none.</summary>
    public IReadOnlyList<string>? Copies { get; init; }

    /// <summary>Passes before that one were asked already, and marks of those it went without are the worker's own.</summary>
    public bool HasMarks { get; init; }

    /// <summary>What passes that are not asked had found; null: nothing is known.</summary>
    public IReadOnlyDictionary<string, string>? Found { get; init; }

    /// <summary>Of those: what was found for single recipients; null: nothing.</summary>
    public IReadOnlyList<OwnFindings>? Own { get; init; }

    /// <summary>Of those: what is unknown, as they were skipped; null: nothing.</summary>
    public IReadOnlyList<string>? Unknown { get; init; }
}

/// <summary>A pass with its settings.</summary>
internal sealed record ConfiguredPass(IMessagePass Pass, PassOptions Options)
{
    /// <summary>What it declares to find.</summary>
    public IReadOnlyList<NamedResult> Results { get; init; } = [];

    /// <summary>When messages may go through it; null: at all times.</summary>
    public PassHours? Hours { get; init; }

    /// <summary>What the order of passes has to respect.</summary>
    public PassTraits Traits { get; init; }
}
