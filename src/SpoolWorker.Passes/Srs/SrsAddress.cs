// An address taken apart at its '@', with quoting undone. Addresses are bytes; here each byte is one character (Latin-1),
// so UTF-8 goes through untouched. What cannot be an address of an envelope is refused, never repaired; the one exception
// are words and quoted strings joined by dots (RFC 5322 obs-local-part), which become one quoted string of the same meaning.
using System.Buffers;
using System.Text;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Srs;

/// <summary>Local part and domain.</summary>
/// <param name="Text">The local part; of a quoted one what is between the quotes, escapes as they came.</param>
/// <param name="IsQuoted">Whether quotes were around it.</param>
/// <param name="Domain">The domain, or a literal with its brackets.</param>
internal readonly record struct SrsAddress(string Text, bool IsQuoted, string Domain)
{
    // RFC 5322 atext and the dot; what is above ASCII is UTF-8 (RFC 6531).
    private static readonly SearchValues<char> Atoms =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~." + NonAscii());

    // Underscores are no host names' characters, but domains' in real mail.
    private static readonly SearchValues<char> DomainCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._" + NonAscii());

    private static readonly SearchValues<char> NotInLiteral = SearchValues.Create("[]\\=@\" ");

    // No envelope carries them (RFC 5321, 4.1.2: qtextSMTP).
    private static readonly SearchValues<char> Controls = SearchValues.Create(string.Concat(Enumerable.Range(0, 0x20).Append(0x7f).Select(c => (char)c)));

    /// <summary>The local part's meaning: without quotes and escapes.</summary>
    public string Content => IsQuoted ? FieldSyntax.Unescape(Text) : Text;

    /// <summary>Whether nothing stands in the local part that needs quotes. Dots may stand anywhere: Exim takes them so.</summary>
    public static bool IsPlain(string local) => local.Length > 0 && !local.AsSpan().ContainsAnyExcept(Atoms);

    /// <summary>Whether this can stand behind an '@'.</summary>
    public static bool IsDomain(string domain) => domain.Length > 0 && (domain[0] == '['
        ? domain.Length > 2 && domain[^1] == ']' && !domain.AsSpan(1, domain.Length - 2).ContainsAny(NotInLiteral)
        : !domain.AsSpan().ContainsAnyExcept(DomainCharacters));

    /// <summary>Takes an address apart.</summary>
    public static bool TryParse(string address, out SrsAddress parsed)
    {
        parsed = default;
        // A domain never holds an '@', a quoted local part may.
        var at = address.LastIndexOf('@');
        if (at <= 0 || !IsDomain(address[(at + 1)..]) || address.AsSpan().ContainsAny(Controls)) return false;
        var (local, domain) = (address[..at], address[(at + 1)..]);
        if (!local.Contains('"', StringComparison.Ordinal)) parsed = new SrsAddress(local, false, domain);
        else if (QuotedEnd(local, 0) == local.Length) parsed = new SrsAddress(local[1..^1], true, domain);
        else if (TryJoinWords(local, out var joined)) parsed = new SrsAddress(Escape(joined), true, domain);
        // Mail::SRS puts a quoted local part behind its fields as it is: SRS0=hash=stamp=domain="a b".
        else parsed = new SrsAddress(local, false, domain);
        return true;
    }

    /// <summary>An address of a local part's meaning, quoted when it must be or shall be.</summary>
    public static string Format(string content, bool quoted, string domain) => quoted || !IsPlain(content) ? $"\"{Escape(content)}\"@{domain}" : $"{content}@{domain}";

    /// <summary>As it came in, obsolete forms apart.</summary>
    public override string ToString() => IsQuoted ? $"\"{Text}\"@{Domain}" : $"{Text}@{Domain}";

    /// <summary>Octets of an address's local part, quotes included.</summary>
    public static int LocalOctets(string address) => address.LastIndexOf('@');

    public static string Escape(string content) =>
        content.AsSpan().ContainsAny('"', '\\') ? content.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) : content;

    /// <summary>Behind the quoted string that starts at a place; 0 when none does.</summary>
    private static int QuotedEnd(string text, int start) => start < text.Length && text[start] == '"' ? FieldSyntax.EndOfQuoted<char>(text, start) : 0;

    private static bool TryJoinWords(string local, out string content)
    {
        var joined = new StringBuilder(local.Length);
        content = "";
        for (var at = 0; ;)
        {
            var end = QuotedEnd(local, at);
            if (end > 0)
            {
                joined.Append(FieldSyntax.Unescape(local[(at + 1)..(end - 1)]));
            }
            else
            {
                end = at;
                while (end < local.Length && local[end] != '.' && Atoms.Contains(local[end])) end++;
                if (end == at) return false;
                joined.Append(local, at, end - at);
            }
            if (end == local.Length) break;
            if (local[end] != '.') return false;
            joined.Append('.');
            at = end + 1;
        }
        content = joined.ToString();
        return true;
    }

    private static string NonAscii() => string.Concat(Enumerable.Range(0x80, 0x80).Select(c => (char)c));
}
