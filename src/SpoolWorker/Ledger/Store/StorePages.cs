// Reads named databases of a store's file page by page, without LMDB; see LedgerGlance for why that is sound beside a writer. The format is
// that of StoreFile. Nothing a page says is believed: numbers, offsets and lengths are held against the file, a page against its own
// number and the state's transaction. Throws LedgerException when the file stays unreadable, PosixException when reading fails.
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger.Store;

/// <summary>The trees of a store.</summary>
internal sealed class StorePages : IDisposable
{
    private const int Header = StoreFile.Header, MetaBytes = StoreFile.MetaBytes, NodeHeader = 8, TransactionAtPage = 8, DatabaseBytes = 48, RootAt = 40, FixedLengthAt = 16, MaxDepth = 32;
    private const ushort SubDatabase = 2, ManyValues = 4, FixedLeaf = 0x20;

    // Each look takes some ten reads; a writer that overtakes a hundred of them in a row has other troubles.
    private const int MostLooks = 100;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly int _pageSize;

    public StorePages(string path)
    {
        _path = path;
        _file = Posix.Open(path, Posix.O_RDONLY);
        var first = new byte[MetaBytes];
        _pageSize = TryRead(first, 0) ? (int)StoreFile.U32(first, StoreFile.PageSizeAt) : 0;
        if (_pageSize >= StoreFile.LeastPage) return;
        _file.Dispose();
        throw new LedgerException($"ledger {path} is damaged: pages of {_pageSize} bytes", isFatal: false, StoreFault.Damaged);
    }

    /// <summary>Rows of a leaf, and the key the next one begins with.</summary>
    private readonly record struct Leaf(IReadOnlyList<(byte[] Key, byte[] Value)> Rows, byte[]? Next);

    /// <summary>The value of a key; null when it is not there.</summary>
    public byte[]? Find(string database, ReadOnlySpan<byte> key)
    {
        foreach (var row in Look(database, key.ToArray()).Rows)
        {
            if (row.Key.AsSpan().SequenceEqual(key)) return row.Value;
        }
        return null;
    }

    /// <summary>The rows from a key on, in order; each leaf as it is when it is come to.</summary>
    public IEnumerable<(byte[] Key, byte[] Value)> From(string database, byte[] key)
    {
        for (byte[]? at = key; at is not null;)
        {
            var leaf = Look(database, at);
            foreach (var row in leaf.Rows) yield return row;
            at = leaf.Next;
        }
    }

    /// <summary>The values of a key of a table of duplicates of one length, from one on, in order.</summary>
    public IEnumerable<byte[]> Duplicates(string database, byte[] key, byte[] from)
    {
        for (byte[]? at = from; at is not null;)
        {
            var leaf = Look(database, key, at);
            foreach (var row in leaf.Rows) yield return row.Key;
            at = leaf.Next;
        }
    }

    public void Dispose() => _file.Dispose();

    private Leaf Look(string database, byte[] key, byte[]? from = null)
    {
        for (var look = 0; look < MostLooks; look++)
        {
            byte[] zero = new byte[MetaBytes], one = new byte[MetaBytes], again = new byte[MetaBytes];
            if (!TryRead(zero, 0) || !TryRead(one, _pageSize)) break;
            var isOne = StoreFile.U64(one, StoreFile.TransactionAt) > StoreFile.U64(zero, StoreFile.TransactionAt);
            var meta = isOne ? one : zero;
            var found = new Descent(this, StoreFile.U64(meta, StoreFile.TransactionAt)).TryFind(StoreFile.U64(meta, StoreFile.MainRootAt), database, key, from, out var leaf);
            if (!TryRead(again, isOne ? _pageSize : 0)) break;
            if (found && again.AsSpan().SequenceEqual(meta)) return leaf;
            // Unchanged, and yet not to be read: no writer is to blame.
            if (!found && again.AsSpan().SequenceEqual(meta) && look > 0) throw new LedgerException($"ledger {_path} is damaged: {database} cannot be read", isFatal: false, StoreFault.Damaged);
        }
        throw new LedgerException($"ledger {_path} is being written faster than it can be read; try again", isFatal: false, StoreFault.Busy);
    }

