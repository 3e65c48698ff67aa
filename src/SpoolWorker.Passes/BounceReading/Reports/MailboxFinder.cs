// Finds the first mail address in a line of text. Goes from each '@' outwards, so that a line takes time in proportion to its
// length whatever is in it: texts of bounces are a stranger's. Texts are Latin-1. Nothing here throws.
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Reports;

/// <summary>Addresses in texts.</summary>
internal static class MailboxFinder
{
    // What stands around addresses in texts, or between them.
    private const string Around = "<>@()[]:;,\"'*|";

    // RFC 5321, 4.5.3.1.1 has 64 octets; Exim takes more.
    private const int MostQuoted = 512;

    // Domain-defined attribute of an X.400 address (RFC 2156, 4.2): c=US;a= ;p=ORG;dda:SMTP=bob@r.example; or bob(a)r.example
    private const string X400 = "dda:SMTP=";

    /// <summary>The first address; null when there is none.</summary>
    public static string? In(string line) => All(line).Select(f => f.Address).FirstOrDefault();

    /// <summary>All addresses, and where in the line each stands.</summary>
    public static IEnumerable<(string Address, int Start)> All(string line)
    {
        if (OfX400(line) is { } inX400)
        {
            yield return (inX400, line.IndexOf(X400, StringComparison.OrdinalIgnoreCase));
            yield break;
        }
        for (var at = line.IndexOf('@', StringComparison.Ordinal); at >= 0; at = line.IndexOf('@', at + 1))
        {
            var start = StartOf(line, at);
            var end = EndOf(line, at + 1);
            if (start < at && end > at + 1) yield return (line[start..end], start);
        }
    }

    /// <summary>The mail address within an X.400 address; null when it is none, or has none.</summary>
    public static string? OfX400(string text)
    {
        var at = text.IndexOf(X400, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return null;
        var rest = text[(at + X400.Length)..];
        var end = rest.AsSpan().IndexOfAny(';', '/', ' ');
        var address = (end < 0 ? rest : rest[..end]).Replace("(a)", "@", StringComparison.OrdinalIgnoreCase);
        return address.IndexOf('@', StringComparison.Ordinal) is > 0 and var sign && sign < address.Length - 1 ? address : null;
    }

    private static int StartOf(string line, int at)
    {
        var start = at;
        if (at > 1 && line[at - 1] == '"')
        {
            if (IsEscaped(line, at - 1)) return at;
            // back to the quote that opens it; one behind a backslash does not
            for (start = at - 2; start >= Math.Max(0, at - MostQuoted) && !(line[start] == '"' && !IsEscaped(line, start)); start--)
            {
            }
            return start < 0 || line[start] != '"' || (start > 0 && (IsWord(line[start - 1]) || line[start - 1] == '=')) ? at : start;
        }
        while (start > 0 && (IsLocal(line[start - 1]) || (line[start - 1] == '\'' && start < at && start > 1 && IsLocal(line[start - 2])))) start--;
        return start;
    }

    private static int EndOf(string line, int start)
    {
        var end = start;
        if (end < line.Length && line[end] == '[')
        {
            for (end++; end < line.Length && (char.IsAsciiHexDigit(line[end]) || line[end] is ':' or '.'); end++)
            {
            }
            return end < line.Length && line[end] == ']' && end > start + 1 ? end + 1 : start;
        }
        if (end == line.Length || !IsWord(line[end])) return start;
        while (end < line.Length && (IsWord(line[end]) || line[end] is '.' or '-')) end++;
        while (line[end - 1] is '.' or '-') end--;
        return end;
    }

    private static bool IsEscaped(string line, int at)
    {
        // Only the nearest ones count: a row of them is nobody's address.
        const int Most = 8;
        var count = 0;
        while (count < Most && at - count > 0 && line[at - count - 1] == '\\') count++;
        return count % 2 == 1;
    }

    private static bool IsLocal(char c) => !Blanks.Is(c) && !Around.Contains(c, StringComparison.Ordinal);

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '_' or >= '\u0080' and <= '\u00ff';
}
