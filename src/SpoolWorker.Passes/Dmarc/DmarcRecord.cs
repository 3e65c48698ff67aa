// A policy record (RFC 9989, 4.7 and 4.8). Lenient as the RFC wants it: "v=DMARC1" has to come first and be exact, unknown
// tags are ignored, a wrong value counts as absent. What is remembered of wrong p, sp and np is that they were wrong.
using System.Globalization;
using System.Text;

namespace SpoolWorker.Passes.Dmarc;

/// <summary>A policy record.</summary>
internal sealed class DmarcRecord
{
    private readonly Dictionary<string, string> _tags = new(StringComparer.OrdinalIgnoreCase);

    private DmarcRecord()
    {
    }

    /// <summary>p; none where it is absent.</summary>
    public DmarcPolicy Policy => Request("p") ?? DmarcPolicy.None;

    /// <summary>sp, for subdomains that exist.</summary>
    public DmarcPolicy? Subdomains => Request("sp");

    /// <summary>np, for subdomains that do not.</summary>
    public DmarcPolicy? NonExistent => Request("np");

    /// <summary>psd: 'y', 'n', or 'u' by default.</summary>
    public char PublicSuffix => Letter("psd", "ynu") ?? 'u';

    /// <summary>adkim=s.</summary>
    public bool IsDkimStrict => Letter("adkim", "rs") == 's';

    /// <summary>aspf=s.</summary>
    public bool IsSpfStrict => Letter("aspf", "rs") == 's';

    /// <summary>t=y. An old record (RFC 7489) says the same with pct=0; any other pct is ignored (RFC 9989, appendix A.6).</summary>
    public bool IsTest => Letter("t", "yn") is { } test ? test == 'y' : !_tags.ContainsKey("t") && Value("pct") is { } share && int.TryParse(share, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent == 0;

    /// <summary>A tag p, sp or np whose value is none of the policies (RFC 9989, 4.10.1); null when all are right.</summary>
    public string? WrongRequest => Array.Find(["p", "sp", "np"], t => _tags.ContainsKey(t) && Request(t) is null);

    /// <summary>Whether rua names at least one address reports could go to.</summary>
    public bool HasReportAddress => (Value("rua") ?? "").Split(',').Any(IsUri);

    /// <summary>Reads a TXT record; false for one that is no DMARC record.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DmarcRecord record)
    {
        record = new DmarcRecord();
        // One char a byte: a value with odd bytes is a wrong value of its tag, no more.
        var parts = Encoding.Latin1.GetString(text).Split(';');
        if (!TryTag(parts[0], out var name, out var value) || !name.Equals("v", StringComparison.OrdinalIgnoreCase) || value != "DMARC1") return false;
        foreach (var part in parts.Skip(1))
        {
            if (TryTag(part, out name, out value)) record._tags.TryAdd(name, value);
        }
        return true;
    }

    // dmarc-tag = 1*ALPHA equals 1*dmarc-value
    private static bool TryTag(string part, out string name, out string value)
    {
        (name, value) = ("", "");
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0) return false;
        name = part[..equals].Trim(' ', '\t');
        value = part[(equals + 1)..].Trim(' ', '\t');
        return name.Length > 0 && name.All(char.IsAsciiLetter);
    }

    private string? Value(string tag) => _tags.GetValueOrDefault(tag);

    private DmarcPolicy? Request(string tag) => Value(tag) is { } value && DmarcWords.TryParse(value, out var policy) ? policy : null;

    private char? Letter(string tag, string allowed) =>
        Value(tag) is { Length: 1 } value && allowed.Contains(char.ToLowerInvariant(value[0]), StringComparison.Ordinal) ? char.ToLowerInvariant(value[0]) : null;

    // RFC 7489 let a size follow: "mailto:a@example.org!10m"
    private static bool IsUri(string text)
    {
        var uri = text.Trim(' ', '\t').Split('!')[0];
        return Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && (parsed.Scheme != Uri.UriSchemeMailto || parsed.UserInfo.Length > 0);
    }
}
