// System calls that work on a name in an open folder: what SpoolFolder is made of. A name here never holds a slash, and no
// call follows a symlink at it. Each returns errno, 0 for success.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

public static partial class Posix
{
    /// <summary>Opens a path as a mere reference: enough to go on from, not to read.</summary>
    internal const int O_PATH = 0x200000;

    // PATH_MAX
    private const int AT_SYMLINK_FOLLOW = 0x400, LongestPath = 4096;

    internal static int TryOpenAt(SafeFileHandle folder, string name, int flags, int mode, out SafeFileHandle? handle)
    {
        var fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode);
        handle = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : null;
        return fd >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Opens a directory by its path, through symlinks where there are some.</summary>
    internal static int TryOpenDirectory(string path, out SafeFileHandle? handle)
    {
        var fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        handle = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : null;
        return fd >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    internal static int TryStatusAt(SafeFileHandle folder, string name, out FileStatus status)
    {
        var error = Statx((int)folder.DangerousGetHandle(), name, AT_SYMLINK_NOFOLLOW, out status);
        GC.KeepAlive(folder);
        return error;
    }

    /// <summary>Gives the open file itself another name. linkat(2) with AT_EMPTY_PATH asks for a capability before Linux 6.10; /proc does not.</summary>
    /// <returns>ENOENT also where /proc is not mounted, or when the file has lost its last name.</returns>
    internal static int TryLinkAt(SafeFileHandle file, SafeFileHandle folder, string name)
    {
        var error = linkat(AT_FDCWD, $"/proc/self/fd/{(int)file.DangerousGetHandle()}", folder, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : Marshal.GetLastPInvokeError();
        GC.KeepAlive(file);
        return error;
    }

    internal static int TryRenameAt(SafeFileHandle from, string name, SafeFileHandle to, string newName, bool replace)
    {
        const uint RENAME_NOREPLACE = 1;
        return renameat2(from, name, to, newName, replace ? 0 : RENAME_NOREPLACE) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    internal static int TryRemoveDirectoryAt(SafeFileHandle folder, string name)
    {
        const int AT_REMOVEDIR = 0x200;
        return unlinkat(folder, name, AT_REMOVEDIR) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    internal static int TryUnlinkAt(SafeFileHandle folder, string name) => unlinkat(folder, name, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    internal static int TryMakeDirectoryAt(SafeFileHandle folder, string name, int mode) => mkdirat(folder, name, mode) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Makes a symlink that says what another says.</summary>
    internal static int TryCopySymlinkAt(SafeFileHandle from, string name, SafeFileHandle to, string newName)
    {
        var target = new byte[LongestPath + 1];
        if (readlinkat(from, name, ref target[0], LongestPath) < 0) return Marshal.GetLastPInvokeError();
        return symlinkat(ref target[0], to, newName) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>The path the kernel knows an open folder by, all symlinks resolved; null where /proc does not tell.</summary>
    internal static string? PathOf(SafeFileHandle folder)
    {
        var path = new byte[LongestPath];
        var length = (int)readlink($"/proc/self/fd/{(int)folder.DangerousGetHandle()}", ref path[0], LongestPath);
        GC.KeepAlive(folder);
        return length is > 0 and < LongestPath && path[0] == '/' ? System.Text.Encoding.UTF8.GetString(path, 0, length) : null;
    }

    /// <summary>Shows each name of a folder but "." and "..", in no order, until the other side wants no more.</summary>
    internal static unsafe int TryReadNames(SafeFileHandle folder, SpoolFolder.NameWanted seen)
    {
        // d_name and d_type of struct dirent on 64-bit Linux, glibc and musl alike.
        const int TypeOffset = 18, NameOffset = 19;
        const byte DT_UNKNOWN = 0, DT_DIR = 4;
        // A description of its own: several may read one folder at once. fdopendir takes the descriptor over.
        var fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (fd < 0) return Marshal.GetLastPInvokeError();
        var stream = fdopendir(fd);
        if (stream == 0)
        {
            var error = Marshal.GetLastPInvokeError();
            new SafeFileHandle(fd, ownsHandle: true).Dispose();
            return error;
        }
        try
        {
            while (true)
            {
                var entry = readdir(stream);
                if (entry is null) return Marshal.GetLastPInvokeError();
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset);
                if (name is not ([(byte)'.'] or [(byte)'.', (byte)'.']) && !seen(name, entry[TypeOffset] is DT_DIR or DT_UNKNOWN)) return 0;
            }
        }
        finally
        {
            _ = closedir(stream);
        }
    }

    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(SafeFileHandle folder, string name, int flags, int mode);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int linkat(int fromFolder, string from, SafeFileHandle toFolder, string to, int flags);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(SafeFileHandle fromFolder, string from, SafeFileHandle toFolder, string to, uint flags);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlinkat(SafeFileHandle folder, string name, int flags);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdirat(SafeFileHandle folder, string name, int mode);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint readlink(string path, ref byte buffer, nuint size);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint readlinkat(SafeFileHandle folder, string name, ref byte buffer, nuint size);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int symlinkat(ref byte target, SafeFileHandle folder, string name);
    [LibraryImport(Libc, SetLastError = true)]
    private static partial nint fdopendir(int fd);
    [LibraryImport(Libc, SetLastError = true)]
    private static unsafe partial byte* readdir(nint stream);
    [LibraryImport(Libc)]
    private static partial int closedir(nint stream);
}
