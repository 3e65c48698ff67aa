// Puts aside what cannot be read as a spool pair: its files move to corrupt/ with a .reason file that says what, where and
// why. The reason is written first and -D moves before -H, so that a crash on the way leaves a -H to come back to; the next move of that
// message goes on under the same name. Names that are taken get a number. Not a byte is changed. The directory is locked while a
// message moves, so that a name is free or not, and a .reason alone is nobody's but a process's that died (or an operator's who moved the files back).
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Characters;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>The corrupt/ directory.</summary>
internal sealed class CorruptStore(SpoolDirectory directory, TimeProvider clock)
{
    private const int MostCopies = 10_000, MostReason = 16 * 1024, MostBeginning = 16 * 1024;
    private readonly Lock _moving = new();
    private static readonly string[] Suffixes = ["-H", "-D", "-J"];

    // Far longer than a move takes; a process that was stopped in the middle of one must not stop all others.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), Pause = TimeSpan.FromMilliseconds(5);

    public string Path => directory.Path;

    /// <summary>Moves the files of a message. The caller holds the lock where there is a -D to lock.</summary>
    /// <returns>Where they are now.</returns>
    public Corruption Move(SpoolFolder folder, MessageId id, SpoolParseError error)
    {
        // One at a time: two pairs of the same id, from two intakes, must not choose the same free name.
        lock (_moving) return MoveAlone(folder, id, error, hasHeader: true);
    }

    /// <summary>Moves a -D that has no -H. With it gone queuefile's next try finds the names free: a -H that is there a moment later is that of a whole message, and stays.</summary>
    /// <returns>Where it is now.</returns>
    public Corruption MoveBody(SpoolFolder folder, MessageId id, SpoolParseError error)
    {
        lock (_moving) return MoveAlone(folder, id, error, hasHeader: false);
    }

    /// <summary>Removes what lies under a name for good, unless a process that died has moved only a part of it: the next move of that message goes on.</summary>
    /// <param name="name">The name its files have in common.</param>
    /// <param name="id">The message.</param>
    /// <param name="from">The folder it came from, as its note says; empty: not known.</param>
    /// <param name="note">Given the beginning of its -H, before a file goes; says whether it may.</param>
    /// <returns>Whether it was removed.</returns>
    public bool Remove(string name, MessageId id, string from, Func<ReadOnlyMemory<byte>, bool> note)
    {
        lock (_moving)
        {
            using var corrupt = directory.Open();
            Lock(corrupt);
            try
            {
                var isWhole = corrupt.TryStatus($"{name}-H", out var header) == 0;
                if (!isWhole && from.Length > 0 && Posix.Exists($"{from}/{id.HeaderName}")) return false;
                if (!note(isWhole && header.IsRegular ? Beginning(corrupt, $"{name}-H") : default)) return false;
                // The note last: what a kill leaves is still explained, and the next look goes on with it.
                foreach (var suffix in Suffixes.Append(".reason")) corrupt.Unlink($"{name}{suffix}");
                return true;
            }
            finally
            {
                corrupt.Unlock();
            }
        }
    }

    private static ReadOnlyMemory<byte> Beginning(SpoolFolder corrupt, string name)
    {
        using var file = corrupt.OpenFile(name, Posix.O_RDONLY);
        var buffer = new byte[MostBeginning];
        return buffer.AsMemory(0, Posix.Read(file, buffer, 0, corrupt.PathOf(name)));
    }

    private Corruption MoveAlone(SpoolFolder folder, MessageId id, SpoolParseError error, bool hasHeader)
    {
        Places.MakePrivate(Path);
        using var corrupt = directory.Open();
        Lock(corrupt);
        try
        {
            return MoveInto(corrupt, folder, id, error, hasHeader);
        }
        finally
        {
            // Expressly: the descriptor is shared, and stays open.
            corrupt.Unlock();
        }
    }

    private Corruption MoveInto(SpoolFolder corrupt, SpoolFolder folder, MessageId id, SpoolParseError error, bool hasHeader)
    {
        var name = NameFor(corrupt, folder, id);
        try
        {
            WriteReason(corrupt, $"{name}.reason",
                $"{Origin(folder, id)}time: {clock.GetUtcNow():O}\nkind: {error.Kind.Token()}\noffset: {error.Offset}\nreason: {SafeText.Of(error.Reason)}\n" +
                "what to do: look at the files with 'spoolworker show FILE'; repair -H by hand and move both files back to 'from', or delete all three\n");
            // It has to be there, name and all, before what it explains.
            corrupt.Sync();
            Move(folder, id.BodyName, corrupt, $"{name}-D");
            if (hasHeader) Move(folder, id.JournalName, corrupt, $"{name}-J");
            // Where renames keep no order a power cut could else take back that of -D alone, and without its -H no scan comes back to it.
            corrupt.Sync();
            folder.Sync();
            if (hasHeader) Move(folder, id.HeaderName, corrupt, $"{name}-H");
        }
        catch (IOException) when (Suffixes.All(suffix => corrupt.TryStatus($"{name}{suffix}", out _) == Errno.ENOENT))
        {
            // Nothing has moved (a full disk): a note alone would tell of nothing, one more with every try.
            corrupt.TryUnlink($"{name}.reason");
            throw;
        }
        corrupt.Sync();
        folder.Sync();
        return new Corruption(error, Path, name);
    }

