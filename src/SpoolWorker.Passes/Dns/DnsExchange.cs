// One question to the servers, through DnsClient, until one of them knows or the deadline is there. Every way an answer
// can be missing or broken ends in a status; only cancellation throws. Bounded: servers times tries, one deadline over all,
// CNAME chains of eight. A truncated answer is asked for again by TCP (RFC 7766); a wrong id, garbage or SERVFAIL counts
// as a failed try of that server.
using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace SpoolWorker.Passes.Dns;

/// <summary>What the servers said.</summary>
/// <param name="Status">How it ended; <see cref="DnsStatus.Success"/> with at least one record.</param>
/// <param name="Records">Records of the type asked for.</param>
/// <param name="TimeToLive">How long it may be believed; null: the answer does not say.</param>
/// <param name="Size">Bytes it came in.</param>
internal sealed record DnsReply(DnsStatus Status, IReadOnlyList<DnsResourceRecord> Records, TimeSpan? TimeToLive, int Size)
{
    public static DnsReply Failed(DnsStatus status) => new(status, [], null, 0);
}

/// <summary>Asks the servers.</summary>
internal sealed class DnsExchange
{
    // No resolver follows longer chains by itself either; servers that follow them answer in one go.
    private const int MaxChain = 8;

    // Without fragmentation on nearly every path (DNS flag day 2020).
    private const int UdpSize = 1232;

    // How often the system's servers are read again: a laptop moves, a resolv.conf is edited.
    private static readonly TimeSpan SystemServersFor = TimeSpan.FromMinutes(1);

    private readonly DnsOptions _options;
    private readonly TimeProvider _time;
    private readonly LookupClient _client;
    private readonly bool _ofSystem;
    private volatile NameServer[] _servers;
    private long _serversRead;

    public DnsExchange(DnsOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _ofSystem = options.Servers.Count == 0;
        _servers = _ofSystem ? SystemServers() : [.. options.Servers.Select(s => new NameServer(Server(s)))];
        _serversRead = time.GetTimestamp();
        _client = new LookupClient(new LookupClientOptions(_servers) { UseCache = false, AutoResolveNameServers = false });
    }

    /// <summary>Asks one question.</summary>
    public async Task<DnsReply> AskAsync(string name, QueryType type, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await FollowAsync(name, type, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DnsReply.Failed(DnsStatus.TimeOut);
        }
    }

    private async Task<DnsReply> FollowAsync(string name, QueryType type, CancellationToken cancellationToken)
    {
        TimeSpan? timeToLive = null;
        var size = 0;
        for (var hop = 0; hop < MaxChain; hop++)
        {
            // A CNAME may point to a name that nobody can ask for.
            if (!DnsName.TryToDnsClient(name, out var query)) return DnsReply.Failed(hop == 0 ? DnsStatus.BadName : DnsStatus.ServerFailure);
            var (status, response) = await TryServersAsync(name, new DnsQuestion(query, type, QueryClass.IN), cancellationToken);
            if (response is null) return DnsReply.Failed(status);
            size += response.MessageSize;
            var chain = DnsAnswers.Follow(response.Answers, name, type);
            if (chain.Loops) return DnsReply.Failed(DnsStatus.ServerFailure);
            timeToLive = DnsAnswers.Least(timeToLive, chain.TimeToLive);
            if (chain.Records.Count > 0) return new(DnsStatus.Success, chain.Records, timeToLive, size);
            // RFC 6604, 3: the response code is that of the end of the chain, and so is the SOA.
            if (status == DnsStatus.NameError || chain.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || DnsAnswers.HasAuthority(response))
            {
                var negative = DnsAnswers.NegativeTimeToLive(response);
                return new(status == DnsStatus.NameError ? status : DnsStatus.NoData, [], negative is null ? null : DnsAnswers.Least(timeToLive, negative), size);
            }
            name = chain.Name;
        }
        return DnsReply.Failed(DnsStatus.ServerFailure);
    }

    private async Task<(DnsStatus Status, IDnsQueryResponse? Response)> TryServersAsync(string name, DnsQuestion question, CancellationToken cancellationToken)
    {
        var servers = Servers();
        var tries = servers.Length * (_options.Retries + 1);
        var options = new DnsQueryOptions
        {
            UseCache = false,
            Retries = 0,
            ThrowDnsErrors = false,
            ContinueOnDnsError = false,
            ContinueOnEmptyResponse = false,
            EnableAuditTrail = false,
            UseTcpFallback = true,
            ExtendedDnsBufferSize = UdpSize,
            Timeout = _options.Timeout / tries,
        };
        var worst = DnsStatus.TimeOut;
        for (var i = 0; i < tries; i++)
        {
            var (status, response) = await TryServerAsync(servers[i % servers.Length], name, question, options, cancellationToken);
            if (response is not null) return (status, response);
            // A server that failed says more than one that was silent, and a validator's verdict most.
            if (status == DnsStatus.Bogus || worst == DnsStatus.TimeOut) worst = status;
        }
        return (worst, null);
    }

    private async Task<(DnsStatus Status, IDnsQueryResponse? Response)> TryServerAsync(NameServer server, string name, DnsQuestion question, DnsQueryOptions options, CancellationToken cancellationToken)
    {
        try
        {
            // DnsClient connects by TCP without looking at the token.
            var response = await _client.QueryServerAsync([server], question, options, cancellationToken).WaitAsync(cancellationToken);
            // RFC 5452, 9.1: an answer to another question is none.
            if (!DnsAnswers.Answers(response, name, question.QuestionType)) return (DnsStatus.ServerFailure, null);
            return response.Header.ResponseCode switch
            {
                DnsHeaderResponseCode.NoError when DnsAnswers.IsExtendedError(response) => (DnsStatus.ServerFailure, null),
                DnsHeaderResponseCode.NoError => (DnsStatus.Success, response),
                DnsHeaderResponseCode.NotExistentDomain => (DnsStatus.NameError, response),
                _ => (DnsAnswers.IsBogus(response) ? DnsStatus.Bogus : DnsStatus.ServerFailure, null),
            };
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (DnsResponseException e)
        {
            return (e.Code == DnsResponseCode.ConnectionTimeout || e.InnerException is SocketException or OperationCanceledException ? DnsStatus.TimeOut : DnsStatus.ServerFailure, null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What DnsClient's parser throws at garbage is not of one kind.
            return (e is SocketException or OperationCanceledException ? DnsStatus.TimeOut : DnsStatus.ServerFailure, null);
        }
    }

    private NameServer[] Servers()
    {
        if (!_ofSystem || _time.GetElapsedTime(Interlocked.Read(ref _serversRead)) < SystemServersFor) return _servers;
        Interlocked.Exchange(ref _serversRead, _time.GetTimestamp());
        return _servers = SystemServers();
    }

    private static NameServer[] SystemServers()
    {
        try
        {
            var servers = NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false).ToArray();
            if (servers.Length > 0) return servers;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // as when it names none
        }
        // resolv.conf(5): without nameserver entries, the name server on this machine
        return [new NameServer(IPAddress.Loopback)];
    }

    private static IPEndPoint Server(string text) =>
        DnsOptions.TryParseServer(text, out var server) ? server : throw new ArgumentException($"'{text}' is no server", nameof(text));
}
