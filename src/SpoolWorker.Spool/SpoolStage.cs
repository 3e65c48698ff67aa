// Makes a pair appear in a spool directory in two steps. Stage: -H as `hdr.<id>.<tag>` (a name Exim passes over), then -D
// under its final name, locked. Commit: rename of the header file. Until then Exim does not see the message; after it the
// lock keeps Exim away until the caller lets go. Abort undoes a stage. -H comes first so that whatever a crash leaves
// behind has a `hdr.` file with our tag as its handle: see Sweep. Failing system calls throw PosixException; a name that
// is taken already is an answer, not an exception. Nothing here syncs: the caller syncs once for a group.
using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>Owner and mode of the files we create. Exim reads only files of its own user (mode 0640).</summary>
public sealed record SpoolOwnership(uint Uid, uint Gid, uint Mode)
{
    /// <summary>Exim's SPOOL_MODE.</summary>
    public const uint DefaultMode = 0b110_100_000;

    /// <summary>The owner of a directory: what Exim uses for the files in it.</summary>
    public static SpoolOwnership Of(string directory, uint mode = DefaultMode)
    {
        var error = Posix.TryStatus(directory + "/.", out var status);
        return error == 0 ? new SpoolOwnership(status.Uid, status.Gid, mode) : throw new PosixException(error, "statx", directory);
    }
}

/// <summary>A staged pair: on disk, locked, not yet visible to Exim.</summary>
public sealed class StagedPair(SpoolFolder place, MessageId id, string tag, SafeFileHandle header, SafeFileHandle? copiedData) : IDisposable
{
    private bool _isDisposed;

    /// <summary>Only another -H for a pair that is there: -D and note are not this stage's, and its commit cannot be taken back.</summary>
    public bool IsUpdate { get; init; }

    /// <summary>The folder it is staged in; the pair owns this share.</summary>
    public SpoolFolder Place { get; } = place;

    /// <summary>Its name.</summary>
    public string Folder => Place.Path;

    /// <summary>The directory itself: what a restart compares with.</summary>
    public FileStatus FolderStatus => Place.Status;

    /// <summary>The id it will have in the target.</summary>
    public MessageId Id { get; } = id;

    /// <summary>The name Exim does not see.</summary>
    public string StagedHeaderName { get; } = SpoolStage.StagedHeaderName(id, tag);

    /// <summary>Path of the header file until the commit, for people.</summary>
    public string StagedHeaderPath => Place.PathOf(StagedHeaderName);

    /// <summary>Path of -D, for people.</summary>
    public string BodyPath => Place.PathOf(Id.BodyName);

    /// <summary>A note for people, beside the pair.</summary>
    public string NoteName => SpoolStage.NoteName(Id);

    /// <summary>Syncs the contents of this pair, not the directory. Needless where the file system is synced as a whole.</summary>
    /// <param name="source">The claimed pair, whose -D may be linked; null: there is none, and -D is new.</param>
    public void SyncFiles(SpoolPair? source)
    {
        Posix.Sync(header, StagedHeaderPath);
        // A linked -D too: Exim synced its own, but queuefile's copies were never synced.
        if (!IsUpdate) Posix.Sync(copiedData ?? source!.Data, BodyPath);
    }

    /// <summary>The commit: the message exists for Exim when this returns.</summary>
    public void Commit() => Place.Rename(StagedHeaderName, Id.HeaderName);

    /// <summary>Takes a commit back. Legal only while the lock is held: Exim has not looked at it.</summary>
    public void Uncommit() => Place.Rename(Id.HeaderName, StagedHeaderName);

    /// <summary>Removes what was staged: -D first, the handle to it last.</summary>
    public void Abort()
    {
        if (!IsUpdate)
        {
            Place.Unlink(Id.BodyName);
            Place.Unlink(NoteName);
        }
        Place.Unlink(StagedHeaderName);
    }

    /// <summary>Lets Exim at the message (a linked -D stays locked until the claimed pair is let go).</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        header.Dispose();
        copiedData?.Dispose();
        Place.Dispose();
    }
}

