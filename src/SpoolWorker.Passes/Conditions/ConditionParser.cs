// Recursive descent over the grammar on top of Condition.cs. Names are checked here, so that a typing mistake is a fault at
// start and not a condition that never holds. Depth is bounded, since each "(" and "not" costs stack.
using System.Globalization;
using System.Text.RegularExpressions;

namespace SpoolWorker.Passes.Conditions;

/// <summary>Parses one condition.</summary>
internal sealed class ConditionParser(string text, ConditionNames names)
{
    // Nobody writes rules this deep; a stack overflow would end the program.
    private const int MaxDepth = 100;

    // Each is an automaton of its own, some ten kilobytes; nobody writes so many.
    private const int MaxPatterns = 1000;

    // Nodes of a pattern's automaton: "(a{1000}){1000}" would take gigabytes, and time in proportion for each letter it looks at.
    private const int MaxAutomaton = 10_000;

    // What was written is repeated in what is wrong with it, and may be of any length.
    private const int MaxReason = 400;

    // The longer first: "<=" begins with "<".
    private static readonly string[] Comparisons = ["!=", "!~", "<=", ">=", "=", "~", "<", ">"];

    private int _at;
    private int _depth;
    private int _patterns;
    private string _error = "";

    // The runtime's name for the limit, looked up each time a pattern is made (SymbolicRegexThresholds.cs).
    static ConditionParser() => AppContext.SetData("REGEX_NONBACKTRACKING_MAX_AUTOMATA_SIZE", MaxAutomaton);

    public bool TryParse([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Condition? condition,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? error)
    {
        condition = Or();
        if (condition is not null && !AtEnd())
            condition = Fail(text[_at] == '\0' ? "a NUL character stands here" : "'and', 'or' or the end of the condition must stand here");
        error = condition is null ? _error : null;
        return condition is not null;
    }

    private Condition? Or() => Joined("or", And, parts => new Condition.Or(parts));

    private Condition? And() => Joined("and", Not, parts => new Condition.And(parts));

    private Condition? Joined(string word, Func<Condition?> part, Func<IReadOnlyList<Condition>, Condition> join)
    {
        var parts = new List<Condition>();
        do
        {
            if (part() is not { } one) return null;
            parts.Add(one);
        }
        while (TakeWord(word));
        return parts.Count == 1 ? parts[0] : join(parts);
    }

    private Condition? Not()
    {
        if (++_depth > MaxDepth) return Fail($"more than {MaxDepth} 'not' and '('");
        try
        {
            if (TakeWord("not")) return Not() is { } inner ? new Condition.Not(inner) : null;
            if (Peek() != '(') return Test();
            _at++;
            var group = Or();
            if (group is null) return null;
            if (Peek() != ')') return Fail("')' must stand here");
            _at++;
            return group;
        }
        finally
        {
            _depth--;
        }
    }

    private Condition? Test()
    {
        Peek();
        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or '-')) _at++;
        if (_at == start) return Fail(_at < text.Length && text[_at] == '$' ? "a name must stand here, without $" : "a name must stand here");
        if (names.TryFind(text[start.._at], out var name) is { } fault)
        {
            _at = start;
            return Fail(fault);
        }
        Peek();
        var comparison = Comparisons.FirstOrDefault(c => string.CompareOrdinal(text, _at, c, 0, c.Length) == 0);
        if (comparison is null) return new Condition.IsSet(name!);
        if (string.CompareOrdinal(text, _at, "==", 0, 2) == 0) return Fail("'=' stands alone here");
        if (string.CompareOrdinal(text, _at, "=~", 0, 2) == 0) return Fail("a pattern stands behind '~' alone");
        _at += comparison.Length;
        return comparison switch
        {
            "=" => List(name!),
            "!=" => List(name!) is { } list ? new Condition.Not(list) : null,
            "~" => Pattern(name!),
            "!~" => Pattern(name!) is { } like ? new Condition.Not(like) : null,
            _ => Number(name!, comparison),
        };
    }

    private Condition.OneOf? List(ConditionName name)
    {
        var items = new List<Condition.ListItem>();
        do
        {
            var allBut = Peek() == '!';
            if (allBut) _at++;
            Peek();
            var start = _at;
            if (Value(stopAtColon: true) is not { } value) return null;
            if (Listed(name, value, start) is not { } pattern) return null;
            items.Add(new Condition.ListItem(pattern, allBut));
        }
        while (Peek() == ':' && _at++ >= 0);
        return new Condition.OneOf(name, items);
    }

    // 2K is the number it means, and anything else beside a number of pieces, bytes or seconds is a mistake.
    private Wildcard? Listed(ConditionName name, string value, int start)
    {
        // Ids are told apart by case.
        if (name.Kind == ValueKind.Text)
            return new Wildcard(ConditionNames.Word(value), name.Name == "id" ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
        if (value.Length == 0 || value.Contains('*', StringComparison.Ordinal)) return new Wildcard(value, StringComparison.Ordinal);
        if (ConditionNumber.TryParse(value, name, out var number, out var error))
            return new Wildcard(number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        _at = start;
        Fail(error);
        return null;
    }

    private Condition.Like? Pattern(ConditionName name)
    {
        Peek();
        var start = _at;
        if (Value(stopAtColon: false) is not { } value) return null;
        try
        {
            if (++_patterns <= MaxPatterns)
                return new Condition.Like(name, new Regex(value, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
                    PatternClock.Most));
            _at = start;
            Fail($"more than {MaxPatterns} patterns");
        }
        catch (NotSupportedException)
        {
            // A stranger's text decides how long backtracking takes.
            _at = start;
            Fail($"the pattern {value} needs backtracking, or is too large: write it without "
                + $"(?=…), (?!…), (?<=…), (?<!…), (?>…), (?(…)…), \\G, \\1 and large {{n}}");
        }
        catch (ArgumentException e)
        {
            _at = start;
            Fail(e.Message);
        }
        return null;
    }

    private Condition.Compare? Number(ConditionName name, string comparison)
    {
        Peek();
        var start = _at;
        if (Value(stopAtColon: true) is not { } value) return null;
        if (ConditionNumber.TryParse(value, name, out var number, out var error)) return new Condition.Compare(name, comparison, number);
        _at = start;
        Fail(error);
        return null;
    }

    private string? Value(bool stopAtColon)
    {
        if (Peek() == '\'')
        {
            var end = text.IndexOf('\'', _at + 1);
            if (end < 0)
            {
                Fail("the ' is not closed");
                return null;
            }
            var quoted = text[(_at + 1)..end];
            _at = end + 1;
            return quoted;
        }
        var start = _at;
        while (_at < text.Length && !char.IsWhiteSpace(text[_at]) && text[_at] is not (')' or '(') && !(stopAtColon && text[_at] == ':')) _at++;
        if (_at > start) return text[start.._at];
        Fail("a value must stand here; '' is the empty one");
        return null;
    }

    private bool TakeWord(string word)
    {
        Peek();
        var end = _at + word.Length;
        if (end > text.Length || !text.AsSpan(_at, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase)) return false;
        if (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] != '(') return false;
        _at = end;
        return true;
    }

    private bool AtEnd()
    {
        Peek();
        return _at == text.Length;
    }

    private char Peek()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
        return _at < text.Length ? text[_at] : '\0';
    }

    private Condition? Fail(string reason)
    {
        _error = $"at character {_at + 1}: {(reason.Length > MaxReason ? reason[..MaxReason] + "…" : reason)}";
        return null;
    }
}
