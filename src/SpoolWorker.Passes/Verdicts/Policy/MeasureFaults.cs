// What is wrong with measures, levels and groups in the settings.
using System.Globalization;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Policy;

/// <summary>Faults, each as <c>Key = 'value': what to do</c>.</summary>
internal static class MeasureFaults
{
    // 320 is the most of a mailbox (RFC 3696, errata 1690); a subject mark is a word.
    private const int MostSubject = 100, MostAddress = 320;

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

    /// <summary>A header line of the settings.</summary>
    public static bool TryLine(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out HeaderLine? line)
    {
        line = null;
        if (!System.Text.Ascii.IsValid(text)) return false;
        try
        {
            line = HeaderLine.Create(text.TrimEnd('\n') + "\n");
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

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
        if (measure.Header.Length > 0 && !TryLine(measure.Header, out _)) yield return $"{key}:Header = '{measure.Header}': must be a header line in ASCII, as in 'X-Spam-Flag: YES'";
        if (measure.Subject.Length > MostSubject || !IsPlain(measure.Subject)) yield return $"{key}:Subject = '{measure.Subject}': must be at most {MostSubject} characters of printable ASCII";
        if (measure.Then != PolicyAction.Tag && measure.Header.Length + measure.Subject.Length > 0) yield return $"{key}:Then = '{Word(measure.Then)}': Header and Subject go with tag alone";
        if (measure.Redirect.Length == 0) yield break;
        if (!goesOn) yield return $"{key}:Then = '{Word(measure.Then)}': Redirect goes with accept and tag alone";
        var at = measure.Redirect.LastIndexOf('@');
        if (at < 1 || at == measure.Redirect.Length - 1 || measure.Redirect.Length > MostAddress || !IsPlain(measure.Redirect) || measure.Redirect.Contains(' ', StringComparison.Ordinal))
            yield return $"{key}:Redirect = '{measure.Redirect}': must be an address with a domain, without blanks";
    }

    private static bool IsPlain(string text) => text.All(c => c is >= ' ' and <= '~');

    private static string Word(PolicyAction action) => action.ToString().ToLowerInvariant();
}
