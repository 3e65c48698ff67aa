// The library's view of one table: opened once in this process, as LMDB demands (its record locks would be lost), shared
// by whoever writes the table or holds a state of it. Writes come through a queue to one thread, which a transaction
// belongs to; those that wait together are committed together, with one sync. A caller waits for his turn no longer than
// he says (another process may hold the lock for long). The map grows by itself; a file put in the place of the old one
// is taken up at the next write; a file changed behind LMDB's back is refused.
// A commit that returned is on disk; one that failed changed nothing.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Passes.Lookup.Files;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>An open table of the library.</summary>
internal sealed unsafe class LmdbEnvironment
{
    private const int MostTogether = 256, MostAttempts = 64;

    private static readonly Dictionary<string, LmdbEnvironment> Open = [];
    private readonly LmdbNative _library;
    private readonly string _path;
    private readonly Lock _handle = new();
    private readonly Queue<LmdbJob> _queue = [];
    private int _users, _pins;
    private nint _env;
    private LmdbMap? _map;
    private long _size;
    private Thread? _writer;

    private LmdbEnvironment(LmdbNative library, string path) => (_library, _path) = (library, path);

    /// <summary>The table's environment, opened at its first use; to be released.</summary>
    public static bool TryAcquire(string path, [NotNullWhen(true)] out LmdbEnvironment? environment, [NotNullWhen(false)] out string? error)
    {
        environment = null;
        if (!LmdbNative.TryGet(out var library, out error)) return false;
        path = Path.GetFullPath(path);
        lock (Open)
        {
            if (!Open.TryGetValue(path, out environment)) Open[path] = environment = new LmdbEnvironment(library, path);
            environment._users++;
        }
        return true;
    }

    public void Release()
    {
        lock (Open)
        {
            if (--_users > 0) return;
            Open.Remove(_path);
            // The last one: its writes are done, since each waits for its own, or it was given up and ends by itself.
            lock (_queue)
            {
                if (_writer is null) Close();
                else Monitor.Pulse(_queue);
            }
        }
    }

    /// <summary>Runs work in a transaction of its own or together with others'; returns when it is on disk.</summary>
    public bool TryWrite(Action<LmdbTransaction> work, long room, TimeSpan patience, [NotNullWhen(false)] out string? error)
    {
        var job = new LmdbJob(work, room);
        lock (_queue)
        {
            _queue.Enqueue(job);
            if (_writer is null)
            {
                _writer = new Thread(Serve) { IsBackground = true, Name = $"table {Path.GetFileName(_path)}" };
                _writer.Start();
            }
            Monitor.Pulse(_queue);
        }
        if (!job.Started.Wait(patience) && job.TryAbandon())
        {
            error = $"{_path}: another process has been writing it for {patience.TotalSeconds:0.#} s";
            return false;
        }
        job.Done.Wait();
        job.Thrown?.Throw();
        error = job.Error;
        return error is null;
    }

    /// <summary>Keeps the pages of the newest state from being used again, until <see cref="Unpin"/>.</summary>
    public bool TryPin(out nint pin, out ulong transaction, [NotNullWhen(false)] out string? error)
    {
        (pin, transaction) = (0, 0);
        lock (_handle)
        {
            for (var attempt = 0; attempt < MostAttempts; attempt++)
            {
                if (!EnsureOpen(out error)) return false;
                nint reader;
                var code = _library.TxnBegin(_env, 0, LmdbNative.ReadOnly, &reader);
                if (code == LmdbCode.MapResized)
                {
                    _library.EnvSetMapSize(_env, 0);
                    continue;
                }
                if (code != LmdbCode.Success)
                {
                    error = $"{_path}: {_library.Text(code)}";
                    return false;
                }
                (pin, transaction) = (reader, _library.TxnId(reader));
                _pins++;
                return true;
            }
            error = $"{_path}: grows too fast to be read";
            return false;
        }
    }

    public void Unpin(nint pin)
    {
        lock (_handle)
        {
            _library.TxnAbort(pin);
            _pins--;
        }
    }

    /// <summary>Processes that hold a state now, stale ones cleared; and the map size.</summary>
    public bool TryInfo(out int readers, out LmdbInfo info, [NotNullWhen(false)] out string? error)
    {
        (readers, info) = (0, default);
        lock (_handle)
        {
            if (!EnsureOpen(out error)) return false;
            readers = LmdbOpening.CountReaders(_library, _env);
            LmdbInfo found;
            _library.EnvInfo(_env, &found);
            info = found;
            return true;
        }
    }

