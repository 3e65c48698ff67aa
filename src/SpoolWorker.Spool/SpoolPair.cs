// A claimed spool pair: -D open and locked with Exim's own lock, -H read. While it is claimed no Exim and no other worker
// touches the message. It reads, it never writes into either file. Claim() tells apart what is normal life of a spool
// (busy, gone, half written) from what is broken; only failing system calls throw.
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>What an attempt to claim a pair came to.</summary>
public enum ClaimResult
{
    /// <summary>Locked by us, -H read.</summary>
    Claimed,

    /// <summary>Another process holds Exim's lock on -D.</summary>
    Busy,

    /// <summary>No -H any more.</summary>
    Gone,

    /// <summary>-H is there, -D is not (queuefile writes -H first).</summary>
    Incomplete,

    /// <summary>A symlink, a fifo, a -H out of bounds, a file that was exchanged: see the error.</summary>
    Bad,
}

/// <summary>A pair that is ours until disposed.</summary>
public sealed class SpoolPair : IDisposable
{
    private bool _hasNoJournal, _isExchanged, _isDisposed;

    private SpoolPair(SpoolFolder place, MessageId id, SafeFileHandle data, FileStatus dataStatus, byte[] headerBytes, FileStatus headerStatus)
    {
        Place = place;
        Id = id;
        Data = data;
        DataStatus = dataStatus;
        HeaderBytes = headerBytes;
        HeaderStatus = headerStatus;
    }

    /// <summary>The folder the pair lies in.</summary>
    public SpoolFolder Place { get; }

    /// <summary>Its name.</summary>
    public string Folder => Place.Path;

    /// <summary>Exim's id, from the names of the files.</summary>
    public MessageId Id { get; }

    /// <summary>-D, open for reading and locked. Read it with RandomAccess only; its position is not ours to move.</summary>
    public SafeFileHandle Data { get; }

    /// <summary>-D as it was when claimed.</summary>
    public FileStatus DataStatus { get; private set; }

    /// <summary>The bytes of -H when claimed.</summary>
    public ReadOnlyMemory<byte> HeaderBytes { get; }

    /// <summary>-H as it was when claimed.</summary>
    public FileStatus HeaderStatus { get; }

    /// <summary>Path of -D, for people: work goes by descriptor.</summary>
    public string BodyPath => $"{Folder}/{Id.BodyName}";

    /// <summary>True when no other name leads to -D's inode: else it is Exim's live file and may not be touched.</summary>
    public bool DataIsOursAlone => DataStatus.Links == 1;

    /// <summary>Claims a pair of this directory.</summary>
    public static ClaimResult Claim(SpoolDirectory directory, MessageId id, out SpoolPair? pair, out SpoolParseError? error)
    {
        pair = null;
        error = null;
        using var folder = directory.OpenFolderWith(id, 'H');
        return folder is null ? ClaimResult.Gone : Claim(folder, id, out pair, out error);
    }

    /// <summary>Claims a pair of a folder in which its -H was seen.</summary>
    public static ClaimResult Claim(SpoolFolder folder, MessageId id, out SpoolPair? pair, out SpoolParseError? error)
    {
        pair = null;
        error = null;
        var bodyPath = folder.PathOf(id.BodyName);
        var opened = folder.TryOpenFile(id.BodyName, Posix.O_RDWR | Posix.O_APPEND, 0, out var data);
        if (opened == Errno.ENOENT) return folder.Exists(id.HeaderName) ? ClaimResult.Incomplete : ClaimResult.Gone;
        if (opened is Errno.ELOOP or Errno.EISDIR or Errno.ENXIO) return Bad($"{id.BodyName} is not a regular file", out error);
        if (opened != 0) throw new PosixException(opened, "open", bodyPath);
        var keep = false;
        try
        {
            var status = Posix.Status(data!, bodyPath);
            if (!status.IsRegular) return Bad($"{id.BodyName} is not a regular file", out error);
            if (!Posix.TryLock(data!, id.BodyOffset, bodyPath)) return ClaimResult.Busy;
            // The name may have changed its file between open and lock: Exim removed the message, queuefile brought it again.
            if (folder.TryStatus(id.BodyName, out var named) != 0 || (named.Inode, named.Device) != (status.Inode, status.Device)) return ClaimResult.Busy;
            status = named;
            var read = ReadBounded(folder, id.HeaderName, SpoolLimits.MaxHeaderFileBytes, out var header, out var headerStatus, out error);
            if (read != ClaimResult.Claimed) return read;
            pair = new SpoolPair(folder.Share(), id, data!, status, header!, headerStatus);
            keep = true;
            return ClaimResult.Claimed;
        }
        finally
        {
            if (!keep) data!.Dispose();
        }
    }

