// The one place that makes directories, and files of the worker's own (ledger, held, corrupt, locks, notes). What is made gets
// exactly its mode, whatever the umask, and is durable under its name when the call returns. What root makes (an operator
// who runs a command) gets the owner of the directory it is made in: a worker that runs as another user must be able to go
// on with it. What is there already stays as it is, but for its name, which is made durable: who made it may have died
// before that. Throws PosixException.
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>Makes what belongs to the worker.</summary>
public static class Owned
{
    /// <summary>rwxr-x---: directories with mail, or that tell of it, are not for everybody's eyes.</summary>
    public const uint PrivateDirectory = 0b111_101_000;

    /// <summary>rw-r-----: a group may look.</summary>
    public const uint PrivateFile = 0b110_100_000;

    private const uint Root = 0;

    /// <summary>Makes a directory, and those above it that are missing, where there is none.</summary>
    /// <param name="path">The directory; relative to the current one when not absolute.</param>
    /// <param name="mode">Mode of those that are made.</param>
    public static void EnsureDirectory(string path, uint mode = PrivateDirectory)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var parent = Path.GetDirectoryName(path);
        var error = Posix.TryMakeDirectory(path, (int)mode);
        if (error == Errno.ENOENT && parent is not null)
        {
            EnsureDirectory(parent, mode);
            error = Posix.TryMakeDirectory(path, (int)mode);
        }
        // A file system that is mounted read-only has the directory, or it has not: the look below tells.
        if (error is not 0 and not Errno.EEXIST && !Directory.Exists(path)) throw new PosixException(error, "mkdir", path);
        using var handle = Posix.OpenDirectory(path);
        if (error == 0)
        {
            TakeAfter(handle, path);
            Posix.SetMode(handle, mode, path);
            Posix.Sync(handle, path);
        }
        Posix.SyncName(path);
    }

    /// <summary>Makes a directory in an open one as somebody else's: an Exim's, in its spool. Its name appears when owner and mode are right, and is
    /// durable when this returns; what has the name already stays as it is.</summary>
    /// <param name="above">The directory it is made in.</param>
    /// <param name="name">Its name.</param>
    /// <param name="owner">Owner and mode.</param>
    public static void MakeFolder(SpoolFolder above, string name, SpoolOwnership owner)
    {
        var path = above.PathOf(name);
        // One for all: a crash may have left it, and several threads may be at it, of which one is first.
        var unnamed = $".{name}.spoolworker";
        var made = above.TryMakeFolder(unnamed, (int)owner.Mode);
        if (made is not 0 and not Errno.EEXIST) throw new PosixException(made, "mkdir", path);
        try
        {
            var error = above.TryOpenFolder(unnamed, out var folder);
            if (error == Errno.ENOENT) return;
            if (error != 0) throw new PosixException(error, "open", path);
            using (folder) Give(folder!.Handle, path, owner);
            var named = above.TryRenameNoReplace(unnamed, above, name);
            // The file system cannot: a directory that is not empty stays even so.
            if (named == Errno.EINVAL) named = above.TryRename(unnamed, above, name);
            if (named is not 0 and not Errno.ENOENT and not Errno.EEXIST and not Errno.ENOTEMPTY and not Errno.ENOTDIR) throw new PosixException(named, "rename", path);
            above.Sync();
        }
        finally
        {
            _ = Posix.TryRemoveDirectoryAt(above.Handle, unnamed);
        }
    }

    /// <summary>Gives a file owner and mode, where it has others.</summary>
    public static void Give(SafeFileHandle file, string path, SpoolOwnership wanted)
    {
        var status = Posix.Status(file, path);
        if (status.Uid != wanted.Uid || status.Gid != wanted.Gid) Posix.SetOwner(file, wanted.Uid, wanted.Gid, path);
        if (status.Permissions != wanted.Mode) Posix.SetMode(file, wanted.Mode, path);
    }

    /// <summary>Gives a copy what a move would have left it: mode and, as far as we may give it away, the owner of the original.</summary>
    public static void GiveAs(SafeFileHandle copy, string path, in FileStatus original)
    {
        if (Posix.EffectiveUser == Root) Posix.SetOwner(copy, original.Uid, original.Gid, path);
        // After the owner: giving a file away takes bits of its mode.
        Posix.SetMode(copy, original.Permissions, path);
    }

    /// <summary>Puts a file under a name, over the one that is there: whole or not at all, through kills and power cuts, and durable when this returns. Behind a symlink the link is
    /// replaced. Who may write the directory can put nothing in its way.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="owner">Owner and mode it has before anybody else can read it; null: as what is made here.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content, SpoolOwnership? owner = null)
    {
        const uint OwnerOnly = 0b110_000_000;
        path = Path.GetFullPath(path);
        // One for all: what a crash has left goes with the next writing. With a dot: neither run-parts(8) nor update-exim4.conf(8) reads it.
        var unfinished = $"{Path.GetDirectoryName(path)}/.{Path.GetFileName(path)}.spoolworker";
        Posix.Unlink(unfinished);
        try
        {
            using (var file = Posix.Open(unfinished, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL, (int)OwnerOnly))
            {
                if (owner is not null) Posix.SetOwner(file, owner.Uid, owner.Gid, unfinished);
                else TakeAfter(file, unfinished);
                Posix.SetMode(file, owner?.Mode ?? PrivateFile, unfinished);
                Posix.Write(file, content, 0, unfinished);
                Posix.Sync(file, unfinished);
            }
            Posix.Rename(unfinished, path);
        }
        catch
        {
            _ = Posix.TryUnlink(unfinished);
            throw;
        }
        Posix.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Opens a file, making it where there is none; its name is durable then.</summary>
    /// <param name="path">The file; a symlink is refused.</param>
    /// <param name="flags">O_RDWR and the like, without O_CREAT.</param>
    /// <param name="mode">Mode of a file that is made.</param>
    public static SafeFileHandle OpenFile(string path, int flags, uint mode = PrivateFile)
    {
        const int Again = 3;
        for (var attempt = 0; ; attempt++)
        {
            var made = TryMakeFile(path, flags, mode, out var handle);
            if (made == 0) return handle!;
            if (made != Errno.EEXIST) throw new PosixException(made, "create", path);
            var opened = Posix.TryOpen(path, flags, 0, out handle);
            if (opened == 0) return handle!;
            // Removed in between.
            if (opened != Errno.ENOENT || attempt >= Again) throw new PosixException(opened, "open", path);
        }
    }

    /// <summary>Makes a file that is not there; returns errno (EEXIST: it is).</summary>
    public static int TryMakeFile(string path, int flags, uint mode, out SafeFileHandle? handle)
    {
        var error = Posix.TryOpen(path, flags | Posix.O_CREAT | Posix.O_EXCL, (int)mode, out handle);
        if (error != 0) return error;
        try
        {
            TakeAfter(handle!, path);
            Posix.SetMode(handle!, mode, path);
            Posix.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return 0;
        }
        catch
        {
            handle!.Dispose();
            throw;
        }
    }

    /// <summary>Gives a directory that was just made its mode and, where root made it, the owner of the one it is in.</summary>
    public static void TakeAfter(SpoolFolder made, SpoolFolder above, uint mode)
    {
        if (Posix.EffectiveUser == Root && made.Status.Uid == Root && above.Status.Uid != Root) Posix.SetOwner(made.Handle, above.Status.Uid, above.Status.Gid, made.Path);
        Posix.SetMode(made.Handle, mode, made.Path);
        Posix.Sync(made.Handle, made.Path);
    }

    /// <summary>Gives what root has just made the owner of the directory it is in.</summary>
    public static void TakeAfter(SafeFileHandle made, string path)
    {
        if (Posix.EffectiveUser != Root) return;
        // What is not ours any more has been exchanged by whoever may write there.
        if (Posix.TryStatus(Path.GetDirectoryName(Path.GetFullPath(path))!, out var directory) != 0 || directory.Uid == Root || Posix.Status(made, path).Uid != Root) return;
        Posix.SetOwner(made, directory.Uid, directory.Gid, path);
    }
}
