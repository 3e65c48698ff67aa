// A directory that was opened once and is worked on by descriptor: whatever others do to the path that led to it, every
// name looked up here is a name in that very directory. Subfolders and files are opened without following a symlink.
// The path is kept to name it in ledger, log and errors; it is never walked again. Try... returns errno, the others throw
// PosixException with the full path. Shared by counting: each owner disposes its own share once.
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>An open directory.</summary>
public sealed class SpoolFolder : IDisposable
{
    private int _shares = 1;

    private SpoolFolder(string path, SafeFileHandle handle)
    {
        Path = path;
        Handle = handle;
        Status = Posix.Status(handle, path);
    }

    /// <summary>Told of each name.</summary>
    /// <param name="name">The bytes of the name; valid during the call.</param>
    /// <param name="mayBeFolder">False: surely no directory, and a symlink is none. True: a directory, or the file system does not tell.</param>
    public delegate void NameSeen(ReadOnlySpan<byte> name, bool mayBeFolder);

    /// <summary>Told of each name, as <see cref="NameSeen"/>; false: that is enough.</summary>
    public delegate bool NameWanted(ReadOnlySpan<byte> name, bool mayBeFolder);

    /// <summary>What it is called.</summary>
    public string Path { get; }

    /// <summary>The directory as it was when opened: device and inode are what it is.</summary>
    public FileStatus Status { get; }

    /// <summary>Its descriptor.</summary>
    internal SafeFileHandle Handle { get; }

    /// <summary>Opens a directory by a path that an operator gave: it may lead through symlinks.</summary>
    public static int TryOpen(string path, out SpoolFolder? folder) => Wrap(Posix.TryOpenDirectory(path, out var handle), path, handle, out folder);

    /// <summary>As <see cref="TryOpen"/>, or throws.</summary>
    public static SpoolFolder Open(string path)
    {
        var error = TryOpen(path, out var folder);
        return error == 0 ? folder! : throw new PosixException(error, "open", path);
    }

