// Looks at a store's file before LMDB maps it: the library trusts what the file says of itself, and a page that is not there
// ends the process with SIGBUS. The format is that of LMDB 1.0 on 64-bit little-endian machines (mdb.c: MDB_page_header of 24
// bytes, MDB_meta, MDB_db, MDB_node). A file may rightly be shorter than its last page number says: pages at the end that
// were never written are in the list of free pages then. So what is missing has to be there, or the file was cut.
using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger.Store;

/// <summary>A store's file, read without LMDB.</summary>
internal sealed class StoreFile
{
    internal const int Header = 24, MetaBytes = Header + 136, LeastPage = 512;
    internal const int FlagsAt = 18, LowerAt = 20, PageSizeAt = 48, MainRootAt = 136, TransactionAt = 152;
    internal const ushort Branch = 1, Leaf = 2, BigData = 1;
    internal const ulong NoRoot = ulong.MaxValue;
    private const uint Magic = 0xBEEFC0DE, Format = 3;
    private const int MagicAt = Header, MagicAtOld = 16, MostPage = 65536, MetaPages = 2, NodeHeader = 8, FreeRootAt = 88, LastPageAt = 144;
    private const ushort MetaFlag = 8;

    /// <summary>CURSOR_STACK: no tree is deeper.</summary>
    private const int MaxDepth = 32;

    /// <summary>Another process may commit while it is looked at; each look is a few reads.</summary>
    private const int MostLooks = 20;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private int _pageSize;
    private ulong _pages, _lastPage, _transaction, _freeRoot, _mainRoot;

    private StoreFile(SafeFileHandle file, string path) => (_file, _path) = (file, path);

    /// <summary>What is wrong with a file; null when LMDB can be let at it.</summary>
    /// <exception cref="PosixException">It cannot be opened or read.</exception>
    public static string? Fault(string path)
    {
        using var file = Posix.Open(path, Posix.O_RDONLY);
        if (!Posix.Status(file, path).IsRegular) return "is not a regular file";
        string? fault = null;
        ulong? seen = null;
        for (var look = 0; look < MostLooks; look++)
        {
            var store = new StoreFile(file, path);
            fault = store.Look();
            // Written meanwhile: what was read is not of one state.
            if (fault is null || seen == store._transaction) return fault;
            seen = store._transaction;
        }
        return fault;
    }

    private string? Look()
    {
        var size = RandomAccess.GetLength(_file);
        if (size == 0) return "is empty: it was cut to nothing";
        Span<byte> first = stackalloc byte[MetaBytes], second = stackalloc byte[MetaBytes];
        if (!TryRead(first, 0)) return $"is cut: it has {size} bytes";
        if (U32(first, MagicAt) != Magic) return U32(first, MagicAtOld) == Magic
            ? "is a file of LMDB 0.9, which an earlier version of this program wrote where liblmdb-dev was installed. Let that version empty the intakes"
            : "is no LMDB file";
        if (U32(first, MagicAt + 4) != Format) return $"is an LMDB file of format {U32(first, MagicAt + 4)}, not {Format}";
        var pageSize = U32(first, PageSizeAt);
        if (pageSize is < LeastPage or > MostPage || !BitOperations.IsPow2(pageSize)) return $"is damaged: pages of {pageSize} bytes";
        _pageSize = (int)pageSize;
        if (!TryRead(second, _pageSize)) return $"is cut: it has {size} bytes";
        if (!IsMeta(first) || !IsMeta(second) || U32(second, PageSizeAt) != pageSize) return "is damaged: its first two pages do not fit each other";
        var meta = U64(second, TransactionAt) > U64(first, TransactionAt) ? second : first;
        (_transaction, _lastPage, _freeRoot, _mainRoot) = (U64(meta, TransactionAt), U64(meta, LastPageAt), U64(meta, FreeRootAt), U64(meta, MainRootAt));
        // Asked after the pages were read: it only grows.
        _pages = (ulong)(RandomAccess.GetLength(_file) / _pageSize);
        return IsRoot(_freeRoot) && IsRoot(_mainRoot) ? Missing() : "is damaged: its trees begin outside of it";
    }

    private static bool IsMeta(ReadOnlySpan<byte> meta) => (U16(meta, FlagsAt) & MetaFlag) != 0 && U32(meta, MagicAt) == Magic && U32(meta, MagicAt + 4) == Format;

    private bool IsRoot(ulong page) => page == NoRoot || (page >= MetaPages && page <= _lastPage);

    private string? Missing()
    {
        if (_lastPage < _pages) return null;
        var missing = _lastPage + 1 - _pages;
        var cut = $"is cut: {missing} of its {_lastPage + 1} pages are missing";
        // More than a file can lack by rights, and than should be collected.
        if (missing > _pages + MostPage) return cut;
        var free = new HashSet<ulong>();
        return (_freeRoot == NoRoot || TryCollectFree(_freeRoot, 1, free)) && (ulong)free.Count == missing ? null : cut;
    }

    // Free pages behind the end of the file; false when a page of the list itself is not as it should be.
    private bool TryCollectFree(ulong number, int depth, HashSet<ulong> free)
    {
        var page = new byte[_pageSize];
        if (depth > MaxDepth || number >= _pages || !TryRead(page, (long)number * _pageSize)) return false;
        var (flags, count) = (U16(page, FlagsAt), U16(page, LowerAt) / 2);
        if (U64(page, 0) != number || (flags & (Branch | Leaf)) is not (Branch or Leaf) || Header + 2 * count > _pageSize) return false;
        for (var i = 0; i < count; i++)
        {
            var at = Header + U16(page, Header + 2 * i);
            if (at + NodeHeader > _pageSize) return false;
            if ((flags & Branch) != 0)
            {
                if (!TryCollectFree(U32(page, at) | (ulong)U16(page, at + 4) << 32, depth + 1, free)) return false;
                continue;
            }
            var (length, nodeFlags, value) = ((long)U32(page, at), U16(page, at + 4), at + NodeHeader + U16(page, at + 6));
            if (!TryValue(page, value, length, (nodeFlags & BigData) != 0, out var list)) return false;
            // midl.h: a count, then page numbers.
            for (var n = 8; n + 8 <= list.Length && n <= 8 * (int)U64(list, 0); n += 8)
            {
                if (U64(list, n) is var page2 && page2 >= _pages && page2 <= _lastPage) free.Add(page2);
            }
        }
        return true;
    }

    private bool TryValue(byte[] page, int at, long length, bool isBig, out byte[] value)
    {
        value = [];
        if (length < 8 || at + (isBig ? 8 : length) > _pageSize) return false;
        if (!isBig)
        {
            value = page[at..(at + (int)length)];
            return true;
        }
        var number = U64(page, at);
        if (number >= _pages || length > (long)(_pages * (ulong)_pageSize)) return false;
        value = new byte[length];
        return TryRead(value, (long)number * _pageSize + Header);
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

    internal static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    internal static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    internal static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
