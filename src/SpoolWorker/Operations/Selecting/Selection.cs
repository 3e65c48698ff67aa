// Which messages an operator means: ids, a condition, or both (of these ids those that fit). What cannot be meant is one sentence, before anything
// is looked at. The one way for all commands, and for what the worker does by the clock.
using SpoolWorker.Characters;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Selecting;

/// <summary>A choice of messages that was understood.</summary>
/// <param name="Ids">As they were named, each once; empty: any.</param>
/// <param name="Where">The condition; null: any.</param>
internal sealed record Selection(IReadOnlyList<MessageId> Ids, Condition? Where)
{
    /// <summary>Reads a choice.</summary>
    /// <param name="ids">Message ids as they were typed.</param>
    /// <param name="where">The condition as it was typed; null: none.</param>
    /// <param name="names">What the condition may ask for.</param>
    /// <param name="selection">Set when it can be used; with neither ids nor condition it is every message.</param>
    /// <param name="fault">What is wrong, as a sentence.</param>
    public static bool TryParse(IReadOnlyList<string> ids, string? where, ConditionNames names, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Selection? selection,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? fault)
    {
        selection = null;
        fault = null;
        var parsed = new List<MessageId>(ids.Count);
        var seen = new HashSet<MessageId>();
        foreach (var text in ids)
        {
            if (!MessageId.TryParse(text.AsSpan(), out var id)) fault ??= $"'{SafeText.Of(text)}' is no message id, as in 1xVVht-000477-0i or 1xVVht-00000000477-0iAb";
            else if (seen.Add(id)) parsed.Add(id);
        }
        Condition? condition = null;
        if (fault is null && where is not null && !Condition.TryParse(where, names, out condition, out var error)) fault = $"--where: {SafeText.Of(error)}";
        if (fault is null) selection = new Selection(parsed, condition);
        return selection is not null;
    }

    /// <summary>For a list.</summary>
    public ListFilter? Filter(DateTimeOffset now) => Ids.Count == 0 && Where is null ? null : new ListFilter(Ids.Count == 0 ? null : Ids.ToHashSet(), Where, now);
}
