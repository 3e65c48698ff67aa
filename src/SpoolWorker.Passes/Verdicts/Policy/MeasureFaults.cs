// What is wrong with measures, levels and groups in the settings.
using System.Globalization;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Marking;

namespace SpoolWorker.Passes.Verdicts.Policy;

/// <summary>Faults, each as <c>Key = 'value': what to do</c>.</summary>
internal static class MeasureFaults
{
    /// <summary>Of levels.</summary>
    /// <param name="key">Their key.</param>
    /// <param name="levels">They.</param>
    /// <param name="hasActions">The engine names actions, too.</param>
    public static IEnumerable<string> Of(string key, IReadOnlyList<Level> levels, bool hasActions)
    {
        for (var i = 0; i < levels.Count; i++)
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"{key}:{i}");
            var (score, action) = (levels[i].Score, levels[i].Action);
            if (action.Length == 0 && !TryScore(score, out _)) yield return $"{at}:Score = '{score}': must be a number such as 6.5{(hasActions && score.Length == 0 ? ", or give an Action" : "")}";
            if (action.Length > 0 && !hasActions) yield return $"{at}:Action = '{action}': this engine gives no action. Give a Score";
            else if (action.Length > 0 && score.Length > 0) yield return $"{at}:Action = '{action}': goes without Score";
            foreach (var fault in Of(at, levels[i])) yield return fault;
        }
    }

    /// <summary>Of groups with levels.</summary>
    public static IEnumerable<string> Of(string key, IReadOnlyList<LevelGroup> groups, bool hasActions) =>
        groups.SelectMany((group, i) => OfList(At(key, i), group.Recipients).Concat(Of($"{At(key, i)}:Levels", group.Levels, hasActions)));

    /// <summary>Of groups with a measure.</summary>
    public static IEnumerable<string> Of(string key, IReadOnlyList<MeasureGroup> groups) =>
        groups.SelectMany((group, i) => OfList(At(key, i), group.Recipients).Concat(Of(At(key, i), (Measure)group)));

    /// <summary>Reads a score: digits with an optional sign and fraction.</summary>
    public static bool TryScore(string text, out double score) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out score) && double.IsFinite(score);

    private static string At(string key, int i) => string.Create(CultureInfo.InvariantCulture, $"{key}:{i}");

    private static IEnumerable<string> OfList(string key, List<string> items)
    {
        if (items.Count == 0) yield return $"{key}:Recipients: empty. Name whom it is for";
        else if (!LookupList.TryParse(items, LookupKind.Address, out _, out var error)) yield return $"{key}:Recipients = {error}";
    }

    /// <summary>Of one measure.</summary>
    public static IEnumerable<string> Of(string key, Measure measure)
    {
        var goesOn = measure.Then is PolicyAction.Accept or PolicyAction.Tag;
        if (measure.Then == PolicyAction.Tag && measure.Header.Length + measure.Subject.Length + measure.Redirect.Length == 0)
            yield return $"{key}:Then = 'tag': give a Header or a Subject; accept only records it";
        foreach (var fault in EditFaults.OfHeader($"{key}:Header", measure.Header, replaces: true).Concat(EditFaults.OfSubject($"{key}:Subject", measure.Subject))) yield return fault;
        if (measure.Then != PolicyAction.Tag && measure.Header.Length + measure.Subject.Length > 0) yield return $"{key}:Then = '{Word(measure.Then)}': Header and Subject go with tag alone";
        if (measure.Redirect.Length > 0 && !goesOn) yield return $"{key}:Then = '{Word(measure.Then)}': Redirect goes with accept and tag alone";
        foreach (var fault in EditFaults.OfAddress($"{key}:Redirect", measure.Redirect)) yield return fault;
    }

    private static string Word(PolicyAction action) => action.ToString().ToLowerInvariant();
}
