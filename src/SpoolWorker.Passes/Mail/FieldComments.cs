// Values of report fields by their grammar (RFC 3464, 2.1.1; RFC 5322, 3.2.2): a comment may stand wherever a blank may, except in
// what is free text (Diagnostic-Code behind its type, Original-Envelope-Id). A comment that never ends is no comment. Takes
// time in proportion to the length, however deep comments are nested. Cannot fail.
using System.Text;

namespace SpoolWorker.Passes.Mail;

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
                var end = FieldSyntax.EndOfComment<char>(value, i);
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
}
