// A rule as it is asked, and what rules have decided about one recipient so far. Data alone.
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Marking;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Rules;

/// <summary>A rule with its condition parsed.</summary>
internal sealed class ParsedRule
{
    /// <param name="options">A rule that nothing is wrong with.</param>
    public ParsedRule(RuleOptions options)
    {
        Options = options;
        When = Condition.TryParse(options.When, ConditionNames.Checked, out var when, out var error) ? when : throw new ArgumentException(error, nameof(options));
        Lines = [.. LinesOf(options)];
        Words = [.. WordsOf(options)];
    }

    public RuleOptions Options { get; }

    public Condition When { get; }

    /// <summary>What it does to header lines.</summary>
    public IReadOnlyList<LineEdit> Lines { get; }

    /// <summary>Its actions, for the results.</summary>
    public IReadOnlyList<string> Words { get; }

    private static IEnumerable<LineEdit> LinesOf(RuleOptions rule)
    {
        foreach (var name in rule.HeaderRemove) yield return new LineEdit(LineEditKind.Remove, name);
        if (rule.Header.Length > 0) yield return new LineEdit(LineEditKind.Add, rule.Header);
        if (rule.Subject.Trim().Length > 0) yield return new LineEdit(LineEditKind.MarkSubject, rule.Subject.Trim());
    }

    private static IEnumerable<string> WordsOf(RuleOptions rule)
    {
        if (rule.HeaderRemove.Count > 0) yield return "header_remove";
        if (rule.Header.Length > 0) yield return "tag";
        if (rule.Subject.Length > 0) yield return "subject_tag";
        if (rule.Redirect.Length > 0) yield return "redirect";
        if (rule.CopyTo.Length > 0) yield return "copy_to";
        if (rule.Then != PolicyAction.Tag) yield return rule.Then.ToString().ToLowerInvariant();
    }
}

/// <summary>What rules decided about one recipient.</summary>
/// <param name="recipient">He.</param>
/// <param name="found">What passes found for him alone; null: nothing.</param>
internal sealed class RecipientPlan(Recipient recipient, IReadOnlyDictionary<string, string>? found)
{
    private readonly List<string> _copies = [];
    private readonly List<string> _words = [];
    private string _redirect = "";

    public Recipient Recipient => recipient;

    /// <summary>The same text for those of whom the same was found.</summary>
    public string Found { get; } = found is null ? "" : string.Join('\0', found.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}\0{f.Value}"));

    public LineEdits Lines { get; private set; } = LineEdits.None;

    /// <summary>Who gets a copy: not while nothing leaves.</summary>
    public IReadOnlyList<string> Copies => Disposition is { Kind: DispositionKind.Defer } ? [] : _copies;

    /// <summary>The actions, each once.</summary>
    public IEnumerable<string> Words => _words.Distinct();

    /// <summary>Null: no rule has decided.</summary>
    public Disposition? Disposition { get; set; }

    public Share Share => new(recipient, Lines, Disposition ?? Disposition.Continue) { Redirect = _redirect, Copies = Copies };

    /// <summary>Takes up a rule that holds.</summary>
    public void Take(ParsedRule rule)
    {
        var options = rule.Options;
        Lines = Lines.With(rule.Lines);
        if (_redirect.Length == 0) _redirect = options.Redirect;
        if (options.CopyTo.Length > 0) _copies.Add(options.CopyTo);
        _words.AddRange(rule.Words);
        if (options.Then != PolicyAction.Tag) Disposition = options.Then.ToDisposition(options.Reason.Length > 0 ? options.Reason : options.When);
    }

    /// <summary>Has him wait for the operator, with nothing done.</summary>
    public void HoldWithoutCopy(string reason)
    {
        Disposition = Disposition.Hold(reason);
        _copies.Clear();
        _redirect = "";
    }
}
