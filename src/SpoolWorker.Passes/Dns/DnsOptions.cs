// Settings of the one resolver all passes share, and what can be wrong with them.
using System.Globalization;
using System.Net;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Dns;

/// <summary>Section <c>Dns</c>.</summary>
[NeedsRestart]
public sealed class DnsOptions
{
    /// <summary>Recursive servers: <c>address</c>, <c>address:port</c>, <c>[v6]</c>, <c>[v6]:port</c>. Empty: those of the system.</summary>
    public List<string> Servers { get; set; } = [];

    /// <summary>How long one lookup may take, all tries and servers together.</summary>
    [TimeRange("100ms", "1m")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often all servers are asked once more.</summary>
    [NumberRange(0, 10, Unit = "rounds")]
    public int Retries { get; set; } = 1;

    /// <summary>Answers kept in memory at most.</summary>
    [NumberRange(0, 1L << 40, Unit = "bytes")]
    public long CacheBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Longest an answer is kept, whatever its TTL.</summary>
    [TimeRange("0s", "7d")]
    public TimeSpan CacheMost { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Longest "there is no such record" is kept (RFC 2308, 5).</summary>
    [TimeRange("0s", "7d")]
    public TimeSpan CacheNegativeMost { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a failure is kept, so that a dead server is not waited for by every message (RFC 9520: 1 second to 5 minutes).</summary>
    [TimeRange("0s", "5m")]
    public TimeSpan CacheFailures { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What is wrong, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(DnsOptions options)
    {
        foreach (var server in options.Servers)
        {
            if (!TryParseServer(server, out _)) yield return $"Servers = '{server}': must be address, address:port, [v6 address] or [v6 address]:port";
        }
    }

    /// <summary>Reads one entry of <see cref="Servers"/>.</summary>
    public static bool TryParseServer(string text, out IPEndPoint server)
    {
        server = new IPEndPoint(IPAddress.None, Port);
        var host = text;
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0) return false;
            host = text[1..end];
            if (end + 1 < text.Length && (text[end + 1] != ':' || !TryPort(text[(end + 2)..], server))) return false;
            if (!host.Contains(':', StringComparison.Ordinal)) return false;
        }
        else if (text.Count(c => c == ':') == 1)
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            host = text[..colon];
            if (!TryPort(text[(colon + 1)..], server)) return false;
        }
        // "10" and "1.2" are addresses to IPAddress, but no operator means them.
        if (!host.Contains(':', StringComparison.Ordinal) && host.Count(c => c == '.') != 3) return false;
        if (!IPAddress.TryParse(host, out var address)) return false;
        server.Address = address;
        return true;
    }

    private const int Port = 53;

    private static bool TryPort(string text, IPEndPoint server)
    {
        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0) return false;
        server.Port = port;
        return true;
    }
}
