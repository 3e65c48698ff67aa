// Macro-strings (RFC 7208, 7): parsed once, expanded as often as needed. Chars are octets. What comes out is bounded by
// MaxLength, so that a record of macros only cannot fill the memory.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.Passes.Spf;

/// <summary>Where a macro-string stands: c, r and t are for explanations only (RFC 7208, 7.2), and so are spaces.</summary>
internal enum MacroPlace
{
    Domain,
    Explanation,
}

/// <summary>The values macros stand for.</summary>
/// <param name="LocalPart">l.</param>
/// <param name="SenderDomain">o.</param>
/// <param name="Domain">d: the domain whose record is evaluated.</param>
/// <param name="Client">i, c and v.</param>
/// <param name="Helo">h.</param>
/// <param name="Receiver">r.</param>
/// <param name="Now">t, in seconds since 1970.</param>
/// <param name="ValidatedName">p; only looked up where <see cref="MacroString.NeedsValidatedName"/>.</param>
internal readonly record struct MacroValues(string LocalPart, string SenderDomain, string Domain, IPAddress Client, string Helo, string Receiver, long Now, string ValidatedName)
{
    public string Of(char letter) => letter switch
    {
        's' => $"{LocalPart}@{SenderDomain}",
        'l' => LocalPart,
        'o' => SenderDomain,
        'd' => Domain,
        'i' => Dotted(),
        'p' => ValidatedName,
        'v' => IsIPv4 ? "in-addr" : "ip6",
        'h' => Helo,
        'c' => Client.ToString(),
        'r' => Receiver,
        't' => Now.ToString(CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(letter), letter, "not a macro"),
    };

    private bool IsIPv4 => Client.AddressFamily == AddressFamily.InterNetwork;

    // RFC 7208, 7.2: nibbles for IPv6
    private string Dotted() => IsIPv4 ? Client.ToString()
        : string.Join('.', Client.GetAddressBytes().SelectMany(b => new[] { b >> 4, b & 15 }).Select(n => n.ToString("X", CultureInfo.InvariantCulture)));
}

/// <summary>A parsed macro-string.</summary>
internal sealed class MacroString
{
    // Far above any name (253) or SMTP reply, and small enough to be built for every message.
    private const int MaxLength = 4096;

    // More right-hand parts than any value can have.
    private const int ManyParts = 1000;

    private const string DomainLetters = "slodiphv";
    private const string ExplanationLetters = DomainLetters + "crt";
    private static readonly System.Buffers.SearchValues<char> Delimiters = System.Buffers.SearchValues.Create(".-+,/_=");

    private readonly List<Part> _parts = [];

    // Literal text, or a macro with its transformers.
    private readonly record struct Part(string Text, char Letter, bool Escape, int Keep, bool Reverse);

    /// <summary>Whether it ends in <c>%{…}</c>, <c>%%</c>, <c>%_</c> or <c>%-</c>.</summary>
    public bool EndsInMacro { get; private set; }

    /// <summary>Whether %{p} is in it, which costs lookups.</summary>
    public bool NeedsValidatedName { get; private set; }

    /// <summary>Whether the sender's local part is in it.</summary>
    public bool NeedsLocalPart { get; private set; }

    /// <summary>Parses.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, MacroPlace place, out MacroString macros, out string reason)
    {
        macros = new MacroString();
        reason = "";
        for (var at = 0; at < text.Length;)
        {
            var literal = text[at..].IndexOf('%');
            if (literal < 0) literal = text.Length - at;
            var odd = text.Slice(at, literal).IndexOfAnyExceptInRange(place == MacroPlace.Explanation ? ' ' : '!', '~');
            if (odd >= 0)
            {
                reason = $"character 0x{(int)text[at + odd]:X2} is not allowed";
                return false;
            }
            if (literal > 0) macros._parts.Add(new Part(text.Slice(at, literal).ToString(), '\0', false, 0, false));
            macros.EndsInMacro = literal == 0;
            at += literal;
            if (at == text.Length) break;
            macros.EndsInMacro = true;
            if (!macros.TryMacro(text, place, ref at, out reason)) return false;
        }
        return true;
    }

