// Values of report fields by their grammar (RFC 3464, 2.1.1; RFC 5322, 3.2.2): a comment may stand wherever a blank may, except in
// what is free text (Diagnostic-Code behind its type, Original-Envelope-Id). A comment that never ends is no comment. Takes
// time in proportion to the length, however deep comments are nested. Cannot fail.
using System.Text;

namespace SpoolWorker.Passes.BounceReading.Reports;

/// <summary>A value with a type in front: <c>rfc822; bob@r.example</c>.</summary>
/// <param name="Type">In lower case; empty without one.</param>
/// <param name="Text">Behind the semicolon, comments and all.</param>
internal readonly record struct TypedValue(string Type, string Text)
{
    /// <summary>Splits at the first semicolon, when an atom (RFC 5322, 3.2.3) and comments are all there is before it.</summary>
    public static TypedValue Of(string value)
    {
        var isOpen = false;
        for (var at = 0; at < value.Length; at++)
        {
            if (value[at] == '(' && !isOpen)
            {
                var end = FieldComments.EndOf(value, at);
                isOpen = end == 0;
                if (end > 0) at = end - 1;
            }
            else if (value[at] == ';' && TypeOf(FieldComments.Without(value[..at])) is { } type) return new TypedValue(type, value[(at + 1)..].Trimmed());
            else if (value[at] is '<' or '@' or '"' or ';') break;
        }
        return new TypedValue("", value.Trimmed());
    }

    // "550 5.1.1 user unknown; sorry" has no type, and "550; x" none either.
    private static string? TypeOf(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && !text.Any(Blanks.Is) ? text.ToLowerInvariant() : null;
}

/// <summary>Comments in fields.</summary>
internal static class FieldComments
{
    /// <summary>The value without its comments, blanks around them made one.</summary>
    public static string Without(string value)
    {
        if (!value.Contains('(', StringComparison.Ordinal)) return value.Trimmed();
        var text = new StringBuilder(value.Length);
        var isQuoted = false;
        // One look ahead is enough: where one comment does not end, none behind it does.
        var isOpen = false;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && isQuoted && i + 1 < value.Length) text.Append(value[i++]);
            else if (value[i] == '"') isQuoted = !isQuoted;
            else if (value[i] == '(' && !isQuoted && !isOpen)
            {
                var end = EndOf(value, i);
                isOpen = end == 0;
                if (end > 0)
                {
                    if (text.Length > 0 && text[^1] != ' ') text.Append(' ');
                    i = end - 1;
                    continue;
                }
            }
            if (value[i] != ' ' || text.Length == 0 || text[^1] != ' ' || isQuoted) text.Append(value[i]);
        }
        return text.ToString().Trimmed();
    }

    /// <summary>What the first comment says; empty without one.</summary>
    public static string First(string value)
    {
        var start = value.IndexOf('(', StringComparison.Ordinal);
        var end = start < 0 ? 0 : EndOf(value, start);
        return end == 0 ? "" : value[(start + 1)..(end - 1)].Trimmed();
    }

    /// <summary>Behind the comment that starts here; 0 when it does not end.</summary>
    public static int EndOf(string value, int start)
    {
        var depth = 0;
        for (var i = start; i < value.Length; i++)
        {
            if (value[i] == '\\') i++;
            else if (value[i] == '(') depth++;
            else if (value[i] == ')' && --depth == 0) return i + 1;
        }
        return 0;
    }
}
