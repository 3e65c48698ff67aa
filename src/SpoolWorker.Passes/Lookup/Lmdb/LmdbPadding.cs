// Exim's lmdb lookup takes a value for a string and looks for its end (strlen on the mapped page): where the value ends with
// the file, that is behind the last page, and Exim dies of SIGBUS. So every table that is written here keeps at least one
// page behind the last one. It is a hole and takes no room; LMDB grows over it. The file only ever becomes longer, and only
// under LMDB's write lock or while nobody else knows it, for another writer's pages must not be cut off.
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>The room behind a table's last page.</summary>
internal static class LmdbPadding
{
    /// <summary>Pages that a commit adds beside those of its rows: inner pages, and the list of free pages.</summary>
    private const long Slack = 64;

    /// <summary>Of what is written a page may be filled by half.</summary>
    private const int Spread = 2;

    /// <summary>Bytes of a row beside its key and value, rounded up: node and its place on the page.</summary>
    public const int RowBytes = 16;

    /// <summary>Makes room ahead of a commit, so that no reader finds the table without.</summary>
    /// <param name="file">The data file, to write.</param>
    /// <param name="meta">The state before.</param>
    /// <param name="written">Bytes of keys and values that are put.</param>
    public static void Ahead(SafeFileHandle file, LmdbMeta meta, long written) =>
        Extend(file, ((long)meta.LastPage + 1 + Slack + (Spread * written + meta.PageSize - 1) / meta.PageSize + 1) * meta.PageSize);

    /// <summary>True when a page lies behind the last one.</summary>
    public static bool IsThere(long size, LmdbMeta meta) => size >= ((long)meta.LastPage + 2) * meta.PageSize;

    /// <summary>Adds the page where it is missing.</summary>
    public static void Behind(SafeFileHandle file, LmdbMeta meta) => Extend(file, ((long)meta.LastPage + 2) * meta.PageSize);

    /// <summary>The same for a file that nobody else knows and that is closed.</summary>
    public static void Behind(SafeFileHandle file, string path)
    {
        Span<byte> head = stackalloc byte[LmdbFormat.MetaSize];
        var last = default(LmdbMeta);
        for (var slot = 0; slot < LmdbFormat.MetaPages; slot++)
        {
            if (Posix.Read(file, head, (long)slot * last.PageSize, path) < head.Length) throw new IOException("is too short");
            var meta = LmdbMeta.Read(head);
            if (slot == 0 || meta.Transaction > last.Transaction) last = meta;
        }
        Behind(file, last);
    }

    private static void Extend(SafeFileHandle file, long size)
    {
        if (RandomAccess.GetLength(file) < size) RandomAccess.SetLength(file, size);
    }
}
