// Makes a pair appear in a spool directory in two steps. Stage: -H as `hdr.<id>.<tag>` (a name Exim passes over), then -D
// under its final name, locked. Commit: rename of the header file. Until then Exim does not see the message; after it the
// lock keeps Exim away until the caller lets go. Abort undoes a stage. -H comes first so that whatever a crash leaves
// behind has a `hdr.` file with our tag as its handle: see Sweep. Failing system calls throw PosixException; a name that
// is taken already is an answer, not an exception. Nothing here syncs: the caller syncs once for a group.
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
public sealed class StagedPair(string folder, FileStatus folderStatus, MessageId id, string tag, SafeFileHandle header, SafeFileHandle? copiedData) : IDisposable
{
    public string Folder { get; } = folder;

    /// <summary>The directory as it was before anything was staged in it: what a restart compares with.</summary>
    public FileStatus FolderStatus { get; } = folderStatus;

    public MessageId Id { get; } = id;

    /// <summary>The name Exim does not see.</summary>
    public string StagedHeaderPath { get; } = SpoolStage.StagedHeaderPath(folder, id, tag);

    public string HeaderPath => $"{Folder}/{Id.HeaderName}";

    public string BodyPath => $"{Folder}/{Id.BodyName}";

    /// <summary>A note for people, beside the pair.</summary>
    public string NotePath => SpoolStage.NotePath(Folder, Id);

    /// <summary>True when -D is a hard link of the claimed one (and shares its lock).</summary>
    public bool IsLink => copiedData is null;

    /// <summary>Syncs the contents of this pair, not the directory. Needless where the file system is synced as a whole.</summary>
    /// <param name="source">The claimed pair, whose -D may be linked.</param>
    public void SyncFiles(SpoolPair source)
    {
        Posix.Sync(header, StagedHeaderPath);
        // A linked -D too: Exim synced its own, but queuefile's copies were never synced.
        Posix.Sync(copiedData ?? source.Data, BodyPath);
    }

    /// <summary>The commit: the message exists for Exim when this returns.</summary>
    public void Commit()
    {
        var error = Posix.TryRename(StagedHeaderPath, HeaderPath);
        if (error != 0) throw new PosixException(error, "rename", $"{StagedHeaderPath} -> {HeaderPath}");
    }

    /// <summary>Takes a commit back. Legal only while the lock is held: Exim has not looked at it.</summary>
    public void Uncommit() => Posix.Rename(HeaderPath, StagedHeaderPath);

    /// <summary>Removes what was staged: -D first, the handle to it last.</summary>
    public void Abort()
    {
        Posix.Unlink(BodyPath);
        Posix.Unlink(NotePath);
        Posix.Unlink(StagedHeaderPath);
    }

    /// <summary>Lets Exim at the message (a linked -D stays locked until the claimed pair is let go).</summary>
    public void Dispose()
    {
        header.Dispose();
        copiedData?.Dispose();
    }
}

/// <summary>Staging into one spool directory.</summary>
/// <param name="directory">Where the pairs appear.</param>
/// <param name="ownership">Owner and mode of what is created.</param>
/// <param name="tag">Letters and digits of this worker's ledger: tells our staged files from those of others.</param>
public sealed class SpoolStage(SpoolDirectory directory, SpoolOwnership ownership, string tag)
{
    private const int CopyBufferBytes = 256 * 1024;

    public SpoolDirectory Directory => directory;

    public string Tag => tag;

    public static string StagedHeaderPath(string folder, MessageId id, string tag) => $"{folder}/hdr.{id}.{tag}";

    public static string NotePath(string folder, MessageId id) => $"{folder}/{id}.reason";

    /// <summary>Writes a note for people beside a staged pair, to go with it if it is not committed.</summary>
    public void WriteNote(StagedPair pair, string note)
    {
        using var file = Posix.Open(pair.NotePath, Posix.O_RDWR | Posix.O_CREAT | Posix.O_TRUNC, (int)ownership.Mode);
        TakeOwnership(file, pair.NotePath, ownership);
        Posix.Write(file, System.Text.Encoding.UTF8.GetBytes(note + "\n"), 0, pair.NotePath);
    }

