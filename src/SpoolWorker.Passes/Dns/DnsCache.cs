// Answers in memory, bounded in bytes. Two generations: what is found in the older one moves to the younger; when the younger
// is full, the older is dropped whole. So an entry costs nothing to throw out, and a flood of names that are never asked
// again pushes out what is not used, not what is.
using DnsClient;

namespace SpoolWorker.Passes.Dns;

/// <summary>What is asked, without regard to the case of ASCII letters (RFC 4343).</summary>
internal readonly record struct DnsKey(QueryType Type, string Name)
{
    public bool Equals(DnsKey other) => Type == other.Type && Name.Equals(other.Name, StringComparison.OrdinalIgnoreCase);

    public override int GetHashCode() => HashCode.Combine(Type, Name.GetHashCode(StringComparison.OrdinalIgnoreCase));
}

/// <summary>The cache.</summary>
/// <param name="capacity">Bytes at most.</param>
/// <param name="time">The clock that answers age by.</param>
internal sealed class DnsCache(long capacity, TimeProvider time)
{
    // The objects around an answer: key, name, entry, list.
    private const int EntryOverhead = 400;

    private readonly Lock _lock = new();
    private Dictionary<DnsKey, Entry> _young = [];
    private Dictionary<DnsKey, Entry> _old = [];
    private long _youngBytes;
    private long _oldBytes;

    private readonly record struct Entry(object Answer, long Until, long Bytes);

    /// <summary>Bytes held.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock) return _youngBytes + _oldBytes;
        }
    }

    public object? Find(DnsKey key)
    {
        lock (_lock)
        {
            if (_young.TryGetValue(key, out var entry)) return entry.Until > time.GetTimestamp() ? entry.Answer : null;
            if (!_old.Remove(key, out entry)) return null;
            _oldBytes -= entry.Bytes;
            if (entry.Until <= time.GetTimestamp()) return null;
            Put(key, entry);
            return entry.Answer;
        }
    }

    /// <summary>Keeps an answer for a while.</summary>
    public void Add(DnsKey key, object answer, TimeSpan keep, int size)
    {
        if (keep <= TimeSpan.Zero) return;
        lock (_lock) Put(key, new Entry(answer, time.GetTimestamp() + (long)(keep.TotalSeconds * time.TimestampFrequency), EntryOverhead + 2L * size));
    }

    private void Put(DnsKey key, Entry entry)
    {
        if (entry.Bytes > capacity / 2) return;
        if (_young.Remove(key, out var before)) _youngBytes -= before.Bytes;
        if (_youngBytes + entry.Bytes > capacity / 2)
        {
            (_old, _oldBytes) = (_young, _youngBytes);
            (_young, _youngBytes) = ([], 0);
        }
        _young.Add(key, entry);
        _youngBytes += entry.Bytes;
    }
}
