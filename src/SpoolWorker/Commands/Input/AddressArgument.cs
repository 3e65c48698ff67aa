// Addresses as people type them: clients, and DNS servers, which may have a name. What is none is false or null; a name costs
// a lookup through the system.
using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Commands.Input;

/// <summary>Reads addresses of a command line.</summary>
internal static class AddressArgument
{
    private const int DnsPort = 53;

    // A command line of SMTP carries no longer one (RFC 5321, 4.5.3.1.4); Exim reads lines of -H of some 16 KB.
    private const int MostOctets = 512;

    // What stands in the place of bytes that are no UTF-8.
    private const char Undecodable = '\ufffd';

    // RFC 5322, 3.2.3, without the dot.
    private static readonly SearchValues<char> Specials = SearchValues.Create(" ()<>[]:;@\\,\"");

    /// <summary>A client's address. IPAddress takes "10" and "1.2" too, and zones; nobody means them.</summary>
    public static bool TryClient(string text, out IPAddress address)
    {
        var isWhole = IPAddress.TryParse(text, out var parsed) && (parsed.AddressFamily == AddressFamily.InterNetworkV6 ? !text.AsSpan().ContainsAny("%[]/") : text.Count(c => c == '.') == 3);
        address = parsed ?? IPAddress.None;
        return isWhole;
    }

    /// <summary>One mailbox as an envelope has it (RFC 5321, 4.1.2), in ASCII or UTF-8: no list, no name beside it, nothing that -H or Exim would read as something else.</summary>
    public static bool IsMailbox(string text)
    {
        if (text.Any(c => char.IsControl(c) || c == Undecodable) || Encoding.UTF8.GetByteCount(text) > MostOctets) return false;
        var at = text.LastIndexOf('@');
        return at > 0 && IsLocalPart(text[..at]) && IsDomain(text[(at + 1)..]);
    }

    private static bool IsLocalPart(string text) => text[0] == '"' ? IsQuoted(text) : !text.AsSpan().ContainsAny(Specials);

    private static bool IsQuoted(string text)
    {
        if (text.Length < 2 || text[^1] != '"') return false;
        for (var i = 1; i < text.Length - 1; i++)
        {
            if (text[i] == '"') return false;
            if (text[i] == '\\' && ++i == text.Length - 1) return false;
        }
        return true;
    }

    // A name with letters of any language, or an address in brackets.
    private static bool IsDomain(string text) => text is ['[', .. var literal, ']'] ? IPAddress.TryParse(literal.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? literal[5..] : literal, out _)
        : text.Split('.').All(label => label.Length > 0 && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || c > '\x7f'));

    /// <summary>An entry for Dns:Servers, with the address for a host name; null when it is none.</summary>
    public static string? DnsServer(string text)
    {
        if (DnsOptions.TryParseServer(text, out _)) return text;
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? text : text[..colon];
        var port = DnsPort;
        if (colon >= 0 && (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is 0 or > ushort.MaxValue)) return null;
        // A number that was no address is none as a name either.
        if (Uri.CheckHostName(host) != UriHostNameType.Dns || char.IsAsciiDigit(host[^1])) return null;
        try
        {
            var found = Dns.GetHostAddresses(host);
            var address = Array.Find(found, a => a.AddressFamily == AddressFamily.InterNetwork) ?? found.FirstOrDefault();
            return address is null ? null : new IPEndPoint(address, port).ToString();
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return null;
        }
    }
}