    private bool TryRead(Span<byte> bytes, long at)
    {
        while (!bytes.IsEmpty)
        {
            var n = Posix.Read(_file, bytes, at, _path);
            if (n == 0) return false;
            bytes = bytes[n..];
            at += n;
        }
        return true;
    }

    // One way down a tree of one state. False: something is not as it should be, because of a writer or of damage.
    private readonly struct Descent(StorePages store, ulong transaction)
    {
        public bool TryFind(ulong mainRoot, string database, byte[] key, byte[]? from, out Leaf leaf)
        {
            leaf = new Leaf([], null);
            if (mainRoot == StoreFile.NoRoot) return true;
            // From LMDB 1.0 on names of databases end with a NUL.
            var name = System.Text.Encoding.UTF8.GetBytes(database + "\0");
            if (!TryDescend(mainRoot, name, out var page, out _) || !TryRows(page, name, out var databases)) return false;
            if (!databases.Exists(row => row.Flags == SubDatabase && row.Key.AsSpan().SequenceEqual(name))) return true;
            if (!TryRoot(databases.Find(row => row.Key.AsSpan().SequenceEqual(name)).Value, out var root)) return false;
            if (root == StoreFile.NoRoot) return true;
            if (!TryDescend(root, key, out page, out var next) || !TryRows(page, key, out var rows)) return false;
            leaf = new Leaf([.. rows.Select(row => (row.Key, row.Value))], next);
            return from is null || TryFindDuplicates(rows, key, from, out leaf);
        }

        // One value stands in the row, a few in a small page in its place, more in a tree of their own.
        private bool TryFindDuplicates(List<(byte[] Key, byte[] Value, ushort Flags)> rows, byte[] key, byte[] from, out Leaf leaf)
        {
            leaf = new Leaf([], null);
            var at = rows.FindIndex(row => row.Key.AsSpan().SequenceEqual(key));
            if (at < 0) return true;
            var (_, value, flags) = rows[at];
            if ((flags & ManyValues) == 0)
            {
                if (value.AsSpan().SequenceCompareTo(from) >= 0) leaf = new Leaf([(value, [])], null);
                return true;
            }
            byte[]? next = null;
            if ((flags & SubDatabase) != 0)
            {
                if (!TryRoot(value, out var root) || !TryDescend(root, from, out value, out next)) return false;
            }
            if (!TryFixed(value, from, out var values)) return false;
            leaf = new Leaf(values, next);
            return true;
        }

        private static bool TryFixed(byte[] page, byte[] from, out List<(byte[] Key, byte[] Value)> values)
        {
            values = [];
            if (page.Length < Header || (StoreFile.U16(page, StoreFile.FlagsAt) & FixedLeaf) == 0) return false;
            var (length, count) = (StoreFile.U16(page, FixedLengthAt), StoreFile.U16(page, StoreFile.LowerAt) / 2);
            if (Header + length * count > page.Length) return false;
            for (var i = 0; i < count; i++)
            {
                var value = page.AsSpan(Header + i * length, length);
                if (value.SequenceCompareTo(from) >= 0) values.Add((value.ToArray(), []));
            }
            return true;
        }

        private static bool TryRoot(byte[] record, out ulong root)
        {
            root = record.Length == DatabaseBytes ? StoreFile.U64(record, RootAt) : StoreFile.NoRoot;
            return record.Length == DatabaseBytes;
        }

        private bool TryDescend(ulong number, byte[] key, out byte[] page, out byte[]? next)
        {
            (page, next) = ([], null);
            for (var depth = 0; depth < MaxDepth; depth++)
            {
                if (!TryPage(number, out page, out var count)) return false;
                if ((StoreFile.U16(page, StoreFile.FlagsAt) & StoreFile.Leaf) != 0) return true;
                // The key of the first node stands for all that is less than the second's.
                var chosen = 0;
                while (chosen + 1 < count)
                {
                    if (!TryKey(page, chosen + 1, out var separator)) return false;
                    if (separator.SequenceCompareTo(key) > 0)
                    {
                        next = separator.ToArray();
                        break;
                    }
                    chosen++;
                }
                if (count == 0 || !TryKey(page, chosen, out _)) return false;
                var at = NodeAt(page, chosen);
                number = StoreFile.U32(page, at) | (ulong)StoreFile.U16(page, at + 4) << 32;
            }
            return false;
        }

        private bool TryRows(byte[] page, byte[] from, out List<(byte[] Key, byte[] Value, ushort Flags)> rows)
        {
            rows = [];
            // Keys of one length, without nodes, are in trees of duplicates only.
            if ((StoreFile.U16(page, StoreFile.FlagsAt) & FixedLeaf) != 0) return false;
            var count = StoreFile.U16(page, StoreFile.LowerAt) / 2;
            for (var i = 0; i < count; i++)
            {
                if (!TryKey(page, i, out var key)) return false;
                if (key.SequenceCompareTo(from) < 0) continue;
                var at = NodeAt(page, i);
                var (length, nodeFlags, value) = (StoreFile.U32(page, at), StoreFile.U16(page, at + 4), at + NodeHeader + Even(key.Length));
                if (!TryValue(page, value, length, (nodeFlags & StoreFile.BigData) != 0, out var bytes)) return false;
                rows.Add((key.ToArray(), bytes, (ushort)(nodeFlags & (SubDatabase | ManyValues))));
            }
            return true;
        }

        private bool TryValue(byte[] page, int at, long length, bool isBig, out byte[] value)
        {
            value = [];
            if (length > int.MaxValue || at + (isBig ? sizeof(ulong) : length) > page.Length) return false;
            if (!isBig)
            {
                value = page[at..(at + (int)length)];
                return true;
            }
            var number = StoreFile.U64(page, at);
            var start = new byte[Header];
            if (number > long.MaxValue / (ulong)page.Length || !store.TryRead(start, (long)number * page.Length) || !IsItself(start, number)) return false;
            if (length > RandomAccess.GetLength(store._file) - (long)number * page.Length - Header) return false;
            value = new byte[length];
            return store.TryRead(value, (long)number * page.Length + Header);
        }

        private bool TryPage(ulong number, out byte[] page, out int count)
        {
            page = new byte[store._pageSize];
            count = 0;
            if (number > long.MaxValue / (ulong)page.Length || !store.TryRead(page, (long)number * page.Length) || !IsItself(page, number)) return false;
            count = StoreFile.U16(page, StoreFile.LowerAt) / 2;
            return (StoreFile.U16(page, StoreFile.FlagsAt) & (StoreFile.Branch | StoreFile.Leaf)) is StoreFile.Branch or StoreFile.Leaf && Header + 2 * count <= page.Length;
        }

        private bool IsItself(ReadOnlySpan<byte> page, ulong number) => StoreFile.U64(page, 0) == number && StoreFile.U64(page, TransactionAtPage) <= transaction;

        // NODEDATA of LMDB 1.0
        private static int Even(int length) => (length + 1) & ~1;

        private static int NodeAt(byte[] page, int node) => Header + StoreFile.U16(page, Header + 2 * node);

        private static bool TryKey(byte[] page, int node, out ReadOnlySpan<byte> key)
        {
            key = default;
            var at = NodeAt(page, node);
            if (at + NodeHeader > page.Length || at + NodeHeader + StoreFile.U16(page, at + 6) > page.Length) return false;
            key = page.AsSpan(at + NodeHeader, StoreFile.U16(page, at + 6));
            return true;
        }
    }
}