    private bool TryMacro(ReadOnlySpan<char> text, MacroPlace place, ref int at, out string reason)
    {
        reason = "'%' is not followed by '{', '%', '_' or '-'";
        if (at + 1 == text.Length) return false;
        // RFC 7208, 7.2: "%%" is "%", "%_" a space, "%-" a URL-encoded space
        if (text[at + 1] is '%' or '_' or '-')
        {
            _parts.Add(new Part(text[at + 1] switch { '%' => "%", '_' => " ", _ => "%20" }, '\0', false, 0, false));
            at += 2;
            return true;
        }
        if (text[at + 1] != '{') return false;
        var end = text[at..].IndexOf('}');
        var body = end < 0 ? text[at..] : text[(at + 2)..(at + end)];
        reason = $"'{(end < 0 ? text[at..] : text.Slice(at, end + 1))}' is no macro";
        if (end < 0 || body.IsEmpty) return false;
        var letter = char.ToLowerInvariant(body[0]);
        if (!(place == MacroPlace.Explanation ? ExplanationLetters : DomainLetters).Contains(letter, StringComparison.Ordinal)) return false;
        var digits = body[1..].IndexOfAnyExceptInRange('0', '9');
        if (digits < 0) digits = body.Length - 1;
        var keep = 0;
        // RFC 7208, 7.3: a number of parts is not zero
        if (digits > 0 && ((keep = Number(body.Slice(1, digits))) == 0)) return false;
        var rest = body[(1 + digits)..];
        var reverse = !rest.IsEmpty && rest[0] is 'r' or 'R';
        if (reverse) rest = rest[1..];
        if (rest.ContainsAnyExcept(Delimiters)) return false;
        _parts.Add(new Part(rest.ToString(), letter, char.IsAsciiLetterUpper(body[0]), keep, reverse));
        NeedsValidatedName |= letter == 'p';
        NeedsLocalPart |= letter is 'l' or 's';
        at += end + 1;
        return true;
    }

    private static int Number(ReadOnlySpan<char> digits)
    {
        digits = digits.TrimStart('0');
        return digits.IsEmpty ? 0 : digits.Length > 3 ? ManyParts : int.Parse(digits, CultureInfo.InvariantCulture);
    }

    /// <summary>Expands; null when it becomes longer than anything can use.</summary>
    public string? Expand(in MacroValues values)
    {
        if (_parts.Count == 1 && _parts[0].Letter == '\0') return _parts[0].Text.Length > MaxLength ? null : _parts[0].Text;
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part.Letter == '\0')
            {
                text.Append(part.Text);
            }
            else
            {
                var value = Transformed(values.Of(part.Letter), part);
                if (part.Escape) Escape(value, text);
                else text.Append(value);
            }
            if (text.Length > MaxLength) return null;
        }
        return text.ToString();
    }

    /// <summary>Expands to a name: no final dot, and labels taken from the left until 253 octets are left (RFC 7208, 7.3).</summary>
    public string? ExpandName(in MacroValues values)
    {
        var name = Expand(values);
        if (name is null) return null;
        if (name.EndsWith('.')) name = name[..^1];
        while (name.Length > Dns.DnsName.MaxName)
        {
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0) return name;
            name = name[(dot + 1)..];
        }
        return name;
    }

    // RFC 7208, 7.3: split, reversed, right-hand parts, joined by dots
    private static string Transformed(string value, Part part)
    {
        if (part is { Text.Length: 0, Keep: 0, Reverse: false }) return value;
        var parts = value.Split(part.Text.Length == 0 ? ['.'] : part.Text.ToCharArray());
        if (part.Reverse) Array.Reverse(parts);
        return string.Join('.', part.Keep > 0 && part.Keep < parts.Length ? parts[^part.Keep..] : parts);
    }

    // RFC 3986, 2.3: all but unreserved characters
    private static void Escape(string value, StringBuilder text)
    {
        foreach (var c in value)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~') text.Append(c);
            else text.Append('%').Append(((int)c).ToString("X2", CultureInfo.InvariantCulture));
        }
    }
}