    /// <summary>Opens a directory by a path that leads through no symlink; ELOOP or ENOTDIR when one is in the way.</summary>
    /// <param name="realPath">An absolute path, resolved before.</param>
    /// <param name="path">What the folder is called.</param>
    /// <param name="folder">The folder.</param>
    public static int TryOpenReal(string realPath, string path, out SpoolFolder? folder)
    {
        folder = null;
        var error = Posix.TryOpenDirectory("/", out var at);
        var steps = realPath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < steps.Length && error == 0; i++)
        {
            using var above = at!;
            error = Posix.TryOpenAt(above, steps[i], i < steps.Length - 1 ? Posix.O_PATH | Posix.O_DIRECTORY : Posix.O_DIRECTORY, 0, out at);
        }
        return Wrap(error, path, at, out folder);
    }

    /// <summary>Opens a directory in this one; ELOOP or ENOTDIR when the name is a symlink or a file.</summary>
    public int TryOpenFolder(string name, out SpoolFolder? folder) => Wrap(Posix.TryOpenAt(Handle, name, Posix.O_DIRECTORY, 0, out var handle), PathOf(name), handle, out folder);

    /// <summary>The directory above this one, as it is now.</summary>
    internal int TryOpenAbove(out SpoolFolder? folder) => Wrap(Posix.TryOpenAt(Handle, "..", Posix.O_PATH | Posix.O_DIRECTORY, 0, out var handle), $"{Path}/..", handle, out folder);

    /// <summary>Another share of the same folder. The caller must hold one.</summary>
    public SpoolFolder Share()
    {
        Interlocked.Increment(ref _shares);
        return this;
    }

    /// <summary>Whether that is the status of this very directory.</summary>
    public bool Is(in FileStatus other) => (other.Inode, other.Device) == (Status.Inode, Status.Device);

    /// <summary>Takes flock's lock on the directory, until <see cref="Unlock"/> or as long as this folder is open; see <see cref="Posix.TryFlock"/>.</summary>
    public int TryLock() => Posix.TryFlock(Handle);

    /// <summary>Gives that lock back.</summary>
    public void Unlock() => Posix.Unflock(Handle);

    /// <summary>A name in this folder as others would write it.</summary>
    public string PathOf(string name) => $"{Path}/{name}";

    /// <summary>Its path with all symlinks resolved, as it is now; null where /proc does not tell.</summary>
    public string? RealPath() => Posix.PathOf(Handle);

    /// <summary>Opens or creates a file here; never through a symlink, never waiting on a fifo.</summary>
    public int TryOpenFile(string name, int flags, int mode, out SafeFileHandle? file) => Posix.TryOpenAt(Handle, name, flags, mode, out file);

    /// <summary>As <see cref="TryOpenFile"/>, or throws.</summary>
    public SafeFileHandle OpenFile(string name, int flags, int mode = 0)
    {
        var error = TryOpenFile(name, flags, mode, out var file);
        return error == 0 ? file! : throw new PosixException(error, "open", PathOf(name));
    }

    /// <summary>Looks at a name without following a symlink.</summary>
    public int TryStatus(string name, out FileStatus status) => Posix.TryStatusAt(Handle, name, out status);

    /// <summary>False only when the name is surely not here.</summary>
    public bool Exists(string name) => Exists(name, out _);

    /// <summary>The same, with what it is.</summary>
    public bool Exists(string name, out FileStatus status) => TryStatus(name, out status) switch
    {
        0 => true,
        Errno.ENOENT => false,
        var error => throw new PosixException(error, "statx", PathOf(name)),
    };

    /// <summary>Whether a name here leads to that very file.</summary>
    public bool Leads(string name, in FileStatus file) => TryStatus(name, out var named) == 0 && (named.Inode, named.Device) == (file.Inode, file.Device);

    /// <summary>Gives an open file a name here. ENOENT: that cannot be done for this file, copy it.</summary>
    public int TryLink(SafeFileHandle file, string name) => Posix.TryLinkAt(file, Handle, name);

    /// <summary>Makes a directory in it; returns errno.</summary>
    public int TryMakeFolder(string name, int mode) => Posix.TryMakeDirectoryAt(Handle, name, mode);

    /// <summary>Moves a name, over what is there.</summary>
    public int TryRename(string name, SpoolFolder to, string newName) => Posix.TryRenameAt(Handle, name, to.Handle, newName, replace: true);

    /// <summary>Moves a name only where the new one is free (EINVAL: the file system cannot).</summary>
    public int TryRenameNoReplace(string name, SpoolFolder to, string newName) => Posix.TryRenameAt(Handle, name, to.Handle, newName, replace: false);

    /// <summary>Makes a symlink elsewhere that says what one here says; it is not followed.</summary>
    public void CopySymlink(string name, SpoolFolder to, string newName)
    {
        var error = Posix.TryCopySymlinkAt(Handle, name, to.Handle, newName);
        if (error != 0) throw new PosixException(error, "symlink", to.PathOf(newName));
    }

    /// <summary>Renames within this folder.</summary>
    public void Rename(string name, string newName)
    {
        var error = TryRename(name, this, newName);
        if (error != 0) throw new PosixException(error, "rename", $"{PathOf(name)} -> {PathOf(newName)}");
    }

    /// <summary>Removes a name in it; returns errno.</summary>
    public int TryUnlink(string name) => Posix.TryUnlinkAt(Handle, name);

    /// <summary>Removes a name; that it is gone already is no error.</summary>
    public void Unlink(string name)
    {
        var error = TryUnlink(name);
        if (error is not 0 and not Errno.ENOENT) throw new PosixException(error, "unlink", PathOf(name));
    }

    /// <summary>Makes the names in this folder durable. Where a folder cannot be synced (some file systems say EINVAL, as Exim's
    /// spool_out.c knows) the whole file system is; fails when neither can be.</summary>
    public void Sync()
    {
        try
        {
            Posix.Sync(Handle, Path);
        }
        catch (PosixException)
        {
            SyncFileSystem();
        }
    }

    /// <summary>Syncs the whole file system the folder is on; reports its write errors since the folder was opened.</summary>
    public void SyncFileSystem() => Posix.SyncFileSystem(Handle, Path);

    /// <summary>Shows all names here, in no order.</summary>
    public void ReadNames(NameSeen seen) => ReadNamesWhile((name, mayBeFolder) =>
    {
        seen(name, mayBeFolder);
        return true;
    });

    /// <summary>Shows names here, in no order, until one is not wanted any more: a folder may have millions.</summary>
    public void ReadNamesWhile(NameWanted wanted)
    {
        var error = Posix.TryReadNames(Handle, wanted);
        if (error != 0) throw new PosixException(error, "read", Path);
    }

    /// <summary>Gives one share back; the last one closes the folder.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _shares) == 0) Handle.Dispose();
    }

    private static int Wrap(int error, string path, SafeFileHandle? handle, out SpoolFolder? folder)
    {
        folder = error == 0 ? new SpoolFolder(path, handle!) : null;
        return error;
    }
}
