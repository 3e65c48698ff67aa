// How many lookups came to what, for who watches the program. Any thread may add and read.
using DnsClient;

namespace SpoolWorker.Passes.Dns;

/// <summary>Lookups so far.</summary>
public sealed class DnsCounts
{
    private static readonly (QueryType Type, string Kind)[] Kinds = [(QueryType.TXT, "txt"), (QueryType.A, "a"), (QueryType.AAAA, "aaaa"), (QueryType.MX, "mx"), (QueryType.PTR, "ptr")];

    private static readonly int Results = Enum.GetValues<DnsStatus>().Length;

    private readonly long[] _asked = new long[Kinds.Length * Results], _cached = new long[Kinds.Length];

    /// <summary>Lookups that servers were asked for, by kind of record and how they ended; those that have not happened too.</summary>
    public IEnumerable<(string Kind, DnsStatus Status, long Count)> Asked =>
        Kinds.SelectMany((kind, i) => Enum.GetValues<DnsStatus>().Select(status => (kind.Kind, status, Interlocked.Read(ref _asked[i * Results + (int)status]))));

    /// <summary>Lookups that were answered from memory, by kind.</summary>
    public IEnumerable<(string Kind, long Count)> Cached => Kinds.Select((kind, i) => (kind.Kind, Interlocked.Read(ref _cached[i])));

    internal void Ask(QueryType type, DnsStatus status) => Interlocked.Increment(ref _asked[IndexOf(type) * Results + (int)status]);

    internal void Cache(QueryType type) => Interlocked.Increment(ref _cached[IndexOf(type)]);

    private static int IndexOf(QueryType type) => Array.FindIndex(Kinds, k => k.Type == type);
}