    /// <summary>Stages a pair with the body of a claimed one. Null when the id is taken in this directory.</summary>
    /// <param name="header">The new -H; its id decides the names.</param>
    /// <param name="source">The claimed pair that lends its -D: as a hard link where the inode is its alone, else as a copy.</param>
    public StagedPair? TryStage(HeaderFile header, SpoolPair source)
    {
        using var body = source.OpenBody();
        return TryStage(header, source, body);
    }

    /// <summary>Stages a pair with a body of its own, in a new file. Null when the id is taken in this directory.</summary>
    /// <param name="header">The new -H; <c>-body_linecount</c> and <c>-body_zerocount</c> are set from the body.</param>
    /// <param name="body">The body: LF line ends, or CRLF when <paramref name="header"/> says wire format. Seekable: it is read twice.</param>
    public StagedPair? TryStage(HeaderFile header, Stream body) => TryStage(BodyCount.Of(body).ApplyTo(header), null, body);

    private StagedPair? TryStage(HeaderFile header, SpoolPair? source, Stream body)
    {
        var id = header.Id;
        if (directory.Holds(id)) return null;
        var folder = EnsureFolder(id);
        var error = Posix.TryStatus(folder + "/.", out var folderStatus);
        if (error != 0) throw new PosixException(error, "statx", folder);
        if (WriteHeader(folder, header) is not { } stagedHeader) return null;
        SafeFileHandle? copy = null;
        try
        {
            var bodyPath = $"{folder}/{id.BodyName}";
            var taken = false;
            if (source is null || !TryLinkBody(source, id, bodyPath, out taken))
            {
                if (!taken) copy = WriteBody(body, id, bodyPath, out taken);
                if (taken)
                {
                    Posix.Unlink(StagedHeaderPath(folder, id, tag));
                    stagedHeader.Dispose();
                    return null;
                }
            }
            return new StagedPair(folder, folderStatus, id, tag, stagedHeader, copy);
        }
        catch
        {
            stagedHeader.Dispose();
            copy?.Dispose();
            Posix.TryUnlink(StagedHeaderPath(folder, id, tag));
            throw;
        }
    }

    /// <summary>Removes what a crash left staged and nobody decided to commit: our tag, no -H, no one's lock on -D.</summary>
    /// <param name="keep">Paths the ledger names: those are committed elsewhere.</param>
    /// <returns>Paths of the staged headers removed.</returns>
    public IReadOnlyList<string> Sweep(IReadOnlySet<string> keep)
    {
        var removed = new List<string>();
        var all = directory.FilesStartingWith("hdr.").ToArray();
        foreach (var path in all)
        {
            if (keep.Contains(path) || !TryParseStaged(path, out var id)) continue;
            var folder = System.IO.Path.GetDirectoryName(path)!;
            // With another's staged header beside ours (a second worker that died too, an Exim that is receiving) -D is that one's.
            var isOurs = !Posix.Exists($"{folder}/{id.HeaderName}") && !all.Any(other => other != path && IsHeaderOf(other, id));
            if (isOurs && !TryRemoveBody($"{folder}/{id.BodyName}", id)) continue;
            if (isOurs) Posix.Unlink(NotePath(folder, id));
            Posix.Unlink(path);
            removed.Add(path);
        }
        return removed;
    }

    private static bool IsHeaderOf(string path, MessageId id)
    {
        var name = System.IO.Path.GetFileName(path.AsSpan());
        return name.StartsWith($"hdr.{id}", StringComparison.Ordinal) && (name.Length == id.Length + 4 || name[id.Length + 4] == '.');
    }

    private bool TryParseStaged(string path, out MessageId id)
    {
        id = default;
        var name = System.IO.Path.GetFileName(path.AsSpan());
        return name.EndsWith($".{tag}", StringComparison.Ordinal) && MessageId.TryParse(name[4..^(tag.Length + 1)], out id);
    }

    private static bool TryRemoveBody(string path, MessageId id)
    {
        var opened = Posix.TryOpen(path, Posix.O_RDWR | Posix.O_APPEND, 0, out var data);
        if (opened == Errno.ENOENT) return true;
        if (opened != 0) return false;
        using (data)
        {
            if (!Posix.TryLock(data!, id.BodyOffset, path)) return false;
            Posix.Unlink(path);
            return true;
        }
    }