    private static string Origin(SpoolFolder folder, MessageId id) => $"message: {id}\nfrom: {SafeText.Of(folder.Path)}\n";

    private static void WriteReason(SpoolFolder corrupt, string name, string text)
    {
        using var handle = corrupt.OpenFile(name, Posix.O_RDWR | Posix.O_CREAT | Posix.O_TRUNC, (int)SpoolOwnership.DefaultMode);
        Owned.TakeAfter(handle, corrupt.PathOf(name));
        Posix.SetMode(handle, SpoolOwnership.DefaultMode, corrupt.PathOf(name));
        Posix.Write(handle, System.Text.Encoding.UTF8.GetBytes(text), 0, corrupt.PathOf(name));
        Posix.Sync(handle, corrupt.PathOf(name));
    }

    // A release or a second worker may use the directory too.
    private static void Lock(SpoolFolder corrupt)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += Pause)
        {
            var error = corrupt.TryLock();
            if (error == 0) return;
            if (error != Errno.EAGAIN) throw new PosixException(error, "flock", corrupt.Path);
            Thread.Sleep(Pause);
        }
        throw new PosixException(Errno.EAGAIN, "lock", corrupt.Path);
    }

    private static string NameFor(SpoolFolder corrupt, SpoolFolder folder, MessageId id)
    {
        for (var i = 0; i < MostCopies; i++)
        {
            var name = i == 0 ? id.ToString() : string.Create(CultureInfo.InvariantCulture, $"{id}.{i}");
            var taken = Suffixes.Where(suffix => corrupt.Exists($"{name}{suffix}")).ToList();
            // The rest of a message that a process which died had begun to move goes on under its name.
            if (taken.Count == 0 || (!taken.Contains("-H") && !taken.Exists(suffix => folder.Exists($"{id}{suffix}")) && IsOf(corrupt, name, folder, id))) return name;
        }
        throw new PosixException(Errno.EEXIST, "move", corrupt.PathOf(id.ToString()));
    }

    private static bool IsOf(SpoolFolder corrupt, string name, SpoolFolder folder, MessageId id) =>
        SpoolPair.ReadBounded(corrupt, $"{name}.reason", MostReason, out var bytes, out _, out _) == ClaimResult.Claimed
        && bytes.AsSpan().StartsWith(System.Text.Encoding.UTF8.GetBytes(Origin(folder, id)));

    private static void Move(SpoolFolder from, string name, SpoolFolder to, string newName)
    {
        var error = from.TryRenameNoReplace(name, to, newName);
        if (error == Errno.EINVAL) error = from.TryRename(name, to, newName);
        if (error is 0 or Errno.ENOENT) return;
        if (error != Errno.EXDEV) throw new PosixException(error, "rename", $"{from.PathOf(name)} -> {to.PathOf(newName)}");
        try
        {
            Copy(from, name, to, newName);
        }
        catch (IOException)
        {
            // Half a copy (a full disk) would take the name for ever; the original is whole and where it was.
            to.TryUnlink(newName);
            throw;
        }
        // The copy's name has to be durable before the original goes.
        to.Sync();
        from.Unlink(name);
    }

    private static void Copy(SpoolFolder from, string name, SpoolFolder to, string newName)
    {
        if (from.TryStatus(name, out var status) != 0) return;
        if (status.IsSymlink)
        {
            from.CopySymlink(name, to, newName);
            return;
        }
        if (!status.IsRegular) throw new PosixException(Errno.EXDEV, "move to another file system: not a regular file,", from.PathOf(name));
        using var source = from.OpenFile(name, Posix.O_RDONLY);
        using var target = to.OpenFile(newName, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL, (int)SpoolOwnership.DefaultMode);
        Owned.GiveAs(target, to.PathOf(newName), status);
        var buffer = new byte[256 * 1024];
        long at = 0;
        for (int n; (n = Posix.Read(source, buffer, at, from.PathOf(name))) > 0; at += n) Posix.Write(target, buffer.AsSpan(0, n), at, to.PathOf(newName));
        Posix.Sync(target, to.PathOf(newName));
    }
}
