// Key records that have been read, by their bytes: a record that was seen before costs no import, whatever domain it is of,
// and one that is broken costs no second try. The TTL is the resolver's business. Bounded; the one not used for longest goes.
// Safe for many threads. Keys that fall out are left to their finalizer, since a thread may be verifying with one.
using System.Diagnostics.CodeAnalysis;

namespace SpoolWorker.Passes.Signing.Keys;

/// <summary>Imported keys.</summary>
public sealed class KeyCache
{
    /// <summary>An imported RSA key takes some 5 kB outside the heap; a worker meets some hundred signers often.</summary>
    public const int DefaultCapacity = 1000;

    private readonly int _capacity;
    private readonly Lock _lock = new();
    private readonly Dictionary<ReadOnlyMemory<byte>, LinkedListNode<Entry>> _entries;
    private readonly LinkedList<Entry> _byUse = new();

    /// <summary>Makes an empty cache; the key that was used longest ago goes first when it is full.</summary>
    public KeyCache(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
        _entries = new(Comparer.Instance);
    }

    /// <summary>Keys in it now.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _entries.Count;
        }
    }

    /// <summary>The record, read now or before; null with a reason when it is none.</summary>
    public KeyRecord? Get(ReadOnlyMemory<byte> text, out string reason)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(text, out var node))
            {
                if (_byUse.First != node)
                {
                    _byUse.Remove(node);
                    _byUse.AddFirst(node);
                }
                reason = node.Value.Reason;
                return node.Value.Record;
            }
        }
        var record = KeyRecord.TryParse(text, out reason);
        // what is too long to be a key is not worth its memory
        if (text.Length > KeyRecord.MaxLength) return record;
        var entry = new Entry(text.ToArray(), record, reason);
        lock (_lock)
        {
            if (_entries.ContainsKey(text)) return record;
            _entries.Add(entry.Text, _byUse.AddFirst(entry));
            if (_entries.Count > _capacity)
            {
                _entries.Remove(_byUse.Last!.Value.Text);
                _byUse.RemoveLast();
            }
        }
        return record;
    }

    private sealed record Entry(ReadOnlyMemory<byte> Text, KeyRecord? Record, string Reason);

    private sealed class Comparer : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static readonly Comparer Instance = new();

        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode([DisallowNull] ReadOnlyMemory<byte> obj)
        {
            var hash = new HashCode();
            hash.AddBytes(obj.Span);
            return hash.ToHashCode();
        }
    }
}
