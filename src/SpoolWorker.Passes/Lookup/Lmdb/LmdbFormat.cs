// The file format of LMDB 0.9 on 64-bit little-endian machines (mdb.c: MDB_page, MDB_meta, MDB_db, MDB_node), as far as
// reading takes it. Everything read from a file is held against its bounds first: a broken file gives a reason, never a
// fault of memory. Other formats (LMDB 1.0, 32-bit, big-endian) are told apart by where the magic number stands.
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>One B+tree: <c>MDB_db</c>.</summary>
internal readonly record struct LmdbTree(ushort Flags, ushort Depth, ulong BranchPages, ulong LeafPages, ulong OverflowPages, ulong Entries, ulong Root)
{
    private const ulong NoRoot = ulong.MaxValue;

    public bool IsEmpty => Root == NoRoot;

    public static LmdbTree Read(ReadOnlySpan<byte> bytes) => new(LmdbFormat.U16(bytes, 4), LmdbFormat.U16(bytes, 6), LmdbFormat.U64(bytes, 8),
        LmdbFormat.U64(bytes, 16), LmdbFormat.U64(bytes, 24), LmdbFormat.U64(bytes, 32), LmdbFormat.U64(bytes, 40));
}

/// <summary>One state of a file: <c>MDB_meta</c>.</summary>
internal readonly record struct LmdbMeta(int PageSize, ulong MapSize, LmdbTree Free, LmdbTree Main, ulong LastPage, ulong Transaction)
{
    public static LmdbMeta Read(ReadOnlySpan<byte> page) => new((int)LmdbFormat.U32(page, 40), LmdbFormat.U64(page, 32),
        LmdbTree.Read(page.Slice(40, LmdbFormat.TreeSize)), LmdbTree.Read(page.Slice(40 + LmdbFormat.TreeSize, LmdbFormat.TreeSize)), LmdbFormat.U64(page, 136), ReadTransaction(page));

    public static ulong ReadTransaction(ReadOnlySpan<byte> page) => LmdbFormat.U64(page, 144);
}

/// <summary>Sizes, flags and the recognition of files.</summary>
internal static class LmdbFormat
{
    public const int PageHeader = 16, MetaSize = 152, TreeSize = 48, NodeHeader = 8, LeastPage = 512, MostPage = 32768, MetaPages = 2;

    /// <summary>MDB_MAXKEYSIZE as every distribution builds it.</summary>
    public const int MaxKey = 511;

    /// <summary>CURSOR_STACK: no tree is deeper.</summary>
    public const int MaxDepth = 32;

    public const ushort Branch = 1, Leaf = 2, Overflow = 4, MetaPage = 8, FixedLeaf = 0x20;
    public const ushort BigData = 1, SubData = 2, DuplicateData = 4;
    public const ushort ReverseKeys = 2, Duplicates = 4, IntegerKeys = 8;
    private const uint Magic = 0xBEEFC0DE, Version = 1;

    // Where the magic number stands in 0.9 (64-bit), in 0.9 on 32-bit machines, and in LMDB 1.0, whose page header is longer.
    private const int MagicAt = PageHeader, MagicAt32Bit = 12, MagicAtVersion1 = 24;

    public static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    public static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    public static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    /// <summary>Looks at the first bytes of a file: the page size, or why this is no table.</summary>
    public static bool TryRecognise(ReadOnlySpan<byte> head, long size, out int pageSize, [NotNullWhen(false)] out string? error)
    {
        pageSize = 0;
        error = size switch
        {
            0 => "is empty: no LMDB table",
            _ when head.Length >= MetaSize && U32(head, MagicAt) == Magic => U32(head, MagicAt + 4) == Version ? null : $"is an LMDB file of format {U32(head, MagicAt + 4)}; only that of LMDB 0.9 is read",
            _ when head.Length >= MetaSize && U32(head, MagicAtVersion1) == Magic => "is a file of LMDB 1.0, which neither Exim nor LMDB 0.9 reads",
            _ when head.Length >= MetaSize && U32(head, MagicAt32Bit) == Magic => "is an LMDB file of a 32-bit machine; dump it there and import the dump",
            _ when head.Length >= MetaSize && BinaryPrimitives.ReadUInt32BigEndian(head[MagicAt..]) == Magic => "is an LMDB file of a big-endian machine; dump it there and import the dump",
            _ => "is no LMDB file",
        };
        if (error is not null) return false;
        var asked = U32(head, 40);
        if (asked is < LeastPage or > MostPage || !BitOperations.IsPow2(asked) || (U16(head, 10) & MetaPage) == 0) error = "is a broken LMDB file: its first page makes no sense";
        else if (size < MetaPages * asked) error = "is a truncated LMDB file";
        pageSize = (int)asked;
        return error is null;
    }

    /// <summary>True when a page is a state of the file: the page size fits the first page's.</summary>
    public static bool IsMeta(ReadOnlySpan<byte> page, int pageSize) =>
        U16(page, 10) == MetaPage && U32(page, MagicAt) == Magic && U32(page, MagicAt + 4) == Version && U32(page, 40) == pageSize;

    /// <summary>Most bytes of a map that addresses can be had for: half of what a process has on x86-64.</summary>
    private const ulong MostMap = 1UL << 46;

    // lmdb.h: what a database keeps of its flags (MDB_REVERSEKEY to MDB_REVERSEDUP), and what the list of free pages must not have.
    private const ushort TreeFlags = 0x7e, FixedMap = 1, NotForFreeList = TreeFlags & ~IntegerKeys | FixedMap;

    /// <summary>What in a state's meta page the library must not be shown; null when all is well.</summary>
    public static string? MetaFault(LmdbMeta meta)
    {
        if (meta.MapSize > MostMap) return $"is broken: a map of {meta.MapSize} bytes";
        if (meta.LastPage < MetaPages - 1 || meta.LastPage > MostMap / (ulong)meta.PageSize) return $"is broken: its last page is said to be {meta.LastPage}";
        if ((meta.Free.Flags & IntegerKeys) == 0 || (meta.Free.Flags & NotForFreeList) != 0) return $"is broken: its list of free pages has the flags {meta.Free.Flags:x}";
        if ((meta.Main.Flags & ~TreeFlags) != 0) return $"is broken: its tree has the flags {meta.Main.Flags:x}";
        return IsTree(meta.Free, meta.LastPage) && IsTree(meta.Main, meta.LastPage) && (meta.Main.IsEmpty || meta.Main.Root != meta.Free.Root) ? null : "is broken: a tree begins outside of it";
    }

    private static bool IsTree(LmdbTree tree, ulong lastPage) =>
        tree.IsEmpty ? tree is { Depth: 0, Entries: 0 } : tree.Root >= MetaPages && tree.Root <= lastPage && tree.Depth is > 0 and <= MaxDepth;

    /// <summary>What keeps keys from being compared byte by byte; null when nothing does.</summary>
    public static string? Unreadable(ushort flags) => (flags & ReverseKeys) != 0 ? "orders its keys from their ends (reversekey)"
        : (flags & IntegerKeys) != 0 ? "has integers for keys (integerkey)" : null;
}