    private void Serve()
    {
        while (true)
        {
            List<LmdbJob> jobs;
            lock (_queue)
            {
                while (_queue.Count == 0)
                {
                    if (_users == 0)
                    {
                        _writer = null;
                        Close();
                        return;
                    }
                    Monitor.Wait(_queue);
                }
                jobs = [];
                while (jobs.Count < MostTogether && _queue.TryDequeue(out var job)) jobs.Add(job);
            }
            Serve(jobs);
        }
    }

    private void Serve(List<LmdbJob> jobs)
    {
        for (var attempt = 0; jobs.Count > 0; attempt++)
        {
            try
            {
                if (attempt >= MostAttempts) throw new InvalidDataException("cannot be written: its map does not become large enough");
                if (!TryTransaction(jobs, out var error)) End(jobs, error);
                else if (error is null) End(jobs, null);
            }
            catch (LmdbJobException e)
            {
                // Its own fault: the others are run again without it.
                jobs.Remove(e.Job);
                e.Job.End(null, ExceptionDispatchInfo.Capture(e.InnerException!));
            }
            catch (Exception e) when (e is IOException or InvalidDataException or ArgumentOutOfRangeException or UnauthorizedAccessException)
            {
                End(jobs, e is ArgumentOutOfRangeException ? $"{_path}: is broken" : $"{_path}: {e.Message}");
            }
        }
    }

    private static void End(List<LmdbJob> jobs, string? error)
    {
        foreach (var job in jobs) job.End(error, null);
        jobs.Clear();
    }

    // True with a null error: committed, or nothing left to do. True with an error: to be tried again. False: failed.
    private bool TryTransaction(List<LmdbJob> jobs, out string? error)
    {
        lock (_handle)
        {
            if (!EnsureOpen(out error)) return false;
            if (jobs.Sum(job => job.Room) is > 0 and var room) MakeRoom(room);
        }
        // Not under the lock: it waits for other processes.
        nint transaction;
        var code = _library.TxnBegin(_env, 0, 0, &transaction);
        jobs.RemoveAll(job => !job.TryStart());
        if (code == LmdbCode.MapResized) return Again(_library.EnvSetMapSize(_env, 0), out error);
        if (code != LmdbCode.Success) return Failed(code, out error);
        var committed = false;
        LmdbTransaction? work = null;
        try
        {
            if (jobs.Count == 0) return true;
            if (!TryCheckState(transaction, out var check, out error)) return false;
            work = LmdbTransaction.On(_library, transaction, check);
            foreach (var job in jobs) job.Run(work);
            work.CloseCursor();
            using (var file = Writable()) LmdbPadding.Ahead(file, check.Meta, work.Written);
            code = _library.TxnCommit(transaction);
            committed = true;
            if (code == LmdbCode.MapFull) return Grow(out error);
            if (code != LmdbCode.Success) return Failed(code, out error);
            PadBehind();
            lock (_handle) _size = Used(_map!);
            return true;
        }
        catch (LmdbException e) when (e.Code == LmdbCode.MapFull)
        {
            work?.CloseCursor();
            _library.TxnAbort(transaction);
            committed = true;
            return Grow(out error);
        }
        finally
        {
            if (!committed)
            {
                work?.CloseCursor();
                _library.TxnAbort(transaction);
            }
        }
    }

    // The library numbers its transactions in the lock file. Where that number does not follow the data file's, the data
    // file was put there while others had the old one open: a commit would be lost, or worse.
    private bool TryCheckState(nint transaction, [NotNullWhen(true)] out LmdbPageCheck? check, [NotNullWhen(false)] out string? error)
    {
        check = null;
        var size = _map!.Size(out var outgrown);
        if (outgrown)
        {
            if (!LmdbMap.TryOpen(_path, out var larger, out error)) return false;
            _map.Dispose();
            _map = larger;
            size = _map.Size(out _);
        }
        var snapshot = LmdbSnapshot.Take(_map, size);
        if (_library.TxnId(transaction) != snapshot.Meta.Transaction + 1)
        {
            error = $"{_path}: was exchanged while others have the old one open; stop them, or remove {_path}-lock and start them again";
            return false;
        }
        var flags = snapshot.Meta.Main.Flags;
        error = LmdbFormat.Unreadable(flags) ?? ((flags & LmdbFormat.Duplicates) != 0 ? "keeps several values for a key (dupsort)" : null);
        if (error is not null)
        {
            error = $"{_path}: {error}: dump it and import the dump into a new table";
            return false;
        }
        LmdbPageCheck.InspectFile(_map);
        check = new LmdbPageCheck(snapshot);
        check.InspectFree();
        error = null;
        return true;
    }

