// The resolver of all passes: DnsClient behind IDnsResolver, with a cache that also keeps "no such name" and, for seconds,
// failures. Equal questions asked at once are asked once. A caller who cancels leaves; the lookup goes on for the others
// until its own deadline. As long as an answer is cached the very same object is given out, so that others can hang what
// they make of it (an imported key) on it.
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SpoolWorker.Passes.Dns;

/// <summary>Looks names up.</summary>
public sealed class DnsResolver : IDnsResolver
{
    // A TTL of zero still serves the other lookups of the same message.
    private static readonly TimeSpan KeepLeast = TimeSpan.FromSeconds(1);

    private readonly DnsOptions _options;
    private readonly DnsExchange _exchange;
    private readonly DnsCache _cache;
    private readonly DnsOutage _outage;
    private readonly ConcurrentDictionary<DnsKey, Lazy<Task<object>>> _underWay = new();

    /// <param name="options">Servers, times, sizes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told when the DNS fails as a whole and when it is back; null: nobody.</param>
    public DnsResolver(DnsOptions options, TimeProvider time, ILogger<DnsResolver>? log = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _exchange = new DnsExchange(options, time);
        _cache = new DnsCache(options.CacheBytes, time);
        _outage = new DnsOutage(log ?? NullLogger<DnsResolver>.Instance);
    }

    /// <summary>What the lookups came to.</summary>
    public DnsCounts Counts { get; } = new();

    /// <inheritdoc/>
    public ValueTask<DnsAnswer<ReadOnlyMemory<byte>>> TxtAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<ReadOnlyMemory<byte>>(name, QueryType.TXT, records => [.. records.OfType<TxtRecord>().Select(DnsText.Joined)], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken) =>
        LookupAsync<IPAddress>(name, family == AddressFamily.InterNetwork ? QueryType.A : QueryType.AAAA, records => [.. records.OfType<AddressRecord>().Select(r => r.Address)], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<MxRecord>(name, QueryType.MX, records => [.. records.OfType<DnsClient.Protocol.MxRecord>().Select(r => new MxRecord(r.Preference, DnsName.FromDnsClient(r.Exchange)))], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<DnsAnswer<string>> PtrAsync(IPAddress address, CancellationToken cancellationToken) =>
        LookupAsync<string>(DnsName.Reverse(address), QueryType.PTR, records => [.. records.OfType<PtrRecord>().Select(r => DnsName.FromDnsClient(r.PtrDomainName))], cancellationToken);

    private ValueTask<DnsAnswer<T>> LookupAsync<T>(string name, QueryType type, Func<IReadOnlyList<DnsResourceRecord>, IReadOnlyList<T>> read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        cancellationToken.ThrowIfCancellationRequested();
        if (!DnsName.IsAskable(name)) return ValueTask.FromResult(new DnsAnswer<T>(DnsStatus.BadName, []));
        var key = new DnsKey(type, name.EndsWith('.') ? name[..^1] : name);
        if (_cache.Find(key) is DnsAnswer<T> cached)
        {
            Counts.Cache(type);
            return ValueTask.FromResult(cached);
        }
        // Lazy: of two that come at once, only one asks.
        var asked = _underWay.GetOrAdd(key, static (k, by) => new Lazy<Task<object>>(() => by.Resolver.AskAsync(k, by.Read)), (Resolver: this, Read: read));
        return WaitAsync<T>(asked.Value, cancellationToken);
    }

    private static async ValueTask<DnsAnswer<T>> WaitAsync<T>(Task<object> asked, CancellationToken cancellationToken) => (DnsAnswer<T>)await asked.WaitAsync(cancellationToken);

    private async Task<object> AskAsync<T>(DnsKey key, Func<IReadOnlyList<DnsResourceRecord>, IReadOnlyList<T>> read)
    {
        try
        {
            var reply = await _exchange.AskAsync(key.Name, key.Type, CancellationToken.None);
            _outage.Note(key.Name, reply.Status);
            Counts.Ask(key.Type, reply.Status);
            var answer = new DnsAnswer<T>(reply.Status, reply.Status == DnsStatus.Success ? read(reply.Records) : []);
            _cache.Add(key, answer, Keep(answer.IsTemporary, reply), reply.Size);
            return answer;
        }
        finally
        {
            _underWay.TryRemove(key, out _);
        }
    }

    private TimeSpan Keep(bool temporary, DnsReply reply)
    {
        if (temporary) return _options.CacheFailures;
        var most = reply.Status == DnsStatus.Success ? _options.CacheMost : _options.CacheNegativeMost;
        var keep = reply.TimeToLive is { } ttl && ttl > KeepLeast ? ttl : KeepLeast;
        return keep < most ? keep : most;
    }
}
