// A file that appears whole: it is made without a name (O_TMPFILE), filled, and then given its name (linkat), so that a kill
// leaves nothing behind and nobody sees half of it. Where the file system cannot do that (NFS) a file with a dot in front is
// made and renamed. It never goes over another.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>A file on its way to its name.</summary>
public sealed partial class UnnamedFile : IDisposable
{
    private const uint OwnerOnly = 0b110_000_000;
    private readonly string _path;
    private string? _temporary;

    private UnnamedFile(string path, string? temporary, SafeFileHandle handle) => (_path, _temporary, Handle) = (path, temporary, handle);

    /// <summary>Open for reading and writing.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>A name by which this process can open it meanwhile.</summary>
    public string OpenAs => _temporary ?? $"/proc/self/fd/{Handle.DangerousGetHandle()}";

    /// <summary>Makes it, mode 0600, on the file system of its later name.</summary>
    /// <param name="path">The name it is to get; absolute.</param>
    /// <exception cref="PosixException">It cannot be made there.</exception>
    public static UnnamedFile Create(string path)
    {
        var directory = Path.GetDirectoryName(path)!;
        var errno = Posix.TryOpen(directory, Posix.O_RDWR | Posix.O_DIRECTORY | O_TMPFILE, (int)OwnerOnly, out var file);
        string? temporary = null;
        if (errno is Errno.EOPNOTSUPP or Errno.EISDIR)
        {
            temporary = Path.Combine(directory, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
            errno = Posix.TryOpen(temporary, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL, (int)OwnerOnly, out file);
        }
        return errno == 0 ? new UnnamedFile(path, temporary, file!) : throw new PosixException(errno, "create", path);
    }

    /// <summary>Syncs it, gives it its name and makes that durable; returns errno (EEXIST: the name is taken).</summary>
    public int TryName()
    {
        Posix.Sync(Handle, _path);
        var errno = _temporary is not null ? Posix.TryRenameNoReplace(_temporary, _path)
            : linkat(AT_FDCWD, OpenAs, AT_FDCWD, _path, AT_SYMLINK_FOLLOW) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (errno != 0) return errno;
        _temporary = null;
        Posix.SyncDirectory(Path.GetDirectoryName(_path)!);
        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Handle.Dispose();
        if (_temporary is not null) _ = Posix.TryUnlink(_temporary);
    }

    private const int O_TMPFILE = 0x400000, AT_FDCWD = -100, AT_SYMLINK_FOLLOW = 0x400;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int linkat(int fromDirectory, string from, int toDirectory, string to, int flags);
}