    // Where a commit took more pages than was thought: in a transaction that does nothing, for its lock.
    private void PadBehind()
    {
        if (LmdbPadding.IsThere(_map!.TrueSize(), Newest())) return;
        nint transaction;
        if (_library.TxnBegin(_env, 0, 0, &transaction) != LmdbCode.Success) return;
        try
        {
            using var file = Writable();
            LmdbPadding.Behind(file, Newest());
        }
        finally
        {
            _library.TxnAbort(transaction);
        }
    }

    // Bytes of the file that hold pages; what is behind them may go.
    private static long Used(LmdbMap map) => Math.Min(map.TrueSize(), ((long)LmdbSnapshot.Take(map, map.Size(out _)).Meta.LastPage + 1) * map.PageSize);

    private LmdbMeta Newest() => LmdbSnapshot.Take(_map!, _map!.Size(out _)).Meta;

    // The library's own descriptor: closing another one would be harmless here, but the name may mean another file by now.
    private SafeFileHandle Writable()
    {
        int descriptor;
        _library.EnvGetFd(_env, &descriptor);
        return new SafeFileHandle(descriptor, ownsHandle: false);
    }

    private bool Grow(out string? error)
    {
        lock (_handle)
        {
            LmdbInfo info;
            _library.EnvInfo(_env, &info);
            return Again(_library.EnvSetMapSize(_env, (nuint)LmdbGrowth.Next((long)info.MapSize)), out error);
        }
    }

    // Large work runs once, not once for each time the map turns out too small. What cannot be had now is had then.
    private void MakeRoom(long room)
    {
        LmdbInfo info;
        _library.EnvInfo(_env, &info);
        var wanted = LmdbGrowth.Whole(_map!.TrueSize() + room);
        if ((long)info.MapSize < wanted) _ = _library.EnvSetMapSize(_env, (nuint)wanted);
    }

    private bool Again(int code, out string? error)
    {
        error = code == LmdbCode.Success ? "again" : $"{_path}: {_library.Text(code)}";
        return code == LmdbCode.Success;
    }

    private bool Failed(int code, out string error)
    {
        error = $"{_path}: {_library.Text(code)}";
        // After a failed write of the meta page the environment refuses everything; a new one does not.
        if (code is LmdbCode.Panic or LmdbCode.Invalid or LmdbCode.Corrupted) CloseIfUnpinned();
        return false;
    }

    // Under _handle.
    private bool EnsureOpen([NotNullWhen(false)] out string? error)
    {
        if (_env != 0)
        {
            if (!LookupFile.TryLook(_path, out _, out var now, out error)) return false;
            // LMDB's files never shrink. The library would run off the end of one that was cut.
            if ((now.Device, now.Inode) == (_map!.Status.Device, _map.Status.Inode) && now.Size >= _size) return true;
            if (!CloseIfUnpinned())
            {
                error = $"{_path}: was exchanged while it is being read";
                return false;
            }
        }
        if (!LmdbMap.TryOpen(_path, out var map, out error)) return false;
        if (!LmdbPageCheck.TryInspectFile(map, _path, out error))
        {
            map.Dispose();
            return false;
        }
        if (!LmdbOpening.TryOpen(_library, _path, map.Status, out _env, out error))
        {
            map.Dispose();
            return false;
        }
        (_map, _size) = (map, Used(map));
        return true;
    }

    private bool CloseIfUnpinned()
    {
        lock (_handle)
        {
            if (_pins > 0) return false;
            Close();
            return true;
        }
    }

    private void Close()
    {
        lock (_handle)
        {
            if (_env != 0) _library.EnvClose(_env);
            _env = 0;
            _map?.Dispose();
            _map = null;
        }
    }
}
