// Follows Exim's main logs: reads on from where it was, whatever happened to the file in between. Renamed and begun anew: the
// rest of the old one first, from the handle that is still open or, after a restart, from the sibling with its inode.
// Copied and truncated: the rest from the copy, which begins with the same bytes. Several rotations at once: what lies between,
// oldest first. Compressed siblings are not read. Behind by more than Backlog, the middle is passed over, and said so. Each
// batch is committed with its position. Thread-safe. Throws IOException when a log cannot be read.
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Passes.DsnInfo;
using SpoolWorker.Spool;

namespace SpoolWorker.LogFollowing;

/// <summary>Reads logs as they grow.</summary>
internal sealed class LogFollower(DsnInfoOptions options, HistoryStore store, TimeProvider clock, ILogger<LogFollower> log) : IDisposable
{
    private const int PiecesABatch = 16;
    private const int ExpireMost = 5000;
    private static readonly TimeSpan ExpireEvery = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly LogLines _lines = new();
    private readonly Dictionary<string, SafeFileHandle> _open = [];
    private DateTimeOffset _nextExpiry;
    private TlsDeliveries _tls;

    /// <summary>Of what was read since the start.</summary>
    public TlsDeliveries Tls
    {
        get
        {
            lock (_lock) return _tls;
        }
    }

    /// <summary>Takes in all that has been written.</summary>
    public void Follow()
    {
        lock (_lock)
        {
            foreach (var path in options.MainLog) Follow(path);
            var now = clock.GetUtcNow();
            if (now < _nextExpiry && _nextExpiry - now <= ExpireEvery) return;
            _nextExpiry = now + ExpireEvery;
            while (store.Expire(now.ToUnixTimeMilliseconds(), (long)options.Keep.TotalMilliseconds, ExpireMost) == ExpireMost)
            {
                // in portions
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var handle in _open.Values) handle.Dispose();
            _open.Clear();
        }
    }

    private void Follow(string path)
    {
        var position = store.Position(path);
        var error = Posix.TryOpen(path, Posix.O_RDONLY, 0, out var file);
        if (error != 0 && error != Errno.ENOENT) throw new PosixException(error, "open", path);
        if (file is null)
        {
            // Between a rotation's rename and the next line: what was there is finished, what comes is not yet there.
            if (position is null) throw new PosixException(error, "open", path);
            if (FinishOld(path, position, default)) Commit(path, new LogPosition(), new HistoryBatch(store.Find));
            return;
        }
        var keep = false;
        try
        {
            var status = Posix.Status(file, path);
            if (!status.IsRegular) throw new IOException($"{path} is not a regular file");
            if (position is not null && !position.IsIn(file, status, path))
            {
                FinishOld(path, position, status);
                position = LogPosition.StartOf(status);
            }
            Read(path, file, position ?? LogPosition.StartOf(status), isEnded: false);
            keep = true;
        }
        finally
        {
            if (keep) Hold(path, file);
            else file.Dispose();
        }
    }

    private void Hold(string path, SafeFileHandle file)
    {
        if (_open.Remove(path, out var old)) old.Dispose();
        _open[path] = file;
    }

    // Reads what was written behind the position before the log was exchanged, and whole logs that came in between.
    private bool FinishOld(string path, LogPosition position, FileStatus current)
    {
        if (position.Inode == 0) return false;
        if (_open.Remove(path, out var held))
        {
            using (held)
            {
                var status = Posix.Status(held, path);
                if (position.IsIn(held, status, path))
                {
                    Read(path, held, position, isEnded: true);
                    ReadBetween(path, status, current);
                    return true;
                }
            }
        }
        foreach (var sibling in LogSiblings.Of(path, current).OrderByDescending(s => s.Status.Inode == position.Inode).ThenByDescending(s => s.Status.Modified))
        {
            using var file = sibling.TryOpen();
            if (file is null || !position.ContinuesIn(file, sibling.Status, sibling.Path)) continue;
            Read(path, file, position with { Inode = sibling.Status.Inode, Device = sibling.Status.Device }, isEnded: true);
            ReadBetween(path, sibling.Status, current);
            return true;
        }
        if (position.Offset > 0) log.RestLost(path);
        return true;
    }

    private void ReadBetween(string path, FileStatus old, FileStatus current)
    {
        foreach (var sibling in LogSiblings.Of(path, current).Where(s => s.Status.Modified > old.Modified && s.Status.Inode != old.Inode).OrderBy(s => s.Status.Modified))
        {
            using var file = sibling.TryOpen();
            if (file is not null) Read(path, file, LogPosition.StartOf(sibling.Status), isEnded: true);
        }
    }

    private void Read(string path, SafeFileHandle file, LogPosition position, bool isEnded)
    {
        var size = Posix.Status(file, path).Size;
        var (offset, inLongLine) = (position.Offset, position.InLongLine);
        if (size - offset > options.Backlog)
        {
            if (offset > 0) log.Behind(path, size - offset, options.Backlog);
            // Into the middle of some line: its rest is passed over.
            (offset, inLongLine) = (size - options.Backlog, true);
        }
        var start = offset;
        for (var more = true; more;)
        {
            var batch = new HistoryBatch(store.Find);
            for (var i = 0; more && i < PiecesABatch; i++) more = _lines.ReadPiece(file, path, ref offset, ref inLongLine, isEnded, batch.Add);
            // A log that is written faster than it is read must not keep us here.
            if (offset - start > options.Backlog) more = false;
            if (offset != position.Offset || position.Offset == 0) Commit(path, position = position.At(offset, inLongLine, file, path), batch);
        }
    }

    private void Commit(string path, LogPosition position, HistoryBatch batch)
    {
        store.Commit(path, position, batch, (clock.GetUtcNow() + options.Keep).ToUnixTimeMilliseconds());
        _tls += batch.Tls;
    }
}
