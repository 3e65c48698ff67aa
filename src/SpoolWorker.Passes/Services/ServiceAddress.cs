// Where a daemon listens: "/path/of/socket", or a host and a port with a space between, as Exim's dccifd_address has it.
// Hosts are IPv4 or IPv6 addresses (brackets allowed) or names. Making an end point cannot fail; connecting can.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

#pragma warning disable RS0030 // the length of a path

namespace SpoolWorker.Passes.Services;

/// <summary>The address of a daemon.</summary>
public sealed record ServiceAddress
{
    // sockaddr_un.sun_path holds 108 bytes with its NUL (unix(7)).
    private const int MaxSocketPath = 107;

    private readonly EndPoint _endPoint;

    private ServiceAddress(string text, EndPoint endPoint)
    {
        Text = text;
        _endPoint = endPoint;
    }

    /// <summary>As the operator wrote it.</summary>
    public string Text { get; }

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>Reads <c>/path/of/socket</c>, or a host and a port with a blank between.</summary>
    public static bool TryParse(string text, out ServiceAddress address, out string error)
    {
        address = null!;
        error = "";
        if (text.StartsWith('/'))
        {
            if (Encoding.UTF8.GetByteCount(text) > MaxSocketPath) error = $"the path of a socket has at most {MaxSocketPath} bytes";
            else address = new ServiceAddress(text, new UnixDomainSocketEndPoint(text));
            return error.Length == 0;
        }
        if (text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not [var host, var digits])
        {
            error = "must be /path/of/socket, or a host and a port with a space between, as in '127.0.0.1 10045'";
            return false;
        }
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > IPEndPoint.MaxPort)
        {
            error = $"'{digits}' is no port (1 to {IPEndPoint.MaxPort})";
            return false;
        }
        var bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        if (IPAddress.TryParse(bare, out var ip)) address = new ServiceAddress(text, new IPEndPoint(ip, port));
        else if (bare.Length == host.Length && Uri.CheckHostName(host) == UriHostNameType.Dns) address = new ServiceAddress(text, new DnsEndPoint(host, port));
        else error = $"'{host}' is neither an IP address nor a host name";
        return error.Length == 0;
    }

    /// <summary>What is wrong with a setting <c>Address</c>.</summary>
    internal static IEnumerable<string> Faults(IReadOnlyList<string> addresses)
    {
        if (addresses.Count == 0) yield return "Address: empty. Name at least one, /path/of/socket or 'host port'";
        foreach (var address in addresses)
        {
            if (!TryParse(address, out _, out var error)) yield return $"Address = '{address}': {error}";
        }
    }

    /// <summary>The addresses of a setting that nothing is wrong with.</summary>
    /// <exception cref="ArgumentException">One has a fault; <see cref="Faults"/> was not asked before.</exception>
    internal static IReadOnlyList<ServiceAddress> All(IReadOnlyList<string> addresses) =>
        [.. addresses.Select(a => TryParse(a, out var address, out var error) ? address : throw new ArgumentException($"Address = '{a}': {error}", nameof(addresses)))];

    /// <summary>Why a connection failed. .NET has no code of its own for a missing file and says "Cannot assign requested address".</summary>
    internal string Explain(SocketException e) =>
        _endPoint is UnixDomainSocketEndPoint && e.SocketErrorCode == SocketError.AddressNotAvailable ? "no such socket; is the daemon running?" : e.Message;

    /// <summary>A connected socket. All addresses of a host name are tried.</summary>
    /// <exception cref="SocketException">Nobody listens there, no such host, no such file.</exception>
    internal async ValueTask<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = _endPoint switch
        {
            UnixDomainSocketEndPoint => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
            IPEndPoint ip => new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            _ => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
        };
        try
        {
            await socket.ConnectAsync(_endPoint, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
