// Moves what lies about to lost+found/DATE below the directory it lies in, and never deletes: that is one file system, so a move is a rename, and over nothing that is there.
// What a message may still need is protected by Exim's own lock on -D (spool_in.c), as far as there is one, and by a last look under it; what is another's, has more names than one
// or is no file, is left alone. -D and -J are durable in their new place before -H goes, so that a power cut leaves at worst a message of which one
// half is still here, which the next run finds. An empty -D may be one that its Exim has made and not locked yet (receive.c): its lock tells nothing, so its age decides alone.
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>What an attempt to move something came to.</summary>
/// <param name="Where">Where it is now; null: not moved.</param>
/// <param name="Why">Why it was not; null with <paramref name="Where"/> null: it is not there any more, or alive.</param>
/// <param name="IsFailure">That is an error, and may go by.</param>
internal readonly record struct MoveResult(string? Where, string? Why = null, bool IsFailure = false);

/// <summary>The lost+found of a directory.</summary>
/// <param name="tree">The directory.</param>
/// <param name="date">The name of today's.</param>
/// <param name="leastAge">Of an empty -D.</param>
internal sealed class LostAndFound(SpoolDirectory tree, string date, Func<DateTimeOffset, bool> leastAge)
{
    /// <summary>Its name.</summary>
    public const string Name = "lost+found";

    private const int MostCopies = 10_000;

    /// <summary>Where things would go.</summary>
    public string Path => $"{tree.Path}/{Name}/{date}";

    /// <summary>Moves one thing, if it still is one.</summary>
    public MoveResult Move(Litter litter)
    {
        try
        {
            using var top = tree.Open();
            using var folder = tree.OpenFolder(litter.Folder);
            if (folder is null) return default;
            if (litter.IsTreeLocked && top.TryLock() != 0) return new(null, $"{tree.Path} is in use");
            try
            {
                if (Lock(folder, litter, out var why) is not { } held) return new(null, why);
                using (held.Data) return MoveLocked(top, folder, litter);
            }
            finally
            {
                if (litter.IsTreeLocked) top.Unlock();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(null, e.Message, IsFailure: true);
        }
    }

    // Null: another holds it, or it is none that can be locked. No data: there is nothing to lock.
    private Held? Lock(SpoolFolder folder, Litter litter, out string? why)
    {
        why = null;
        if (litter.Id == default) return new Held(null);
        if (!folder.Exists(litter.Id.BodyName, out var named)) return new Held(null);
        why = $"{litter.Id.BodyName} cannot be locked, as it is no regular file";
        if (!named.IsRegular) return null;
        why = null;
        if (named.Size == 0 && !leastAge(named.Modified)) return null;
        var data = folder.OpenFile(litter.Id.BodyName, Posix.O_RDWR | Posix.O_APPEND);
        try
        {
            why = $"{litter.Id.BodyName} is locked: an Exim or a worker has the message in hand";
            if (!Posix.TryLock(data, litter.Id.BodyOffset, folder.PathOf(litter.Id.BodyName))) return null;
            why = null;
            if (!folder.Leads(litter.Id.BodyName, Posix.Status(data, litter.Path))) return null;
            var locked = new Held(data);
            data = null;
            return locked;
        }
        finally
        {
            data?.Dispose();
        }
    }

    private MoveResult MoveLocked(SpoolFolder top, SpoolFolder folder, Litter litter)
    {
        if (!litter.IsSameAs(litter.Again(folder))) return default;
        foreach (var name in litter.Names)
        {
            if (!folder.Exists(name, out var status)) return default;
            if (!status.IsRegular) return new(null, $"{name} is no regular file");
            if (status.Links != 1) return new(null, $"{name} has {status.Links} names, of which another may be in use");
            if (status.Uid != folder.Status.Uid) return new(null, $"{name} belongs to uid {status.Uid}, its directory to uid {folder.Status.Uid}");
        }
        using var lost = OpenBelow(top, Name);
        using var today = OpenBelow(lost, date);
        // Another janitor may be at it. A file system without such locks has none.
        if (today.TryLock() == Errno.EAGAIN) return new(null, $"{today.Path} is in use", IsFailure: true);
        try
        {
            return MoveInto(today, folder, litter);
        }
        finally
        {
            today.Unlock();
        }
    }

    private static MoveResult MoveInto(SpoolFolder today, SpoolFolder folder, Litter litter)
    {
        var suffix = FreeSuffix(today, litter.Names);
        for (var i = 0; i < litter.Names.Count; i++)
        {
            // The new names before the old ones are gone, and all of that before the last goes: it is what tells that there is a message.
            if (i > 0 && i == litter.Names.Count - 1) Sync(today, folder);
            var (name, newName) = (litter.Names[i], litter.Names[i] + suffix);
            var error = folder.TryRenameNoReplace(name, today, newName);
            // The file system cannot; the name was free, and the directory is locked.
            if (error == Errno.EINVAL) error = folder.TryRename(name, today, newName);
            if (error != 0 && error != Errno.ENOENT) throw new PosixException(error, "rename", $"{folder.PathOf(name)} -> {today.PathOf(newName)}");
        }
        Sync(today, folder);
        return new(today.PathOf(litter.Name + suffix));
    }

    private static void Sync(SpoolFolder today, SpoolFolder folder)
    {
        today.Sync();
        folder.Sync();
    }

    private static string FreeSuffix(SpoolFolder today, IReadOnlyList<string> names)
    {
        for (var i = 0; i < MostCopies; i++)
        {
            var suffix = i == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".{i}");
            if (names.All(name => !today.Exists(name + suffix))) return suffix;
        }
        throw new PosixException(Errno.EEXIST, "move", today.PathOf(names[^1]));
    }

    // The spool's owner and mode. What is called so and is another's (the root of an ext4 has one of root's) is not used.
    private SpoolFolder OpenBelow(SpoolFolder above, string name)
    {
        var error = above.TryOpenFolder(name, out var folder);
        if (error == Errno.ENOENT)
        {
            using var top = tree.Open();
            Owned.MakeFolder(above, name, new SpoolOwnership(top.Status.Uid, top.Status.Gid, top.Status.Permissions));
            error = above.TryOpenFolder(name, out folder);
        }
        if (error != 0) throw new PosixException(error, "open", above.PathOf(name));
        if (folder!.Status.Uid == above.Status.Uid) return folder;
        var uid = folder.Status.Uid;
        folder.Dispose();
        throw new IOException($"{above.PathOf(name)} belongs to uid {uid}, and the spool to uid {above.Status.Uid}; nothing is moved there");
    }

    private readonly record struct Held(SafeFileHandle? Data);
}
