// One pattern of a list that is searched in order: an item given inline, or a line of an nwildlsearch or iplsearch file.
//   *                any key, the null sender too        *text     ends in text (Exim: match.c, check_string)
//   ^regex           regular expression, case ignored     .domain   any domain below
//   10.0.0.0/8       network                              text      the key itself, case of ASCII letters ignored
//   local@domain     both parts as above; @domain and a bare domain: any local part; <>: the null sender
// A regular expression takes time in proportion to the key; one that needs backtracking (lookarounds, backreferences) has a
// time limit for each key, and running out of it throws RegexMatchTimeoutException.
using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Lookup;

/// <summary>Something a key matches or not. Keys come as <see cref="ByteText"/>, lower-cased.</summary>
internal abstract record KeyPattern
{
    /// <summary>A catastrophic expression must not stop the mail; a sane one needs microseconds.</summary>
    private static readonly TimeSpan RegexTime = TimeSpan.FromMilliseconds(100);

    private static readonly SearchValues<char> NotInDomain = SearchValues.Create(" \t@,:;/<>+");

    public abstract bool Matches(string key);

    /// <summary>A pattern for a text: <c>*text</c>, <c>^regex</c> or text. This is all an nwildlsearch file has.</summary>
    public static bool TryParseText(string text, [NotNullWhen(true)] out KeyPattern? pattern, out string? error)
    {
        pattern = null;
        error = null;
        if (text.StartsWith('^'))
        {
            try
            {
                pattern = new Expression(Compile(ByteText.ToText(text)));
            }
            catch (ArgumentException e)
            {
                error = $"is no regular expression: {e.Message}";
                return false;
            }
            return true;
        }
        text = ByteText.Lower(text);
        pattern = text.StartsWith('*') ? new Ending(text[1..]) : new Exact(text);
        return true;
    }

    // In time that grows with the key alone, where the expression allows it. Exim's own files may hold others.
    private static Regex Compile(string text)
    {
        const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;
        try
        {
            return new Regex(text, Options | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            return new Regex(text, Options, RegexTime);
        }
    }

    /// <summary>A pattern for an item of a list.</summary>
    public static bool TryParse(string text, LookupKind kind, [NotNullWhen(true)] out KeyPattern? pattern, out string? error)
    {
        error = null;
        if (text.StartsWith('^') && kind != LookupKind.Network) return TryParseText(text, out pattern, out error);
        pattern = kind switch
        {
            _ when text == "*" => new Ending(""),
            LookupKind.Network or LookupKind.HostName when IpNetwork.TryParse(text, out var network) => new Network(network),
            LookupKind.Network => null,
            LookupKind.Address => ParseAddress(text),
            _ => ParseDomain(text),
        };
        if (pattern is not null) return true;
        error = kind switch
        {
            LookupKind.Network => "is no IP address and no network such as 192.0.2.0/24 or 2001:db8::/32",
            LookupKind.Address => "is no address, @domain, domain, or <> for the null sender",
            LookupKind.HostName => "is no host name, *.domain, IP address or network",
            _ => "is no domain, *.domain or .domain",
        };
        return false;
    }

    private static KeyPattern? ParseAddress(string text)
    {
        if (text == "<>") return new Exact("");
        var at = text.LastIndexOf('@');
        var domain = text[(at + 1)..] == "*" ? new Ending("") : ParseDomain(text[(at + 1)..]);
        if (domain is null) return null;
        var local = at <= 0 ? "*" : ByteText.Lower(text[..at]);
        return new AddressParts(local.StartsWith('*') ? new Ending(local[1..]) : new Exact(local), domain);
    }

    private static KeyPattern? ParseDomain(string text)
    {
        text = ByteText.Lower(text);
        if (text.Length == 0 || text.AsSpan().ContainsAny(NotInDomain)) return null;
        // ".example.com" says the same as "*.example.com": what is below.
        return text[0] switch
        {
            '*' => new Ending(text[1..]),
            '.' => new Ending(text),
            _ => new Exact(text),
        };
    }

    private sealed record Exact(string Text) : KeyPattern
    {
        public override bool Matches(string key) => key == Text;
    }

    private sealed record Ending(string Text) : KeyPattern
    {
        public override bool Matches(string key) => key.EndsWith(Text, StringComparison.Ordinal);
    }

    private sealed record Expression(Regex Regex) : KeyPattern
    {
        public override bool Matches(string key) => Regex.IsMatch(ByteText.ToText(key));
    }

    private sealed record AddressParts(KeyPattern Local, KeyPattern Domain) : KeyPattern
    {
        public override bool Matches(string key)
        {
            var at = key.LastIndexOf('@');
            return at >= 0 && Local.Matches(key[..at]) && Domain.Matches(key[(at + 1)..]);
        }
    }

    internal sealed record Network(IpNetwork Range) : KeyPattern
    {
        public override bool Matches(string key) => IpNetwork.TryParse(key, out var address) && address.IsAddress && Range.Contains(address);
    }
}
