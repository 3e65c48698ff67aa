// How far a log has been read, and which file that was. Inode and device tell a file that was renamed; the hash of its first
// bytes tells one that was truncated or removed and took the same inode again. Reading can fail with PosixException.
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.LogFollowing;

/// <summary>Where reading goes on.</summary>
internal sealed record LogPosition
{
    // Enough for the first line with its time: no two logs begin alike.
    private const int HeadBytes = 512;

    public ulong Inode { get; init; }

    public ulong Device { get; init; }

    /// <summary>Everything before it has been taken in.</summary>
    public long Offset { get; init; }

    /// <summary>Bytes hashed from the beginning: never more than were read.</summary>
    public int HeadLength { get; init; }

    public string Head { get; init; } = "";

    /// <summary>The offset lies within a line that is too long to be one of Exim's: what is left of it is passed over.</summary>
    public bool InLongLine { get; init; }

    /// <summary>The beginning of a file.</summary>
    public static LogPosition StartOf(FileStatus file) => new() { Inode = file.Inode, Device = file.Device };

    /// <summary>The same file, further on.</summary>
    public LogPosition At(long offset, bool inLongLine, SafeFileHandle file, string path)
    {
        var length = (int)Math.Min(offset, HeadBytes);
        return this with { Offset = offset, InLongLine = inLongLine, HeadLength = length, Head = length == HeadLength ? Head : HashOf(file, length, path) };
    }

    /// <summary>Whether this is the very file, not shortened since.</summary>
    public bool IsIn(SafeFileHandle file, FileStatus status, string path) =>
        status.Inode == Inode && status.Device == Device && ContinuesIn(file, status, path);

    /// <summary>Whether a file, maybe a copy, holds what was read and so goes on from there.</summary>
    public bool ContinuesIn(SafeFileHandle file, FileStatus status, string path) =>
        status.Size >= Offset && (HeadLength == 0 || HashOf(file, HeadLength, path) == Head);

    private static string HashOf(SafeFileHandle file, int length, string path)
    {
        var bytes = new byte[length];
        var got = 0;
        for (int n; got < length && (n = Posix.Read(file, bytes.AsSpan(got), got, path)) > 0;) got += n;
        return Convert.ToBase64String(SHA256.HashData(bytes.AsSpan(0, got)));
    }
}
