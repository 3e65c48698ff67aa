// A table's data file, open and mapped for reading. LMDB itself reads the same way; what is ours is that nothing beyond
// the file's present size is touched (a file truncated in place would end the process with SIGBUS), so the size is asked
// at every use. The lock file is not needed and not opened: closing a second descriptor of it would drop LMDB's own
// record locks in this process. What remains: a file cut short, or a disk that fails, within the microsecond between
// the question and the use.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>A mapped file; closed when the last user lets go.</summary>
internal sealed unsafe partial class LmdbMap : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>Mapped beyond the end, so that a growing file need not be mapped again soon; it costs addresses only.</summary>
    private const long Room = 64 * 1024 * 1024;

    private readonly SafeFileHandle _file;
    private readonly long _length;

    private LmdbMap(SafeFileHandle file, nint address, long length, FileStatus status) : base(ownsHandle: true)
    {
        (_file, _length, Status) = (file, length, status);
        SetHandle(address);
    }

    /// <summary>The file as it was when opened: device and inode tell whether the name still means it.</summary>
    public FileStatus Status { get; }

    public int PageSize { get; private init; }

    /// <summary>Opens a table's file; fails with the reason.</summary>
    public static bool TryOpen(string path, [NotNullWhen(true)] out LmdbMap? map, [NotNullWhen(false)] out string? error)
    {
        map = null;
        if (!LookupFile.TryOpen(path, out var file, out var status, out error)) return false;
        Span<byte> head = stackalloc byte[LmdbFormat.MetaSize];
        nint address = -1;
        var length = status.Size + status.Size / 2 + Room;
        try
        {
            head = head[..Posix.Read(file, head, 0, path)];
            if (!LmdbFormat.TryRecognise(head, status.Size, out var pageSize, out error))
            {
                error = $"{path}: {error}";
                return false;
            }
            address = mmap(0, (nuint)length, PROT_READ, MAP_SHARED, (int)file.DangerousGetHandle(), 0);
            if (address == -1)
            {
                error = $"{path}: cannot be mapped: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}";
                return false;
            }
            map = new LmdbMap(file, address, length, status) { PageSize = pageSize };
            return true;
        }
        catch (IOException e)
        {
            error = $"{path}: {e.Message}";
            return false;
        }
        finally
        {
            if (map is null) file.Dispose();
        }
    }

    /// <summary>Bytes of the file now, as far as they are mapped. Within DangerousAddRef, as all use of the map.</summary>
    public long Size(out bool outgrown)
    {
        var size = lseek((int)_file.DangerousGetHandle(), 0, SEEK_END);
        outgrown = size > _length;
        return Math.Clamp(size, 0, _length);
    }

    /// <summary>Bytes of the file now.</summary>
    public long TrueSize() => lseek((int)_file.DangerousGetHandle(), 0, SEEK_END);

    /// <summary>A piece of the file that is known to be within its size.</summary>
    public ReadOnlySpan<byte> At(long offset, int length) => new((byte*)handle + offset, length);

    protected override bool ReleaseHandle()
    {
        var done = munmap(handle, (nuint)_length) == 0;
        _file.Dispose();
        return done;
    }

    private const int PROT_READ = 1, MAP_SHARED = 1, SEEK_END = 2;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, long offset);
    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);
    // Asks the inode only and does not wait for a disk.
    [LibraryImport("libc"), SuppressGCTransition]
    private static partial long lseek(int file, long offset, int whence);
}
