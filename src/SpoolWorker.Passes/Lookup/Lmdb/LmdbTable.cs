// A table in a file of LMDB 0.9, as Exim's lmdb lookup reads it: one file (MDB_NOSUBDIR), the unnamed database, keys
// without a trailing NUL. Reads see one whole state, never wait, and need neither the lock file nor the library. Writes
// are transactions in place, on disk when they return. Nothing here throws for what a file or another process does: a
// missing, broken, foreign or busy table is the state Unavailable, or false with a reason. Safe for use by many threads.
using System.Diagnostics.CodeAnalysis;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>Sees a row; false ends the scan.</summary>
public delegate bool LmdbVisitor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

/// <summary>A table to read and write.</summary>
public sealed class LmdbTable(string path, TimeProvider? clock = null) : IDisposable
{
    private const int MostAttempts = 1000;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>How long a writer waits for others at most, if it does not say.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _opening = new();
    private volatile LmdbMap? _map;
    private long _looked;
    private LmdbEnvironment? _environment;
    private bool _disposed;

    private delegate TResult Reading<in TState, out TResult>(LmdbSnapshot snapshot, TState state) where TState : allows ref struct;

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Why the table cannot be read now; null when it can.</summary>
    public string? Fault() => TryRead(0, static (_, _) => 0, out _, out var reason) ? null : reason;

    /// <summary>Looks a key up.</summary>
    public LookupState Find(ReadOnlySpan<byte> key, out byte[]? value, out string? reason)
    {
        if (!TryRead(key, static (snapshot, k) => snapshot.TryGet(k, out var found) ? found.ToArray() : null, out value, out reason)) return LookupState.Unavailable;
        return value is null ? LookupState.NotFound : LookupState.Found;
    }

    /// <summary>Looks up the first of several keys that is there, all in one state of the table.</summary>
    public LookupState FindFirst(IEnumerable<byte[]> keys, out byte[]? value, out string? reason)
    {
        if (!TryRead(keys, First, out value, out reason)) return LookupState.Unavailable;
        return value is null ? LookupState.NotFound : LookupState.Found;

        static byte[]? First(LmdbSnapshot snapshot, IEnumerable<byte[]> keys)
        {
            foreach (var key in keys)
            {
                if (snapshot.TryGet(key, out var found)) return found.ToArray();
            }
            return null;
        }
    }

    /// <summary>Shows the rows from a key on, in the order of their bytes, all of one state.</summary>
    public bool TryScan(ReadOnlySpan<byte> from, LmdbVisitor visit, [NotNullWhen(false)] out string? reason)
    {
        if (!TryMap(out var map, out reason)) return false;
        using var held = new Held(map);
        if (!held.IsHeld) return TryScan(from, visit, out reason);
        // Held in the lock file where that can be; else the state must outlast the scan by itself.
        nint pin = 0;
        ulong transaction = 0;
        var environment = TryEnvironment(out var acquired, out _) && acquired.TryPin(out pin, out transaction, out _) ? acquired : null;
        try
        {
            var size = map.Size(out var outgrown);
            if (outgrown) return Outgrown(map) && TryScan(from, visit, out reason);
            var snapshot = LmdbSnapshot.Take(map, size, environment is null ? null : transaction);
            if ((reason = Unreadable(snapshot)) is not null) return false;
            var cursor = new LmdbCursor(snapshot, snapshot.Meta.Main);
            for (var more = cursor.Seek(from); more; more = cursor.Next())
            {
                if (cursor.EnteredLeaf && environment is null && !snapshot.IsStill())
                {
                    reason = $"{path}: was written while it was read, and its lock file cannot be used to hold a state";
                    return false;
                }
                if (!visit(cursor.Key, cursor.Value)) break;
            }
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentOutOfRangeException)
        {
            reason = Broken(e);
            return false;
        }
        finally
        {
            environment?.Unpin(pin);
        }
    }

    /// <summary>What the table is made of.</summary>
    public bool TryStatistics([NotNullWhen(true)] out LmdbStatistics? statistics, [NotNullWhen(false)] out string? reason)
    {
        statistics = null;
        var readers = TryEnvironment(out var environment, out _) && environment.TryInfo(out var count, out _, out _) ? count : (int?)null;
        if (!TryRead(readers, static (snapshot, readers) => Statistics(snapshot, readers), out var found, out reason)) return false;
        statistics = found! with { FileSize = _map?.TrueSize() ?? 0 };
        return true;
    }

    /// <summary>Sets the value of a key.</summary>
    public bool TryPut(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, [NotNullWhen(false)] out string? error, TimeSpan? patience = null)
    {
        if ((error = LmdbKey.Fault(key)) is not null) return false;
        var (k, v) = (key.ToArray(), value.ToArray());
        return TryWrite(t => t.Put(k, v), out error, patience);
    }

    /// <summary>Removes a key; that it is not there is no error.</summary>
    public bool TryDelete(ReadOnlySpan<byte> key, out bool deleted, [NotNullWhen(false)] out string? error, TimeSpan? patience = null)
    {
        var k = key.ToArray();
        var done = false;
        var written = TryWrite(t => done = t.Delete(k), out error, patience);
        deleted = done;
        return written;
    }

    /// <summary>Runs work in one transaction: all of it is on disk when this returns true, and nothing of it when it returns false
    /// or throws what the work threw. The work may be run more than once (when the map grows) and together with others'.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="error">Why nothing was done.</param>
    /// <param name="patience">How long to wait for other processes.</param>
    /// <param name="room">Bytes the work is thought to add; large work is run once then.</param>
    public bool TryWrite(Action<LmdbTransaction> work, [NotNullWhen(false)] out string? error, TimeSpan? patience = null, long room = 0) =>
        TryEnvironment(out var environment, out error) && environment.TryWrite(work, room, patience ?? DefaultPatience, out error);