/// <summary>Staging into one spool directory.</summary>
/// <param name="directory">Where the pairs appear.</param>
/// <param name="ownership">Owner and mode of what is created.</param>
/// <param name="tag">Letters and digits of this worker's ledger: tells our staged files from those of others.</param>
public sealed class SpoolStage(SpoolDirectory directory, SpoolOwnership ownership, string tag)
{
    private const int CopyBufferBytes = 256 * 1024;

    // Subdirectories, by inode, whose names are known to be durable.
    private readonly ConcurrentDictionary<ulong, bool> _durable = new();

    /// <summary>Where it stages.</summary>
    public SpoolDirectory Directory => directory;

    /// <summary>Tells the staged files of one worker from those of another.</summary>
    public string Tag => tag;

    /// <summary>The name of a header file until the commit: Exim passes over names that begin with hdr.</summary>
    public static string StagedHeaderName(MessageId id, string tag) => $"hdr.{id}.{tag}";

    /// <summary>The name of the file that says why a pair lies in held/ or corrupt/.</summary>
    public static string NoteName(MessageId id) => $"{id}.reason";

    /// <summary>Writes a note for people beside a staged pair, to go with it if it is not committed.</summary>
    public void WriteNote(StagedPair pair, string note)
    {
        var path = pair.Place.PathOf(pair.NoteName);
        using var file = pair.Place.OpenFile(pair.NoteName, Posix.O_RDWR | Posix.O_CREAT | Posix.O_TRUNC, (int)ownership.Mode);
        Owned.Give(file, path, ownership);
        Posix.Write(file, System.Text.Encoding.UTF8.GetBytes(note + "\n"), 0, path);
        // Here and not with the pair: a held message is the exception, and without its reason it is a riddle.
        Posix.Sync(file, path);
    }

    /// <summary>Stages a pair with the body of a claimed one. Null when the id is taken in this directory.</summary>
    /// <param name="header">The new -H; its id decides the names.</param>
    /// <param name="source">The claimed pair that lends its -D: as a hard link where the inode is its alone, else as a copy.</param>
    /// <param name="mayLink">False: always as a copy.</param>
    /// <exception cref="InvalidDataException">-D was written to since it was claimed: what is in it now is not what was judged.</exception>
    public StagedPair? TryStage(HeaderFile header, SpoolPair source, bool mayLink = true)
    {
        using var body = source.OpenBody();
        var staged = TryStage(header, mayLink ? source : null, body);
        if (staged is null || !source.HasChanged()) return staged;
        using (staged) staged.Abort();
        throw new InvalidDataException($"{source.BodyPath} was changed while the message was being judged");
    }