    private string EnsureFolder(MessageId id)
    {
        var folder = directory.FolderFor(id);
        if (directory.Layout == SpoolLayout.Flat) return folder;
        // Exim's INPUT_DIRECTORY_MODE; made durable at once, it happens 62 times in a spool's life.
        var made = Posix.TryMakeDirectory(folder, 0b111_101_000);
        if (made == Errno.EEXIST) return folder;
        if (made != 0) throw new PosixException(made, "mkdir", folder);
        using var handle = Posix.OpenDirectory(folder);
        TakeOwnership(handle, folder, ownership with { Mode = 0b111_101_000 });
        Posix.SyncDirectory(directory.Path);
        return folder;
    }

    // Null when a staged header of that id is there: a message of another intake with the same id is between stage and
    // commit (or its undoing failed). Whoever it belongs to, its commit would take ours for its own.
    private SafeFileHandle? WriteHeader(string folder, HeaderFile header)
    {
        var path = StagedHeaderPath(folder, header.Id, tag);
        var error = Posix.TryOpen(path, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL, (int)ownership.Mode, out var handle);
        if (error == Errno.EEXIST) return null;
        if (error != 0) throw new PosixException(error, "create", path);
        try
        {
            TakeOwnership(handle!, path, ownership);
            Posix.Write(handle!, HeaderFileWriter.ToArray(header), 0, path);
            return handle!;
        }
        catch
        {
            handle!.Dispose();
            Posix.TryUnlink(path);
            throw;
        }
    }

    private bool TryLinkBody(SpoolPair source, MessageId id, string path, out bool taken)
    {
        taken = false;
        // -D starts with its own name: another id needs another file. And a second name would let us chmod Exim's live inode.
        if (id != source.Id || !source.DataIsOursAlone || source.RefreshData().Links != 1) return false;
        var status = source.DataStatus;
        if (status.Uid != ownership.Uid || status.Gid != ownership.Gid || status.Permissions != ownership.Mode)
        {
            if (Posix.EffectiveUser != 0) return false;
            TakeOwnership(source.Data, source.BodyPath, ownership);
        }
        var error = Posix.TryLink(source.BodyPath, path);
        switch (error)
        {
            case 0: return true;
            case Errno.EEXIST: taken = true; return false;
            case Errno.EXDEV or Errno.EMLINK or Errno.EPERM or Errno.EACCES or Errno.EOPNOTSUPP: return false;
            default: throw new PosixException(error, "link", path);
        }
    }

    private SafeFileHandle? WriteBody(Stream body, MessageId id, string path, out bool taken)
    {
        var error = Posix.TryOpen(path, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL | Posix.O_APPEND, (int)ownership.Mode, out var handle);
        taken = error == Errno.EEXIST;
        if (taken) return null;
        if (error != 0) throw new PosixException(error, "create", path);
        try
        {
            if (!Posix.TryLock(handle!, id.BodyOffset, path)) throw new PosixException(Errno.EAGAIN, "lock", path);
            TakeOwnership(handle!, path, ownership);
            Posix.Write(handle!, System.Text.Encoding.ASCII.GetBytes(id.BodyName + "\n"), 0, path);
            var buffer = new byte[CopyBufferBytes];
            long to = id.BodyOffset;
            for (int n; (n = body.Read(buffer)) > 0; to += n) Posix.Write(handle!, buffer.AsSpan(0, n), to, path);
            return handle!;
        }
        catch
        {
            handle!.Dispose();
            Posix.TryUnlink(path);
            throw;
        }
    }

    private static void TakeOwnership(SafeFileHandle handle, string path, SpoolOwnership wanted)
    {
        var status = Posix.Status(handle, path);
        if (status.Uid != wanted.Uid || status.Gid != wanted.Gid) Posix.SetOwner(handle, wanted.Uid, wanted.Gid, path);
        if (status.Permissions != wanted.Mode) Posix.SetMode(handle, wanted.Mode, path);
    }
}
