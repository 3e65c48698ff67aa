// What the passes ask of the DNS, and nothing more. Every outcome of a lookup is data: no method throws for a name that is
// too long, an answer that is broken or a server that is silent. Only cancellation throws.
using System.Net;
using System.Net.Sockets;

namespace SpoolWorker.Passes.Dns;

/// <summary>How a lookup ended.</summary>
public enum DnsStatus
{
    /// <summary>There are records of the type asked for.</summary>
    Success,

    /// <summary>The name does not exist (RCODE 3).</summary>
    NameError,

    /// <summary>The name exists, but has no record of that type.</summary>
    NoData,

    /// <summary>The server failed, refused, or sent what cannot be read.</summary>
    ServerFailure,

    /// <summary>Nobody answered before the deadline.</summary>
    TimeOut,

    /// <summary>A validating server says DNSSEC validation failed (RFC 8914, codes 6 to 12).</summary>
    Bogus,

    /// <summary>Not asked: a label above 63 octets, a name above 253, or an empty label (RFC 1035, 2.3.4).</summary>
    BadName,
}

/// <summary>Words of statuses.</summary>
public static class DnsStatuses
{
    /// <summary>The phrase in reasons, for people.</summary>
    public static string Token(this DnsStatus status) => status switch
    {
        DnsStatus.Success => "found",
        DnsStatus.NameError => "no such name",
        DnsStatus.NoData => "no such record",
        DnsStatus.ServerFailure => "server failure",
        DnsStatus.TimeOut => "timed out",
        DnsStatus.Bogus => "DNSSEC validation failed",
        DnsStatus.BadName => "not a valid name",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "not a status"),
    };
}

/// <summary>The answer to one lookup.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Records">The records; empty unless <see cref="DnsStatus.Success"/>.</param>
public sealed record DnsAnswer<T>(DnsStatus Status, IReadOnlyList<T> Records)
{
    /// <summary>Worth asking again later: says nothing about the name.</summary>
    public bool IsTemporary => Status is DnsStatus.ServerFailure or DnsStatus.TimeOut or DnsStatus.Bogus;
}

/// <summary>A mail exchanger.</summary>
public readonly record struct MxRecord(int Preference, string Exchange);

/// <summary>The DNS.</summary>
public interface IDnsResolver
{
    /// <summary>TXT records, each with its strings joined (RFC 7208, 3.3; RFC 6376, 3.6.2.2). CNAMEs are followed.</summary>
    ValueTask<DnsAnswer<ReadOnlyMemory<byte>>> TxtAsync(string name, CancellationToken cancellationToken);

    /// <summary>A (InterNetwork) or AAAA (InterNetworkV6) records. CNAMEs are followed.</summary>
    ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken);

    /// <summary>MX records in the order of the answer; a null MX (RFC 7505) is one with the exchange ".".</summary>
    ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancellationToken);

    /// <summary>Host names of an address, without final dot.</summary>
    ValueTask<DnsAnswer<string>> PtrAsync(IPAddress address, CancellationToken cancellationToken);
}
