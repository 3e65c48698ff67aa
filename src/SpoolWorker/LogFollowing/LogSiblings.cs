// The files a log may have become: in the same directory, its name and more (`mainlog.1`, `mainlog.01`, `mainlog-20261123`), not
// compressed. What cannot be looked at is passed over; nothing throws.
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.LogFollowing;

/// <summary>A rotated log.</summary>
internal sealed record LogSibling(string Path, FileStatus Status)
{
    /// <summary>Null when it is gone or not for us.</summary>
    public SafeFileHandle? TryOpen() => Posix.TryOpen(Path, Posix.O_RDONLY, 0, out var file) == 0 ? file : null;
}

/// <summary>Finds rotated logs.</summary>
internal static class LogSiblings
{
    // A year of daily logs, and some.
    private const int Most = 1000;
    private static readonly string[] Compressed = [".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z"];

    /// <param name="path">The log.</param>
    /// <param name="current">The file that has its name now, which is no sibling.</param>
    public static IReadOnlyList<LogSibling> Of(string path, FileStatus current)
    {
        var found = new List<LogSibling>();
        foreach (var other in Names(path))
        {
            if (IsCompressed(other)) continue;
            if (Posix.TryStatus(other, out var status) != 0 || !status.IsRegular || status.Size == 0) continue;
            if (status.Inode == current.Inode && status.Device == current.Device) continue;
            found.Add(new LogSibling(other, status));
        }
        return found;
    }

    public static bool IsCompressed(string path) => Compressed.Any(e => path.EndsWith(e, StringComparison.Ordinal));

    /// <summary>All of them, compressed ones too.</summary>
    public static IReadOnlyList<string> Names(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            return [.. Directory.EnumerateFiles(Path.GetDirectoryName(path) ?? "/", $"{name}*").Where(p => Path.GetFileName(p) is var other && other.Length > name.Length && other[name.Length] is '.' or '-').Order(StringComparer.Ordinal).Take(Most)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