    /// <summary>Makes the file when there is none.</summary>
    public bool TryCreate(LmdbFileOptions options, [NotNullWhen(false)] out string? error) =>
        Posix.TryStatus(path, out _) == 0 ? NoError(out error) : TryCreate(options, null, out var exists, out error) || (exists && NoError(out error));

    private static bool NoError(out string? error)
    {
        error = null;
        return true;
    }

    /// <summary>Makes the file with what the work puts in; fails when there is one.</summary>
    public bool TryCreate(LmdbFileOptions options, Action<LmdbTransaction>? work, out bool exists, [NotNullWhen(false)] out string? error, long room = 0) =>
        LmdbOpening.TryCreate(path, options, work, room, out exists, out error);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_opening)
        {
            _disposed = true;
            _environment?.Release();
            _environment = null;
            _map?.Dispose();
            _map = null;
        }
    }

    private bool TryRead<TState, TResult>(TState state, Reading<TState, TResult> read, out TResult? result, [NotNullWhen(false)] out string? reason) where TState : allows ref struct
    {
        result = default;
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            if (!TryMap(out var map, out reason)) return false;
            using var held = new Held(map);
            if (!held.IsHeld) continue;
            LmdbSnapshot? snapshot = null;
            try
            {
                var size = map.Size(out var outgrown);
                if (outgrown && Outgrown(map)) continue;
                snapshot = LmdbSnapshot.Take(map, size);
                if ((reason = Unreadable(snapshot.Value)) is not null) return false;
                result = read(snapshot.Value, state);
                if (snapshot.Value.IsStill()) return true;
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentOutOfRangeException)
            {
                // What was overwritten while it was read looks broken, too.
                if (snapshot is { } taken && IsWhole(map) && !taken.IsStill()) continue;
                reason = Broken(e);
                return false;
            }
        }
        reason = $"{path}: is written faster than it can be read";
        return false;
    }

    private static bool IsWhole(LmdbMap map) => map.Size(out _) >= LmdbFormat.MetaPages * map.PageSize;

    private string Broken(Exception e) => $"{path}: {(e is InvalidDataException ? e.Message : "is broken")}";

    private string? Unreadable(LmdbSnapshot snapshot) => LmdbFormat.Unreadable(snapshot.Meta.Main.Flags) is { } fault ? $"{path}: {fault}" : null;

    private static LmdbStatistics Statistics(LmdbSnapshot snapshot, int? readers)
    {
        var (meta, main) = (snapshot.Meta, snapshot.Meta.Main);
        long free = 0;
        var cursor = new LmdbCursor(snapshot, meta.Free);
        for (var more = cursor.Seek([]); more; more = cursor.Next()) free += (long)LmdbFormat.U64(cursor.Value, 0);
        return new LmdbStatistics
        {
            Entries = (long)main.Entries,
            Depth = main.Depth,
            PageSize = meta.PageSize,
            BranchPages = (long)main.BranchPages,
            LeafPages = (long)main.LeafPages,
            OverflowPages = (long)main.OverflowPages,
            FreePages = free,
            MapSize = (long)meta.MapSize,
            Transaction = (long)meta.Transaction,
            Readers = readers,
            SeveralValues = (main.Flags & LmdbFormat.Duplicates) != 0,
        };
    }

    // The map as it is, looked at now and then: another file may have been put in its place.
    private bool TryMap([NotNullWhen(true)] out LmdbMap? map, [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        map = _map;
        if (map is not null && _clock.GetElapsedTime(Interlocked.Read(ref _looked)) < LookAgain) return true;
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            map = _map;
            if (map is not null)
            {
                if (LookupFile.TryLook(path, out _, out var now, out reason) && (now.Device, now.Inode) == (map.Status.Device, map.Status.Inode))
                {
                    Interlocked.Exchange(ref _looked, _clock.GetTimestamp());
                    return true;
                }
                Drop(map);
            }
            if (!LmdbMap.TryOpen(path, out map, out reason)) return false;
            _map = map;
            Interlocked.Exchange(ref _looked, _clock.GetTimestamp());
            return true;
        }
    }

    // A larger file wants a larger map.
    private bool Outgrown(LmdbMap map)
    {
        lock (_opening)
        {
            if (_map == map) Drop(map);
            return true;
        }
    }

    private void Drop(LmdbMap map)
    {
        _map = null;
        map.Dispose();
    }

    private bool TryEnvironment([NotNullWhen(true)] out LmdbEnvironment? environment, [NotNullWhen(false)] out string? error)
    {
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            error = null;
            environment = _environment;
            if (environment is not null) return true;
            if (!LmdbEnvironment.TryAcquire(path, out environment, out error)) return false;
            _environment = environment;
            return true;
        }
    }

    /// <summary>Keeps a map mapped while it is used.</summary>
    private readonly ref struct Held
    {
        private readonly LmdbMap _map;

        public Held(LmdbMap map)
        {
            _map = map;
            var held = false;
            try
            {
                map.DangerousAddRef(ref held);
            }
            catch (ObjectDisposedException)
            {
                // Another thread has just put a larger one in its place.
            }
            IsHeld = held;
        }

        public bool IsHeld { get; }

        public void Dispose()
        {
            if (IsHeld) _map.DangerousRelease();
        }
    }
}
