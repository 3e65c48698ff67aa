// Opening and making tables with the library. A new table appears whole or not at all (UnnamedFile). The lock file, <file>-lock, is made beforehand so that both
// users may write it (0660, facts of Exim's lookup: it opens the lock file for writing even to read).
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Spool;

#pragma warning disable RS0030 // a path for the library

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>How a new table's file is made.</summary>
/// <param name="Mode">Permissions; Exim's user has to read it.</param>
/// <param name="User">Owner; null: the directory's when we are root, else we.</param>
/// <param name="Group">Group; null as for the owner.</param>
public sealed record LmdbFileOptions(uint Mode = LmdbFileOptions.DefaultMode, uint? User = null, uint? Group = null)
{
    /// <summary>rw-r-----.</summary>
    public const uint DefaultMode = 0x1A0;
}

/// <summary>Opens environments.</summary>
internal static unsafe class LmdbOpening
{
    /// <summary>rw-rw----, Exim's own mode for it (lookups/lmdb.c).</summary>
    private const uint LockMode = 0x1B0;

    private const int MostAttempts = 64;

    /// <summary>Opens an existing table: to write, or only to hold states where we may not write.</summary>
    public static bool TryOpen(LmdbNative library, string path, FileStatus data, out nint env, [NotNullWhen(false)] out string? error)
    {
        env = 0;
        // The lock file goes by the name. Under two names writers would not see each other, nor readers in time.
        if (LookupFile.TryLook(path, out var target, out _, out _) && target != path && Posix.Exists(target + "-lock"))
        {
            error = $"{path}: is a link to {target}, which is in use under that name: use it too, or remove {target}-lock when it is not";
            return false;
        }
        try
        {
            PrepareLock(path, data.Uid, data.Gid);
        }
        catch (PosixException)
        {
            // The library says below what it cannot do without it.
        }
        var code = Open(library, path, LmdbNative.NoSubdirectory | LmdbNative.NoThreadStorage, 0, out env);
        if (code is Errno.EACCES or Errno.EPERM or Errno.EROFS) code = Open(library, path, LmdbNative.NoSubdirectory | LmdbNative.NoThreadStorage | LmdbNative.ReadOnly, 0, out env);
        error = code switch
        {
            LmdbCode.Success => null,
            Errno.EACCES => $"{path}: {library.Text(code)}; the table and {path}-lock must be writable",
            _ => $"{path}: {library.Text(code)}",
        };
        if (error is not null) return false;
        // What killed processes left in the lock file would keep old pages for ever.
        int dead;
        library.ReaderCheck(env, &dead);
        return true;
    }

    /// <summary>Makes a table; fails when the name is taken (<paramref name="exists"/>).</summary>
    public static bool TryCreate(string path, LmdbFileOptions options, Action<LmdbTransaction>? fill, long room, out bool exists, [NotNullWhen(false)] out string? error)
    {
        exists = false;
        if (!LmdbNative.TryGet(out var library, out error)) return false;
        path = Path.GetFullPath(path);
        var directory = Path.GetDirectoryName(path)!;
        try
        {
            using var parent = Posix.OpenDirectory(directory);
            var home = Posix.Status(parent, directory);
            var (user, group) = (options.User ?? (Posix.EffectiveUser == 0 ? home.Uid : NoChange), options.Group ?? (Posix.EffectiveUser == 0 ? home.Gid : NoChange));
            using var file = UnnamedFile.Create(path);
            Fill(library, file.Handle, file.OpenAs, fill, room);
            LmdbPadding.Behind(file.Handle, path);
            if (user != NoChange || group != NoChange) Posix.SetOwner(file.Handle, user, group, path);
            Posix.SetMode(file.Handle, options.Mode, path);
            var errno = Errno.EEXIST;
            if (!Posix.Exists(path))
            {
                PrepareLock(path, user, group);
                errno = file.TryName();
            }
            exists = errno == Errno.EEXIST;
            if (errno != 0) throw new PosixException(errno, "create", path);
            error = null;
            return true;
        }
        catch (IOException e)
        {
            error = e is PosixException ? e.Message : $"{path}: {e.Message}";
            return false;
        }
    }

    /// <summary>Processes and threads that hold a state; those of dead processes are cleared first.</summary>
    public static int CountReaders(LmdbNative library, nint env)
    {
        int dead, lines = 0;
        library.ReaderCheck(env, &dead);
        library.ReaderList(env, &CountLine, &lines);
        // A heading comes first where there are any.
        return Math.Max(0, lines - 1);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CountLine(byte* text, void* count)
    {
        // "(no active readers)", or the heading and the readers, a call each.
        if (*text != '(') ++*(int*)count;
        return 0;
    }

    private static void Fill(LmdbNative library, SafeFileHandle file, string name, Action<LmdbTransaction>? fill, long room)
    {
        var size = LmdbGrowth.Whole(LmdbGrowth.First + room);
        for (var attempt = 0; attempt < MostAttempts; attempt++, size = LmdbGrowth.Next(size))
        {
            // Nobody else knows the file: no lock file, and one sync at the end, by our caller.
            RandomAccess.SetLength(file, 0);
            var code = Open(library, name, LmdbNative.NoSubdirectory | LmdbNative.NoThreadStorage | LmdbNative.NoLock | LmdbNative.NoSync, size, out var env);
            if (code != LmdbCode.Success) throw new LmdbException(code, library.Text(code));
            try
            {
                if (fill is null || TryFill(library, env, fill)) return;
            }
            finally
            {
                library.EnvClose(env);
            }
        }
        throw new IOException("its map does not become large enough");
    }

    private static bool TryFill(LmdbNative library, nint env, Action<LmdbTransaction> fill)
    {
        var work = LmdbTransaction.OnPrivate(library, env);
        try
        {
            fill(work);
            work.Commit();
            return true;
        }
        catch (LmdbException e) when (e.Code == LmdbCode.MapFull)
        {
            return false;
        }
        finally
        {
            work.Abandon();
        }
    }

    private static int Open(LmdbNative library, string path, uint flags, long mapSize, out nint env)
    {
        nint created;
        env = 0;
        var code = library.EnvCreate(&created);
        if (code != LmdbCode.Success) return code;
        if (mapSize > 0) code = library.EnvSetMapSize(created, (nuint)mapSize);
        if (code == LmdbCode.Success)
        {
            fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0")) code = library.EnvOpen(created, name, flags, LockMode);
        }
        if (code == LmdbCode.Success) env = created;
        else library.EnvClose(created);
        return code;
    }

    private static void PrepareLock(string path, uint user, uint group)
    {
        var name = path + "-lock";
        // Only when it is made here is it opened here: closing it would drop the library's locks on it.
        var errno = Posix.TryOpen(name, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL, (int)LockMode, out var handle);
        if (errno == Errno.EEXIST) return;
        if (errno != 0) throw new PosixException(errno, "create", name);
        using (handle)
        {
            if (Posix.EffectiveUser == 0 && (user != NoChange || group != NoChange)) Posix.SetOwner(handle!, user, group, name);
            Posix.SetMode(handle!, LockMode, name);
        }
    }

    private const uint NoChange = uint.MaxValue;
}
