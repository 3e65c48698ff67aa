// Addresses as people type them: clients, and DNS servers, which may have a name. What is none is false or null; a name costs
// a lookup through the system.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Commands.Input;

/// <summary>Reads addresses of a command line.</summary>
internal static class AddressArgument
{
    private const int DnsPort = 53;

    /// <summary>A client's address. IPAddress takes "10" and "1.2" too, and zones; nobody means them.</summary>
    public static bool TryClient(string text, out IPAddress address)
    {
        var isWhole = IPAddress.TryParse(text, out var parsed) && (parsed.AddressFamily == AddressFamily.InterNetworkV6 ? !text.AsSpan().ContainsAny("%[]/") : text.Count(c => c == '.') == 3);
        address = parsed ?? IPAddress.None;
        return isWhole;
    }

    /// <summary>A mailbox as an envelope has it. A line break would end the line of -H that holds it.</summary>
    public static bool IsMailbox(string text) => text.LastIndexOf('@') is var at and > 0 && at < text.Length - 1 && !text.Any(c => char.IsControl(c) || c == ' ');

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