    /// <summary>The exact bytes of the body, as they were when claimed or refreshed. Several streams may be open at once;
    /// none moves or closes the lock's handle.</summary>
    public Stream OpenBody() => new BodyStream(Data, BodyPath, Id.BodyOffset, Math.Max(0, DataStatus.Size - Id.BodyOffset));

    /// <summary>Addresses in -J: Exim delivered them and was stopped before it wrote so into -H. None without -J; false when
    /// what is there cannot be a journal.</summary>
    public bool TryReadJournal(out IReadOnlyList<ReadOnlyMemory<byte>> delivered, out SpoolParseError? error)
    {
        var read = ReadBounded(Place, Id.JournalName, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out error);
        _hasNoJournal = read == ClaimResult.Gone;
        delivered = read == ClaimResult.Claimed ? Journal.Read(bytes!) : [];
        return read is ClaimResult.Claimed or ClaimResult.Gone;
    }

    /// <summary>Looks at -D again: its size, time and number of names may have changed since.</summary>
    public FileStatus RefreshData() => DataStatus = Posix.Status(Data, BodyPath);

    /// <summary>Whether -D was written to since it was claimed or refreshed: by who held it open before, for our lock keeps Exim away.</summary>
    public bool HasChanged()
    {
        var now = Posix.Status(Data, BodyPath);
        return now.Size != DataStatus.Size || now.Modified != DataStatus.Modified;
    }

    /// <summary>Removes the pair: -H first, as Exim does, so that no one takes it for present; then -J and -D.</summary>
    public void Remove()
    {
        RemoveHeader();
        RemoveRest();
    }

    /// <summary>The first half of <see cref="Remove"/>. A pair of which a file was exchanged since the claim is not the one
    /// that was judged: all of it stays, for the next look.</summary>
    public void RemoveHeader()
    {
        _isExchanged = IsExchanged(Id.HeaderName, HeaderStatus) || IsExchanged(Id.BodyName, DataStatus);
        if (!_isExchanged) Place.Unlink(Id.HeaderName);
    }

    /// <summary>The second half: -J and -D when -H is gone. A -H or -D of that name may be a new message's by now.</summary>
    public void RemoveRest()
    {
        if (_isExchanged || IsExchanged(Id.BodyName, DataStatus)) return;
        // Only who holds the lock makes a -J, and that is us.
        if (!_hasNoJournal) Place.Unlink(Id.JournalName);
        Place.Unlink(Id.BodyName);
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        Data.Dispose();
        Place.Dispose();
    }

    /// <summary>Reads a whole small file: never through a symlink, never a fifo, never more than the bound.</summary>
    public static ClaimResult ReadBounded(string path, long bound, out byte[]? bytes, out FileStatus status, out SpoolParseError? error) =>
        ReadBounded(Posix.TryOpen(path, Posix.O_RDONLY, 0, out var handle), handle, path, bound, out bytes, out status, out error);

    /// <summary>The same from an open folder.</summary>
    public static ClaimResult ReadBounded(SpoolFolder folder, string name, long bound, out byte[]? bytes, out FileStatus status, out SpoolParseError? error) =>
        ReadBounded(folder.TryOpenFile(name, Posix.O_RDONLY, 0, out var handle), handle, folder.PathOf(name), bound, out bytes, out status, out error);

    private static ClaimResult ReadBounded(int opened, SafeFileHandle? handle, string path, long bound, out byte[]? bytes, out FileStatus status, out SpoolParseError? error)
    {
        bytes = null;
        status = default;
        error = null;
        var name = System.IO.Path.GetFileName(path);
        if (opened == Errno.ENOENT) return ClaimResult.Gone;
        if (opened is Errno.ELOOP or Errno.ENXIO) return Bad($"{name} is not a regular file", out error);
        if (opened != 0) throw new PosixException(opened, "open", path);
        using (handle)
        {
            status = Posix.Status(handle!, path);
            if (!status.IsRegular) return Bad($"{name} is not a regular file", out error);
            if (status.Size > bound)
            {
                error = new SpoolParseError(SpoolParseErrorKind.TooLarge, bound, $"{name} has {status.Size} bytes, the bound is {bound}");
                return ClaimResult.Bad;
            }
            bytes = new byte[status.Size];
            var got = 0;
            for (int n; got < bytes.Length && (n = Posix.Read(handle!, bytes.AsSpan(got), got, path)) > 0;) got += n;
            if (got < bytes.Length) Array.Resize(ref bytes, got);
            return ClaimResult.Claimed;
        }
    }

    private bool IsExchanged(string name, in FileStatus judged) => Place.TryStatus(name, out var named) == 0 && (named.Inode, named.Device) != (judged.Inode, judged.Device);

    private static ClaimResult Bad(string reason, out SpoolParseError? error)
    {
        error = new SpoolParseError(SpoolParseErrorKind.NotRegularFile, 0, reason);
        return ClaimResult.Bad;
    }
}
