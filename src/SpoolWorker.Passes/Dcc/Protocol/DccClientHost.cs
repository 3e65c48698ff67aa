// Who brought the message, as the daemon is told: address, name and HELO of the client from -H. An override of the address,
// from an ACL variable or by the HELO name from a table, is for sites that send one message from several hosts and would
// never get through greylisting. An override that is no IP address is passed over and told in a note.
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dcc.Protocol;

/// <summary>The SMTP client of a message.</summary>
/// <param name="Ip">Its address.</param>
/// <param name="Name">Its host name, empty when unknown.</param>
/// <param name="Helo">What it said in HELO or EHLO, empty when it said nothing.</param>
internal sealed record DccClientHost(string Ip, ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Helo)
{
    /// <summary>What Exim's own client sends for local mail (dcc.c, dcc_default_ip_option).</summary>
    public const string LocalIp = "127.0.0.1";

    // Its HELO too (dcc_helo_option). An empty line is good for dccifd, but an empty line also ends the recipients.
    private static readonly byte[] LocalHelo = "localhost"u8.ToArray();

    /// <summary>Address of the client in -H; null for local mail.</summary>
    public static string? AddressIn(HeaderFile message) => message.ClientAddress?.ToString();

    /// <summary>What -H knows.</summary>
    /// <param name="message">-H.</param>
    /// <param name="overrideIp">An address to send instead; null: the client's own. The name is then not sent: it belongs to the other address.</param>
    public static DccClientHost Of(HeaderFile message, string? overrideIp) =>
        new(overrideIp ?? AddressIn(message) ?? LocalIp, overrideIp is null ? Value(message, "host_name") : default, HeloOf(message));

    /// <summary>Whether a text is one IP address and nothing else.</summary>
    public static bool IsAddress([NotNullWhen(true)] string? text) =>
        IPAddress.TryParse(text, out var ip) && (ip.AddressFamily == AddressFamily.InterNetworkV6 || ip.ToString() == text);

    /// <summary>Exim's name of an ACL variable (acl_m_dcc, $acl_c0) as -H has it.</summary>
    public static string SpoolName(string variable)
    {
        var name = variable.TrimStart('$');
        return name.StartsWith("acl_", StringComparison.Ordinal) ? string.Create(CultureInfo.InvariantCulture, $"acl{name.AsSpan(4)}") : name;
    }

    private static ReadOnlyMemory<byte> HeloOf(HeaderFile message) =>
        Value(message, "helo_name") is { IsEmpty: false } helo ? helo : AddressIn(message) is null ? LocalHelo : default;

    private static ReadOnlyMemory<byte> Value(HeaderFile message, string name) => message.Find(name)?.Value ?? default;
}
