// Reads a record by the grammar of RFC 7208, 12. A wrong term anywhere refuses the whole record (4.6), with the offset of
// the term. Costs one pass over the bytes; a record of any length is fine.
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.Passes.Spf;

/// <summary>Parser of records.</summary>
internal static class SpfRecordParser
{
    private const int Bits4 = 32;
    private const int Bits6 = 128;

    /// <summary>Whether a TXT record is one of ours: <c>v=spf1</c> and then a space or the end (RFC 7208, 4.5).</summary>
    public static bool IsSpf(ReadOnlySpan<byte> text) => text.Length >= 6 && Ascii.EqualsIgnoreCase(text[..6], "v=spf1"u8) && (text.Length == 6 || text[6] == ' ');

    /// <summary>Reads a record for which <see cref="IsSpf"/> holds.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out SpfRecord record, out SpfSyntaxError error)
    {
        record = new SpfRecord([], null, null);
        if (!IsSpf(text)) return Refuse(0, "does not begin with v=spf1", out error);
        // RFC 7208, 3.1: US-ASCII; 4.6.1: terms are visible characters between spaces
        var odd = text.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
        if (odd >= 0) return Refuse(odd, $"byte 0x{text[odd]:X2} is not printable ASCII", out error);
        var directives = new List<SpfDirective>();
        MacroString? redirect = null, explanation = null;
        for (var at = 6; at < text.Length; at++)
        {
            if (text[at] == ' ') continue;
            var length = text[at..].IndexOf((byte)' ');
            var term = Encoding.ASCII.GetString(length < 0 ? text[at..] : text.Slice(at, length));
            if (ModifierName(term) is { } name)
            {
                if (!TryModifier(term, name, ref redirect, ref explanation, out var reason)) return Refuse(at, reason, out error);
            }
            else if (TryDirective(term, out var directive, out var reason))
            {
                directives.Add(directive);
            }
            else
            {
                return Refuse(at, reason, out error);
            }
            at += term.Length - 1;
        }
        record = new SpfRecord(directives, redirect, explanation);
        error = default;
        return true;
    }

    private static bool Refuse(int offset, string reason, out SpfSyntaxError error)
    {
        error = new SpfSyntaxError(offset, reason);
        return false;
    }