    /// <summary>Stages another -H for a claimed pair of this directory: the commit puts it in the place of the one that is there.</summary>
    public StagedPair StageUpdate(HeaderFile header, SpoolPair pair)
    {
        var folder = pair.Place.Share();
        try
        {
            // Only what died here can have left one, and the next start sweeps it.
            var staged = WriteHeader(folder, header) ?? throw new PosixException(Errno.EEXIST, "create", folder.PathOf(StagedHeaderName(header.Id, tag)));
            return new StagedPair(folder, header.Id, tag, staged, null) { IsUpdate = true };
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Stages a pair with a body of its own, in a new file. Null when the id is taken in this directory.</summary>
    /// <param name="header">The new -H; <c>-body_linecount</c> and <c>-body_zerocount</c> are set from the body.</param>
    /// <param name="body">The body: LF line ends, or CRLF when <paramref name="header"/> says wire format. Seekable: it is read twice.</param>
    public StagedPair? TryStage(HeaderFile header, Stream body) => TryStage(BodyCount.Of(body).ApplyTo(header), null, body);

    private StagedPair? TryStage(HeaderFile header, SpoolPair? source, Stream body)
    {
        var id = header.Id;
        using var top = directory.Open();
        if (directory.Holds(top, id)) return null;
        var folder = OpenFolder(top, id);
        StagedPair? staged = null;
        try
        {
            return staged = TryStage(folder, header, source, body);
        }
        finally
        {
            if (staged is null) folder.Dispose();
        }
    }

    private StagedPair? TryStage(SpoolFolder folder, HeaderFile header, SpoolPair? source, Stream body)
    {
        var id = header.Id;
        if (WriteHeader(folder, header) is not { } stagedHeader) return null;
        SafeFileHandle? copy = null;
        try
        {
            var taken = false;
            if (source is null || !TryLinkBody(folder, source, id, out taken))
            {
                if (!taken) copy = WriteBody(folder, body, id, out taken);
                if (taken)
                {
                    folder.Unlink(StagedHeaderName(id, tag));
                    stagedHeader.Dispose();
                    return null;
                }
            }
            return new StagedPair(folder, id, tag, stagedHeader, copy);
        }
        catch
        {
            stagedHeader.Dispose();
            copy?.Dispose();
            folder.TryUnlink(StagedHeaderName(id, tag));
            throw;
        }
    }

    /// <summary>Removes what a crash left staged and nobody decided to commit: our tag, no -H, no one's lock on -D.</summary>
    /// <param name="keep">Paths the ledger names: those are committed elsewhere.</param>
    /// <param name="before">What was written later is left alone; null: all of it is a dead process's.</param>
    /// <returns>Paths of the staged headers removed.</returns>
    public IReadOnlyList<string> Sweep(IReadOnlySet<string> keep, DateTimeOffset? before = null)
    {
        var removed = new List<string>();
        foreach (var place in directory.OpenFolders())
        {
            using (place) Sweep(place, keep, before, removed);
        }
        return removed;
    }

    private void Sweep(SpoolFolder folder, IReadOnlySet<string> keep, DateTimeOffset? before, List<string> removed)
    {
        var all = SpoolDirectory.NamesStartingWith(folder, "hdr.");
        foreach (var name in all)
        {
            if (keep.Contains(folder.PathOf(name)) || !TryParseStaged(name, out var id)) continue;
            if (before is { } limit && (folder.TryStatus(name, out var status) != 0 || status.Modified >= limit)) continue;
            // With another's staged header beside ours (a second worker that died too, an Exim that is receiving) -D is that one's.
            var isOurs = !folder.Exists(id.HeaderName) && !all.Exists(other => other != name && IsHeaderOf(other, id));
            if (isOurs && !TryRemoveBody(folder, id)) continue;
            if (isOurs) folder.Unlink(NoteName(id));
            folder.Unlink(name);
            removed.Add(folder.PathOf(name));
        }
    }

    private static bool IsHeaderOf(string name, MessageId id) =>
        name.StartsWith($"hdr.{id}", StringComparison.Ordinal) && (name.Length == id.Length + 4 || name[id.Length + 4] == '.');

    private bool TryParseStaged(string name, out MessageId id)
    {
        id = default;
        return name.EndsWith($".{tag}", StringComparison.Ordinal) && MessageId.TryParse(name.AsSpan(4, Math.Max(0, name.Length - tag.Length - 5)), out id);
    }

    private static bool TryRemoveBody(SpoolFolder folder, MessageId id)
    {
        var opened = folder.TryOpenFile(id.BodyName, Posix.O_RDWR | Posix.O_APPEND, 0, out var data);
        if (opened == Errno.ENOENT) return true;
        if (opened != 0) return false;
        using (data)
        {
            if (!Posix.TryLock(data!, id.BodyOffset, folder.PathOf(id.BodyName))) return false;
            folder.Unlink(id.BodyName);
            return true;
        }
    }

    // A subdirectory that is there may have been made by an Exim, or a worker that died, and its name never been synced.
    private void EnsureDurable(SpoolFolder folder, SpoolFolder top)
    {
        top.Sync();
        _durable[folder.Status.Inode] = true;
    }

    private SpoolFolder OpenFolder(SpoolFolder top, MessageId id)
    {
        if (directory.OpenFolderFor(top, id) is { } there)
        {
            if (directory.Layout == SpoolLayout.Split && !_durable.ContainsKey(there.Status.Inode)) EnsureDurable(there, top);
            return there;
        }
        var name = id.Subdirectory.ToString();
        // Exim's INPUT_DIRECTORY_MODE; made durable at once, it happens 62 times in a spool's life.
        const uint InputDirectoryMode = 0b111_101_000;
        Owned.MakeFolder(top, name, ownership with { Mode = InputDirectoryMode });
        // Still none: a file or a symlink is in the way.
        var folder = directory.OpenFolderFor(top, id) ?? throw new PosixException(Errno.ENOTDIR, "open", top.PathOf(name));
        EnsureDurable(folder, top);
        return folder;
    }

    // Null when a staged header of that id is there: a message of another intake with the same id is between stage and
    // commit (or its undoing failed). Whoever it belongs to, its commit would take ours for its own.
    private SafeFileHandle? WriteHeader(SpoolFolder folder, HeaderFile header)
    {
        var name = StagedHeaderName(header.Id, tag);
        var path = folder.PathOf(name);
        var error = folder.TryOpenFile(name, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL, (int)ownership.Mode, out var handle);
        if (error == Errno.EEXIST) return null;
        if (error != 0) throw new PosixException(error, "create", path);
        try
        {
            Owned.Give(handle!, path, ownership);
            Posix.Write(handle!, HeaderFileWriter.ToArray(header), 0, path);
            return handle!;
        }
        catch
        {
            handle!.Dispose();
            folder.TryUnlink(name);
            throw;
        }
    }

    // The open file gets the name, never what its old name leads to by now.
    private bool TryLinkBody(SpoolFolder folder, SpoolPair source, MessageId id, out bool taken)
    {
        taken = false;
        var status = Posix.Status(source.Data, source.BodyPath);
        // -D starts with its own name: another id needs another file. And a second name would let us chmod Exim's live inode.
        if (id != source.Id || status.Links != 1) return false;
        // Whoever owns it may hold it open for writing still: what was judged must not change behind our back.
        if (status.Uid != ownership.Uid) return false;
        if (status.Gid != ownership.Gid || status.Permissions != ownership.Mode)
        {
            if (Posix.EffectiveUser != 0) return false;
            Owned.Give(source.Data, source.BodyPath, ownership);
        }
        var error = folder.TryLink(source.Data, id.BodyName);
        switch (error)
        {
            case 0: return true;
            case Errno.EEXIST: taken = true; return false;
            case Errno.ENOENT or Errno.EXDEV or Errno.EMLINK or Errno.EPERM or Errno.EACCES or Errno.EOPNOTSUPP or Errno.ELOOP: return false;
            default: throw new PosixException(error, "link", folder.PathOf(id.BodyName));
        }
    }

    private SafeFileHandle? WriteBody(SpoolFolder folder, Stream body, MessageId id, out bool taken)
    {
        var path = folder.PathOf(id.BodyName);
        var error = folder.TryOpenFile(id.BodyName, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL | Posix.O_APPEND, (int)ownership.Mode, out var handle);
        taken = error == Errno.EEXIST;
        if (taken) return null;
        if (error != 0) throw new PosixException(error, "create", path);
        try
        {
            if (!Posix.TryLock(handle!, id.BodyOffset, path)) throw new PosixException(Errno.EAGAIN, "lock", path);
            Owned.Give(handle!, path, ownership);
            Posix.Write(handle!, System.Text.Encoding.ASCII.GetBytes(id.BodyName + "\n"), 0, path);
            var buffer = new byte[CopyBufferBytes];
            long to = id.BodyOffset;
            for (int n; (n = body.Read(buffer)) > 0; to += n) Posix.Write(handle!, buffer.AsSpan(0, n), to, path);
            return handle!;
        }
        catch
        {
            handle!.Dispose();
            folder.TryUnlink(id.BodyName);
            throw;
        }
    }
}
