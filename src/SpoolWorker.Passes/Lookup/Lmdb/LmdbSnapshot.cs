// One committed state of a table, read straight from the mapped pages. LMDB never changes a page of a state in place
// before two more states are committed (mdb.c, mdb_find_oldest), and the second of them overwrites this state's meta page:
// so what was read is whole if the meta page is still the same afterwards (IsStill), without a slot in the lock file. A
// page that makes no sense throws InvalidDataException; whoever reads asks IsStill before he calls the file broken.
using System.Runtime.CompilerServices;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>A state of a table.</summary>
internal readonly struct LmdbSnapshot
{
    private readonly LmdbMap _map;
    private readonly int _slot;

    private LmdbSnapshot(LmdbMap map, int slot, LmdbMeta meta, long size) => (_map, _slot, Meta, Size) = (map, slot, meta, size);

    public LmdbMeta Meta { get; }

    /// <summary>Bytes that may be touched.</summary>
    private long Size { get; init; }

    private int PageSize => Meta.PageSize;

    /// <summary>The newest state, the one with a given transaction number, or the one before the newest.</summary>
    public static LmdbSnapshot Take(LmdbMap map, long size, ulong? transaction = null, bool older = false)
    {
        var pageSize = map.PageSize;
        if (size < LmdbFormat.MetaPages * pageSize) throw new InvalidDataException("is truncated");
        Span<ulong> transactions = stackalloc ulong[LmdbFormat.MetaPages];
        for (var slot = 0; slot < transactions.Length; slot++)
        {
            var page = map.At((long)slot * pageSize, LmdbFormat.MetaSize);
            if (!LmdbFormat.IsMeta(page, pageSize)) throw new InvalidDataException($"is broken: page {slot} is no meta page");
            transactions[slot] = LmdbMeta.ReadTransaction(page);
        }
        var newest = transaction is { } wanted ? transactions.IndexOf(wanted) : transactions[1] > transactions[0] ? 1 : 0;
        if (older) newest = 1 - newest;
        if (newest < 0) throw new InvalidDataException("is broken: the state its lock file tells of is not there");
        return new LmdbSnapshot(map, newest, LmdbMeta.Read(map.At((long)newest * pageSize, LmdbFormat.MetaSize)), size);
    }

    /// <summary>Numbers of both states: they change when somebody commits. Zeros when the file is too short.</summary>
    public static (ulong, ulong) TransactionsOf(LmdbMap map) => map.Size(out _) < LmdbFormat.MetaPages * map.PageSize
        ? default
        : (LmdbMeta.ReadTransaction(map.At(0, LmdbFormat.MetaSize)), LmdbMeta.ReadTransaction(map.At(map.PageSize, LmdbFormat.MetaSize)));

    /// <summary>True when nothing read since <see cref="Take"/> can have been overwritten.</summary>
    public bool IsStill()
    {
        Interlocked.MemoryBarrier();
        return LmdbMeta.Read(_map.At((long)_slot * PageSize, LmdbFormat.MetaSize)) == Meta;
    }

    /// <summary>Asks the size again: a file may be cut short while it is read through.</summary>
    public LmdbSnapshot Refreshed() => this with { Size = Math.Min(Size, _map.Size(out _)) };

    /// <summary>The value of a key; an empty span for none.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (Meta.Main.IsEmpty || key.IsEmpty) return false;
        var leaf = Descend(Meta.Main.Root, key);
        var at = Search(leaf, key, 0, out var exact);
        if (exact) value = Value(Node(leaf, at));
        return exact;
    }

    /// <summary>The leaf a key belongs into.</summary>
    private ReadOnlySpan<byte> Descend(ulong root, ReadOnlySpan<byte> key)
    {
        var page = Page(root);
        for (var depth = 1; IsBranch(page); depth++)
        {
            if (depth >= LmdbFormat.MaxDepth) throw new InvalidDataException("is broken: its tree has no end");
            page = Page(Child(page, ChildIndex(page, key)));
        }
        return page;
    }

    /// <summary>The child of a branch page that a key belongs below: the last whose first key is not greater. The key of the
    /// first child is not kept.</summary>
    public static int ChildIndex(ReadOnlySpan<byte> branch, ReadOnlySpan<byte> key)
    {
        var at = Search(branch, key, 1, out var exact);
        return exact ? at : at - 1;
    }

    /// <summary>The first entry not less than a key, from an index on.</summary>
    public static int Search(ReadOnlySpan<byte> page, ReadOnlySpan<byte> key, int low, out bool exact)
    {
        var high = Count(page) - 1;
        exact = false;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var order = key.SequenceCompareTo(Key(Node(page, middle)));
            if (order == 0)
            {
                exact = true;
                return middle;
            }
            if (order > 0) low = middle + 1;
            else high = middle - 1;
        }
        return low;
    }

    /// <summary>A branch or leaf page with a sane header, and no other kind: dirty and fixed-size ones mean something else to the library.</summary>
    public ReadOnlySpan<byte> Page(ulong number)
    {
        var page = TreePage(number);
        return LmdbFormat.U16(page, 10) is LmdbFormat.Branch or LmdbFormat.Leaf ? page : throw Broken(number);
    }

    /// <summary>The first page of a value that is too long for a leaf.</summary>
    public ReadOnlySpan<byte> Overflow(ulong number) => Raw(number, LmdbFormat.PageHeader);

    // Of a tree of several values, too.
    private ReadOnlySpan<byte> TreePage(ulong number)
    {
        var page = Raw(number, PageSize);
        int lower = LmdbFormat.U16(page, 12), upper = LmdbFormat.U16(page, 14);
        if (LmdbFormat.U64(page, 0) != number || LmdbFormat.U16(page, 10) is not (LmdbFormat.Branch or LmdbFormat.Leaf or (LmdbFormat.Leaf | LmdbFormat.FixedLeaf))
            // One without entries is in no tree: the library frees it.
            || lower <= LmdbFormat.PageHeader || lower % 2 != 0 || lower > upper || upper > PageSize)
            throw Broken(number);
        return page;
    }

    public static bool IsBranch(ReadOnlySpan<byte> page) => (page[10] & LmdbFormat.Branch) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Count(ReadOnlySpan<byte> page) => (LmdbFormat.U16(page, 12) - LmdbFormat.PageHeader) >> 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Node(ReadOnlySpan<byte> page, int index) => page[LmdbFormat.U16(page, LmdbFormat.PageHeader + 2 * index)..];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Key(ReadOnlySpan<byte> node) => node.Slice(LmdbFormat.NodeHeader, LmdbFormat.U16(node, 6));

    /// <summary>The page a branch node leads to.</summary>
    public static ulong Child(ReadOnlySpan<byte> branch, int index)
    {
        var node = Node(branch, index);
        return LmdbFormat.U32(node, 0) | (ulong)LmdbFormat.U16(node, 4) << 32;
    }

    /// <summary>A leaf node's value; where a key has several (dupsort), the first, which is what mdb_get gives Exim.</summary>
    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> node)
    {
        var flags = LmdbFormat.U16(node, 4);
        var length = LmdbFormat.U32(node, 0);
        var at = LmdbFormat.NodeHeader + LmdbFormat.U16(node, 6);
        if ((flags & LmdbFormat.DuplicateData) != 0) return FirstDuplicate(node.Slice(at, (int)length), (flags & LmdbFormat.SubData) != 0);
        if ((flags & LmdbFormat.BigData) == 0) return node.Slice(at, (int)length);
        // Pages in a row; only the first has a header.
        var number = LmdbFormat.U64(node, at);
        if (length > int.MaxValue - PageSize) throw Broken(number);
        var pages = Raw(number, LmdbFormat.PageHeader + (int)length);
        if (LmdbFormat.U64(pages, 0) != number || LmdbFormat.U16(pages, 10) != LmdbFormat.Overflow || (long)LmdbFormat.U32(pages, 12) * PageSize < pages.Length) throw Broken(number);
        return pages[LmdbFormat.PageHeader..];
    }

    private ReadOnlySpan<byte> FirstDuplicate(ReadOnlySpan<byte> data, bool isTree)
    {
        var page = data;
        if (isTree)
        {
            page = TreePage(LmdbTree.Read(data).Root);
            for (var depth = 1; IsBranch(page); depth++)
            {
                if (depth >= LmdbFormat.MaxDepth) throw new InvalidDataException("is broken: its tree has no end");
                page = TreePage(Child(page, 0));
            }
        }
        // dupfixed: values of one size, one behind the other; the page header's pad is that size.
        if ((LmdbFormat.U16(page, 10) & LmdbFormat.FixedLeaf) != 0) return page.Slice(LmdbFormat.PageHeader, LmdbFormat.U16(page, 8));
        return Key(Node(page, 0));
    }

    private ReadOnlySpan<byte> Raw(ulong number, int length)
    {
        if (number < LmdbFormat.MetaPages || number > Meta.LastPage) throw Broken(number);
        if (number > (ulong)(Size / PageSize) || (long)number * PageSize + length > Size) throw new InvalidDataException($"is truncated: page {number} is missing");
        return _map.At((long)number * PageSize, length);
    }

    private static InvalidDataException Broken(ulong number) => new($"is broken at page {number}");
}
