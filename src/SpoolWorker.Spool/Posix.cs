// The few libc calls that .NET has no word for: open a directory, refuse symlinks, hard links, record locks on one
// open file, directory and file-system syncs. Each wrapper either succeeds or throws PosixException with errno, the
// call and the path; the Try... forms return errno instead, where failing is part of the protocol.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>A failed system call: what, on which path, and why.</summary>
public sealed class PosixException(int errno, string call, string path)
    : IOException($"{call} {path}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})")
{
    /// <summary>The errno of the call.</summary>
    public int Errno { get; } = errno;

    /// <summary>The path it was made on.</summary>
    public string Path { get; } = path;
}

/// <summary>Errno values this project decides by (Linux, the same on x86-64 and arm64).</summary>
public static class Errno
{
    /// <summary>As in errno(3).</summary>
    public const int EPERM = 1, ENOENT = 2, EINTR = 4, ENXIO = 6, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EEXIST = 17, EXDEV = 18,
        ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENFILE = 23, EMFILE = 24, EMLINK = 31, ELOOP = 40, ENOSPC = 28, EROFS = 30, ENOTEMPTY = 39, EOPNOTSUPP = 95, EDQUOT = 122;
}

/// <summary>What statx(2) tells of a file, as far as we use it. Born is the time of creation in nanoseconds, 0 where the file
/// system keeps none: an inode number alone is soon used again.</summary>
public readonly record struct FileStatus
{
    /// <summary>Kind and permissions.</summary>
    public uint Mode { get; init; }

    /// <summary>Names it has.</summary>
    public uint Links { get; init; }

    /// <summary>The owner.</summary>
    public uint Uid { get; init; }

    /// <summary>The group.</summary>
    public uint Gid { get; init; }

    /// <summary>Its number on the device.</summary>
    public ulong Inode { get; init; }

    /// <summary>The file system it is on: major number in the upper half.</summary>
    public ulong Device { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>The last change of its content.</summary>
    public DateTimeOffset Modified { get; init; }

    /// <summary>Its creation, in nanoseconds since 1970; 0: unknown.</summary>
    public long Born { get; init; }

    /// <summary>A regular file (S_IFREG).</summary>
    public bool IsRegular => (Mode & 0xF000) == 0x8000;

    /// <summary>A directory (S_IFDIR).</summary>
    public bool IsDirectory => (Mode & 0xF000) == 0x4000;

    /// <summary>A socket (S_IFSOCK).</summary>
    public bool IsSocket => (Mode & 0xF000) == 0xC000;

    /// <summary>A symbolic link (S_IFLNK).</summary>
    public bool IsSymlink => (Mode & 0xF000) == 0xA000;

    /// <summary>Permission bits only.</summary>
    public uint Permissions => Mode & 0xFFF;
}

/// <summary>Thin, checked system calls. Linux only, as Exim's record locks and abstract sockets are.</summary>
public static partial class Posix
{
    /// <summary>Flags of open(2).</summary>
    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_TRUNC = 0x200, O_NONBLOCK = 0x800, O_APPEND = 0x400,
        O_CLOEXEC = 0x80000;

    // These two differ between the architectures .NET runs on.
    /// <summary>A last component that is a symbolic link is an error (ELOOP).</summary>
    public static readonly int O_NOFOLLOW = IsArm ? 0x8000 : 0x20000;

    /// <summary>What is no directory is an error (ENOTDIR).</summary>
    public static readonly int O_DIRECTORY = IsArm ? 0x4000 : 0x10000;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>Opens a path without following a final symlink and without waiting on a fifo.</summary>
    public static SafeFileHandle Open(string path, int flags, int mode = 0)
    {
        var error = TryOpen(path, flags, mode, out var handle);
        return error == 0 ? handle! : throw new PosixException(error, "open", path);
    }

    /// <summary>As <see cref="Open"/>, but returns errno (0: opened).</summary>
    public static int TryOpen(string path, int flags, int mode, out SafeFileHandle? handle)
    {
        var fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode);
        handle = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : null;
        return fd >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Opens a directory, for its syncs and for reading its inode.</summary>
    public static SafeFileHandle OpenDirectory(string path)
    {
        // The directory itself may be reached through a symlink (an operator's choice); only its files may not.
        var fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Last("open", path);
    }

    /// <summary>What fstat(2) says of an open file; the path is for the error.</summary>
    public static FileStatus Status(SafeFileHandle handle, string path)
    {
        var error = Statx((int)handle.DangerousGetHandle(), "", AT_EMPTY_PATH, out var status);
        GC.KeepAlive(handle);
        return error == 0 ? status : throw new PosixException(error, "statx", path);
    }

    /// <summary>Looks at a path without following a final symlink; returns errno (0: found).</summary>
    public static int TryStatus(string path, out FileStatus status) => Statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, out status);

    /// <summary>The same of what a symlink leads to.</summary>
    public static int TryStatusBehindLinks(string path, out FileStatus status) => Statx(AT_FDCWD, path, 0, out status);

    /// <summary>False only when the name is surely not there. A look that failed proves nothing: what is decided by a
    /// name's absence would lose mail.</summary>
    public static bool Exists(string path) => TryStatus(path, out _) switch
    {
        0 => true,
        Errno.ENOENT or Errno.ENOTDIR => false,
        var error => throw new PosixException(error, "statx", path),
    };

    /// <summary>Reads at an offset; fails with errno and path.</summary>
    public static int Read(SafeFileHandle handle, Span<byte> buffer, long offset, string path)
    {
        // Not RandomAccess: it asks of each new handle whether it can seek, a call more for every file of every message.
        while (true)
        {
            var got = pread(handle, buffer, (nuint)buffer.Length, offset);
            if (got >= 0) return (int)got;
            var error = Marshal.GetLastPInvokeError();
            if (error != Errno.EINTR) throw new PosixException(error, "read", path);
        }
    }

    /// <summary>Makes a further name, link(2); returns errno.</summary>
    public static int TryLink(string from, string to) => link(from, to) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Renames, over what has the new name; returns errno.</summary>
    public static int TryRename(string from, string to) => rename(from, to) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Renames only when the new name is free (RENAME_NOREPLACE); returns errno.</summary>
    public static int TryRenameNoReplace(string from, string to)
    {
        const uint RENAME_NOREPLACE = 1;
        return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Removes a name; returns errno.</summary>
    public static int TryUnlink(string path) => unlink(path) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Removes a name; that it is gone already is no error.</summary>
    public static void Unlink(string path)
    {
        var error = TryUnlink(path);
        if (error is not 0 and not Errno.ENOENT) throw new PosixException(error, "unlink", path);
    }

    /// <summary>Renames, over what has the new name.</summary>
    public static void Rename(string from, string to)
    {
        var error = TryRename(from, to);
        if (error != 0) throw new PosixException(error, "rename", $"{from} -> {to}");
    }

    /// <summary>Makes a directory, its mode less the umask; returns errno.</summary>
    public static int TryMakeDirectory(string path, int mode) => mkdir(path, mode) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Writes all bytes at an offset.</summary>
    public static void Write(SafeFileHandle handle, ReadOnlySpan<byte> bytes, long offset, string path)
    {
        while (!bytes.IsEmpty)
        {
            var written = pwrite(handle, bytes, (nuint)bytes.Length, offset);
            if (written < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.EINTR) throw new PosixException(error, "write", path);
                continue;
            }
            // Less than asked for: the disk became full, which the next call tells.
            bytes = bytes[(int)written..];
            offset += written;
        }
    }

    /// <summary>fsync(2): what was written is on disk when it returns; the path is for the error.</summary>
    public static void Sync(SafeFileHandle handle, string path)
    {
        if (fsync(handle) != 0) throw Last("fsync", path);
    }

    /// <summary>Syncs the whole file system that holds the open file: one flush for a group of files. From Linux 5.8 on it
    /// reports write errors of the file system since the handle was opened.</summary>
    public static void SyncFileSystem(SafeFileHandle handle, string path)
    {
        if (syncfs(handle) != 0) throw Last("syncfs", path);
    }

    /// <summary>For <see cref="SetOwner"/>: leave user or group as it is (chown(2): -1).</summary>
    public const uint Unchanged = uint.MaxValue;

    /// <summary>fchown(2); <see cref="Unchanged"/> leaves one of them.</summary>
    public static void SetOwner(SafeFileHandle handle, uint uid, uint gid, string path)
    {
        if (fchown(handle, uid, gid) != 0) throw Last("fchown", path);
    }

    /// <summary>fchmod(2): exactly this mode, whatever the umask.</summary>
    public static void SetMode(SafeFileHandle handle, uint mode, string path)
    {
        if (fchmod(handle, mode) != 0) throw Last("fchmod", path);
    }

    /// <summary>Takes Exim's write lock on the first <paramref name="length"/> bytes; false when another holds it.</summary>
    /// <remarks>An open-file-description lock: it conflicts with Exim's process lock (fcntl F_SETLK, spool_in.c) as that
    /// one does, but belongs to this handle alone. A process lock would be dropped by closing any other descriptor of the
    /// same file in our process.</remarks>
    public static bool TryLock(SafeFileHandle handle, long length, string path)
    {
        const int F_OFD_SETLK = 37;
        const short F_WRLCK = 1;
        var wanted = new LockRange { Type = F_WRLCK, Length = length };
        if (fcntl(handle, F_OFD_SETLK, ref wanted) == 0) return true;
        var error = Marshal.GetLastPInvokeError();
        return error is Errno.EAGAIN or Errno.EACCES ? false : throw new PosixException(error, "lock", path);
    }

    /// <summary>Takes a whole-file advisory lock (flock) that ends with the handle; false when another holds it.</summary>
    public static bool TryLockWhole(SafeFileHandle handle, string path) => TryFlock(handle) switch
    {
        0 => true,
        Errno.EAGAIN => false,
        // No such locks here (NFS without its lock service): nobody holds it, and nobody can.
        var error => throw new PosixException(error, "flock", path),
    };

    /// <summary>The uid that permissions are checked for.</summary>
    public static uint EffectiveUser => geteuid();

    private const uint STATX_BASIC_STATS = 0x7ff, STATX_BTIME = 0x800;

    private static int Statx(int directory, string path, int flags, out FileStatus status)
    {
        if (statx(directory, path, flags, STATX_BASIC_STATS | STATX_BTIME, out var raw) != 0)
        {
            status = default;
            return Marshal.GetLastPInvokeError();
        }
        status = StatusOf(raw);
        return 0;
    }

    private static FileStatus StatusOf(in RawStatus raw) => new()
    {
        Mode = raw.Mode,
        Links = raw.Links,
        Uid = raw.Uid,
        Gid = raw.Gid,
        Inode = raw.Inode,
        Device = ((ulong)raw.DeviceMajor << 32) | raw.DeviceMinor,
        Size = (long)raw.Size,
        Modified = DateTimeOffset.FromUnixTimeSeconds(raw.ModifiedSeconds).AddTicks(raw.ModifiedNanoseconds / 100),
        Born = (raw.Mask & STATX_BTIME) != 0 ? raw.BornSeconds * 1_000_000_000 + raw.BornNanoseconds : 0,
    };

    private static PosixException Last(string call, string path) => new(Marshal.GetLastPInvokeError(), call, path);

    private const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_EMPTY_PATH = 0x1000;

    [StructLayout(LayoutKind.Sequential)]
    private struct LockRange
    {
        public short Type, Whence;
        public long Start, Length;
        public int Process;
    }

    // struct statx of linux/stat.h: the one stat whose layout is the same everywhere.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct RawStatus
    {
        [FieldOffset(0)] public uint Mask;
        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(80)] public long BornSeconds;
        [FieldOffset(88)] public uint BornNanoseconds;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    private const string Libc = "libc";

    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out RawStatus status);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string from, string to);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromDirectory, string from, int toDirectory, string to, uint flags);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);
    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, int mode);
    [LibraryImport(Libc, SetLastError = true)]
    private static partial nint pread(SafeFileHandle handle, Span<byte> buffer, nuint count, long offset);
    [LibraryImport(Libc, SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle handle, ReadOnlySpan<byte> buffer, nuint count, long offset);
    [LibraryImport(Libc, SetLastError = true)]
    private static partial int fsync(SafeFileHandle handle);
    [LibraryImport(Libc, SetLastError = true)]
    private static partial int syncfs(SafeFileHandle handle);
    [LibraryImport(Libc, SetLastError = true)]
    private static partial int fchown(SafeFileHandle handle, uint uid, uint gid);
    [LibraryImport(Libc, SetLastError = true)]
    private static partial int fchmod(SafeFileHandle handle, uint mode);
    [LibraryImport(Libc, SetLastError = true)]
    private static partial int fcntl(SafeFileHandle handle, int command, ref LockRange range);
    [LibraryImport(Libc, SetLastError = true)]
    private static partial int flock(SafeFileHandle handle, int operation);
    [LibraryImport(Libc)]
    private static partial uint geteuid();
}
