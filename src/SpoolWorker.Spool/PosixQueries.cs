// System calls that only ask: status by descriptor and by name in a folder, who holds a lock, may we write, how much room
// is left. Used by what looks at spools (list, show, check-config), not by what changes them.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>Room left on a file system, for whoever is not root.</summary>
public readonly record struct FileSystemRoom(long FreeBytes, long FreeInodes, long Inodes, long Bytes);

public static partial class Posix
{
    private const int W_OK = 2, X_OK = 1, AT_EACCESS = 0x200;

    /// <summary>Looks at an open descriptor; returns errno.</summary>
    internal static int TryStatus(int descriptor, out FileStatus status)
    {
        byte nothing = 0;
        return Statx(descriptor, ref nothing, AT_EMPTY_PATH, out status);
    }

    /// <summary>Looks at a name (UTF-8, ending in NUL) in an open folder; returns errno.</summary>
    internal static int TryStatusAt(int folder, ReadOnlySpan<byte> name, out FileStatus status) =>
        Statx(folder, ref MemoryMarshal.GetReference(name), AT_SYMLINK_NOFOLLOW, out status);

    /// <summary>Whether somebody holds a lock that keeps us from locking the first <paramref name="length"/> bytes.</summary>
    /// <param name="handle">The file, open for reading.</param>
    /// <param name="length">Bytes Exim locks: the body offset.</param>
    /// <param name="process">The holder's process id; 0 when the lock belongs to an open file (this worker's kind) and so to no one process.</param>
    public static bool IsLocked(SafeFileHandle handle, long length, out int process)
    {
        const int F_OFD_GETLK = 36;
        const short F_WRLCK = 1, F_UNLCK = 2;
        var asked = new LockRange { Type = F_WRLCK, Length = length };
        process = 0;
        if (fcntl(handle, F_OFD_GETLK, ref asked) != 0 || asked.Type == F_UNLCK) return false;
        process = Math.Max(0, asked.Process);
        return true;
    }

    /// <summary>Whether this process may create and remove names in a directory.</summary>
    public static bool CanWriteInto(string directory) => faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0;

    /// <summary>Whether this process may execute a file.</summary>
    public static bool CanExecute(string file) => faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) == 0;

    /// <summary>Room on the file system of a path; null when it cannot be told.</summary>
    public static FileSystemRoom? Room(string path)
    {
        if (statvfs(path, out var raw) != 0) return null;
        return new FileSystemRoom((long)raw.AvailableBlocks * (long)raw.FragmentSize, (long)raw.AvailableFiles, (long)raw.Files, (long)raw.Blocks * (long)raw.FragmentSize);
    }

    private static int Statx(int directory, ref byte path, int flags, out FileStatus status)
    {
        if (statx(directory, ref path, flags, STATX_BASIC_STATS | STATX_BTIME, out var raw) != 0)
        {
            status = default;
            return Marshal.GetLastPInvokeError();
        }
        status = StatusOf(raw);
        return 0;
    }

    // struct statvfs of glibc and musl on 64-bit Linux.
    [StructLayout(LayoutKind.Sequential, Size = 112)]
    private struct RawRoom
    {
        public ulong BlockSize, FragmentSize, Blocks, FreeBlocks, AvailableBlocks, Files, FreeFiles, AvailableFiles;
    }

    [LibraryImport(Libc, SetLastError = true)]
    private static partial int statx(int directory, ref byte path, int flags, uint mask, out RawStatus status);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int faccessat(int directory, string path, int mode, int flags);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statvfs(string path, out RawRoom room);
}
