// Reads many small files of one folder with as few system calls as can be: names are looked up from an open directory, a
// file is read into a buffer that is used again. Never follows a symlink, never waits on a fifo, never reads more than the
// bound. Failing calls are errno values, not exceptions: a spool changes while it is being listed.
// Not for claimed -D files: closing a descriptor is harmless to our own locks, but Exim's process locks are not ours to judge.
using System.Runtime.InteropServices;
using System.Text;

namespace SpoolWorker.Spool;

/// <summary>Quick looks at the files of one folder.</summary>
public sealed partial class FolderReader : IDisposable
{
    private const int LongestName = 255, FirstBuffer = 64 * 1024;
    private readonly SpoolFolder _place;
    // The share keeps it open: counted once, not in every call of every thread.
    private readonly int _folder;
    private byte[] _buffer = new byte[FirstBuffer];

    /// <param name="folder">The folder; a share of it is kept.</param>
    public FolderReader(SpoolFolder folder)
    {
        _place = folder.Share();
        _folder = (int)folder.Handle.DangerousGetHandle();
    }

    /// <summary>Reads a whole file; the bytes are valid until the next call.</summary>
    /// <param name="name">Its name in the folder.</param>
    /// <param name="bound">Most bytes to read.</param>
    /// <param name="bytes">What was read.</param>
    /// <param name="error">Set when the file is no regular file or larger than the bound; then the result is 0 too.</param>
    /// <returns>errno, 0 for success.</returns>
    public int TryRead(ReadOnlySpan<char> name, long bound, out ReadOnlyMemory<byte> bytes, out SpoolParseError? error)
    {
        bytes = default;
        error = null;
        Span<byte> path = stackalloc byte[LongestName + 1];
        if (!TryName(name, path)) return Errno.ENOENT;
        var descriptor = openat(_folder, ref MemoryMarshal.GetReference(path), Posix.O_RDONLY | Posix.O_NOFOLLOW | Posix.O_CLOEXEC | Posix.O_NONBLOCK, 0);
        if (descriptor < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno is not (Errno.ELOOP or Errno.ENXIO)) return errno;
            error = NotRegular(name);
            return 0;
        }
        try
        {
            var failed = Posix.TryStatus(descriptor, out var status);
            if (failed != 0) return failed;
            if (!status.IsRegular) error = NotRegular(name);
            else if (status.Size > bound) error = new SpoolParseError(SpoolParseErrorKind.TooLarge, bound, $"{name} has {status.Size} bytes, the bound is {bound}");
            if (error is not null) return 0;
            if (_buffer.Length < status.Size) _buffer = new byte[status.Size];
            var got = 0;
            while (got < status.Size)
            {
                var n = read(descriptor, ref _buffer[got], (nuint)(status.Size - got));
                if (n < 0) return Marshal.GetLastPInvokeError();
                if (n == 0) break;
                got += (int)n;
            }
            bytes = _buffer.AsMemory(0, got);
            return 0;
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary>Reads a -H file that fits the buffer, without asking first what it is: three calls instead of four.</summary>
    /// <returns>False for anything else (gone, large, not a file): <see cref="TryRead"/> tells what. Empty files are read that way too.</returns>
    public bool TryReadSmall(MessageId id, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        Span<byte> path = stackalloc byte[MessageId.LongLength + 3];
        id.WriteFileName('H', path);
        var descriptor = openat(_folder, ref MemoryMarshal.GetReference(path), Posix.O_RDONLY | Posix.O_NOFOLLOW | Posix.O_CLOEXEC | Posix.O_NONBLOCK, 0);
        if (descriptor < 0) return false;
        var got = read(descriptor, ref _buffer[0], (nuint)_buffer.Length);
        _ = close(descriptor);
        // A fifo without writer reads as empty; a full buffer may not be all.
        if (got <= 0 || got == _buffer.Length) return false;
        bytes = _buffer.AsMemory(0, (int)got);
        return true;
    }

    /// <summary>Looks at a message's -D without following a symlink; returns errno.</summary>
    public int TryBodyStatus(MessageId id, out FileStatus status)
    {
        Span<byte> path = stackalloc byte[MessageId.LongLength + 3];
        id.WriteFileName('D', path);
        return Posix.TryStatusAt(_folder, path, out status);
    }

    /// <inheritdoc/>
    public void Dispose() => _place.Dispose();

    private static bool TryName(ReadOnlySpan<char> name, Span<byte> path) =>
        Encoding.UTF8.TryGetBytes(name, path[..LongestName], out var length) && (path[length] = 0) == 0;

    private static SpoolParseError NotRegular(ReadOnlySpan<char> name) =>
        new(SpoolParseErrorKind.NotRegularFile, 0, $"{name} is not a regular file");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(int folder, ref byte path, int flags, int mode);
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, ref byte buffer, nuint count);
    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