    // name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ), and then "=" (RFC 7208, 4.6.1)
    private static string? ModifierName(string term)
    {
        var end = term.IndexOf('=', StringComparison.Ordinal);
        if (end < 1 || !char.IsAsciiLetter(term[0])) return null;
        foreach (var c in term.AsSpan(0, end))
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return null;
        }
        return term[..end];
    }

    private static bool TryModifier(string term, string name, ref MacroString? redirect, ref MacroString? explanation, out string reason)
    {
        var value = term.AsSpan(name.Length + 1);
        if (name.Equals("redirect", StringComparison.OrdinalIgnoreCase)) return TryOnce(term, value, ref redirect, out reason);
        if (name.Equals("exp", StringComparison.OrdinalIgnoreCase)) return TryOnce(term, value, ref explanation, out reason);
        // RFC 7208, 6: others are ignored, however often they stand, but have to be macro-strings
        if (MacroString.TryParse(value, MacroPlace.Domain, out _, out reason)) return true;
        reason = $"'{term}': {reason}";
        return false;
    }

    private static bool TryOnce(string term, ReadOnlySpan<char> value, ref MacroString? modifier, out string reason)
    {
        if (modifier is not null)
        {
            reason = $"'{term}' is there twice";
            return false;
        }
        if (TryDomain(value, out modifier, out reason)) return true;
        reason = $"'{term}': {reason}";
        return false;
    }

    private static bool TryDirective(string term, out SpfDirective directive, out string reason)
    {
        directive = null!;
        var rest = term.AsSpan();
        var result = rest[0] switch
        {
            '-' => SpfResult.Fail,
            '~' => SpfResult.SoftFail,
            '?' => SpfResult.Neutral,
            _ => SpfResult.Pass,
        };
        if (rest[0] is '+' or '-' or '~' or '?') rest = rest[1..];
        var end = rest.IndexOfAny(':', '/');
        var name = end < 0 ? rest : rest[..end];
        if (!SpfMechanisms.TryParse(name, out var mechanism))
        {
            reason = $"'{term}' is no mechanism";
            return false;
        }
        directive = new SpfDirective(result, mechanism, null, null, Bits4, Bits6, term);
        var isRight = TryArgument(rest[name.Length..], ref directive, out reason);
        if (!isRight) reason = $"'{term}': {reason}";
        return isRight;
    }

    private static bool TryArgument(ReadOnlySpan<char> argument, ref SpfDirective directive, out string reason)
    {
        reason = "";
        var mechanism = directive.Mechanism;
        switch (mechanism)
        {
            case SpfMechanism.All:
                reason = "takes nothing";
                return argument.IsEmpty;
            case SpfMechanism.Ip4 or SpfMechanism.Ip6:
                return TryNetwork(argument, ref directive, out reason);
            case SpfMechanism.A or SpfMechanism.Mx:
                if (!TryDualPrefix(ref argument, out var prefix4, out var prefix6, out reason)) return false;
                directive = directive with { Prefix4 = prefix4, Prefix6 = prefix6 };
                break;
        }
        if (argument.IsEmpty)
        {
            reason = "needs a domain";
            return mechanism is not (SpfMechanism.Include or SpfMechanism.Exists);
        }
        if (argument[0] != ':')
        {
            reason = "has a prefix length where none may be";
            return false;
        }
        if (!TryDomain(argument[1..], out var domain, out reason)) return false;
        directive = directive with { Domain = domain };
        return true;
    }

    // domain-spec = macro-string domain-end; domain-end = ( "." toplabel [ "." ] ) / macro-expand (RFC 7208, 7.1)
    private static bool TryDomain(ReadOnlySpan<char> text, out MacroString? domain, out string reason)
    {
        domain = null;
        if (text.IsEmpty)
        {
            reason = "the domain is empty";
            return false;
        }
        if (!MacroString.TryParse(text, MacroPlace.Domain, out var parsed, out reason)) return false;
        if (!parsed.EndsInMacro && !EndsInTopLabel(text))
        {
            reason = "the domain does not end in a macro or in '.' and a top-level label";
            return false;
        }
        domain = parsed;
        return true;
    }

    // toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
    private static bool EndsInTopLabel(ReadOnlySpan<char> text)
    {
        if (text[^1] == '.') text = text[..^1];
        var dot = text.LastIndexOf('.');
        if (dot < 0) return false;
        var label = text[(dot + 1)..];
        if (label.IsEmpty || label[0] == '-' || label[^1] == '-') return false;
        var hasLetterOrDash = false;
        foreach (var c in label)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-') return false;
            hasLetterOrDash |= !char.IsAsciiDigit(c);
        }
        return hasLetterOrDash;
    }

    // dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ], at the end, where a domain may hold slashes as well
    private static bool TryDualPrefix(ref ReadOnlySpan<char> text, out int prefix4, out int prefix6, out string reason)
    {
        (prefix4, prefix6, reason) = (Bits4, Bits6, "");
        if (TrailingNumber(text, out var number, out var slash) && slash > 0 && text[slash - 1] == '/')
        {
            prefix6 = number;
            text = text[..(slash - 1)];
        }
        if (TrailingNumber(text, out number, out slash))
        {
            prefix4 = number;
            text = text[..slash];
        }
        if (prefix4 > Bits4) reason = $"/{prefix4} is above {Bits4}";
        else if (prefix6 > Bits6) reason = $"//{prefix6} is above {Bits6}";
        return reason.Length == 0;
    }

    // "/" and a number without leading zeros at the end
    private static bool TrailingNumber(ReadOnlySpan<char> text, out int number, out int slash)
    {
        slash = text.LastIndexOf('/');
        number = 0;
        return slash >= 0 && TryPrefix(text[(slash + 1)..], out number);
    }

    // "0" / %x31-39 0*2DIGIT; longer ones are kept as too large
    private static bool TryPrefix(ReadOnlySpan<char> digits, out int number)
    {
        number = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9') || (digits.Length > 1 && digits[0] == '0')) return false;
        number = digits.Length > 3 ? int.MaxValue : int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
        return true;
    }

    private static bool TryNetwork(ReadOnlySpan<char> argument, ref SpfDirective directive, out string reason)
    {
        var isV4 = directive.Mechanism == SpfMechanism.Ip4;
        reason = isV4 ? "needs an IPv4 address" : "needs an IPv6 address";
        if (argument.Length < 2 || argument[0] != ':') return false;
        argument = argument[1..];
        var most = isV4 ? Bits4 : Bits6;
        var prefix = most;
        var slash = argument.IndexOf('/');
        if (slash >= 0)
        {
            if (!TryPrefix(argument[(slash + 1)..], out prefix) || prefix > most)
            {
                reason = $"'{argument[slash..]}' is no prefix length";
                return false;
            }
            argument = argument[..slash];
        }
        if (!(isV4 ? TryAddress4(argument, out var address) : TryAddress6(argument, out address))) return false;
        directive = directive with { Network = address, Prefix4 = prefix, Prefix6 = prefix };
        return true;
    }

    // ip4-network = qnum "." qnum "." qnum "." qnum, no leading zeros; .NET would take octal and short forms
    private static bool TryAddress4(ReadOnlySpan<char> text, out IPAddress? address)
    {
        address = null;
        Span<byte> octets = stackalloc byte[4];
        for (var i = 0; i < 4; i++)
        {
            var dot = text.IndexOf('.');
            if (dot < 0 != (i == 3)) return false;
            if (!TryPrefix(i == 3 ? text : text[..dot], out var number) || number > byte.MaxValue) return false;
            octets[i] = (byte)number;
            text = text[(dot + 1)..];
        }
        address = new IPAddress(octets);
        return true;
    }

    // ip6-network: RFC 4291, 2.2. .NET would take zones, ports and brackets too.
    private static bool TryAddress6(ReadOnlySpan<char> text, out IPAddress? address)
    {
        address = null;
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigit(c) && c is not (':' or '.')) return false;
        }
        if (text.Contains('.') && !TryAddress4(text[(text.LastIndexOf(':') + 1)..], out _)) return false;
        return IPAddress.TryParse(text, out address) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }
}
