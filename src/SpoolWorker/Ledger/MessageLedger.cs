// The worker's memory: an LMDB store with one record for each (message id, intake), an index of the records that still
// need work, and one of the times at which the others may be forgotten. Commit() is durable when it returns. It throws
// LedgerException: when IsFatal is false nothing was written and the caller may undo and try again; when it is true it
// cannot be known, and only a restart (see Recovery) may decide. Several processes may open it (list, forget beside the
// running worker); LMDB serialises writers. A transaction never crosses an await.
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LightningDB;
using SpoolWorker.Configuration;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>The ledger failed.</summary>
internal sealed class LedgerException(string message, bool isFatal) : IOException(message)
{
    /// <summary>True when it is unknown whether the commit is on disk.</summary>
    public bool IsFatal { get; } = isFatal;
}

/// <summary>One record is damaged; the others are not.</summary>
internal sealed class UnreadableRecordException(string key, string reason)
    : IOException($"ledger record {key} cannot be read: {reason}. Its message is left alone; to let it be sent (again): spoolworker forget {key[..key.IndexOf('/', StringComparison.Ordinal)]}");

/// <summary>Records by (message id, intake).</summary>
internal sealed class MessageLedger : IDisposable
{
    private const string FileName = "ledger.mdb", Unreadable = "(unreadable)";

    // Five are in use.
    private const int MostDatabases = 8;
    private static readonly byte[] NoValue = [];

    // A handful: the intakes of the configuration and of those before it.
    private static readonly ConcurrentDictionary<string, string> IntakeHashes = new();
    private readonly LightningEnvironment _environment;
    private readonly LightningDatabase _entries, _open, _expiry;
    private readonly RateTable _rates;
    private readonly long _mapSize;

    private MessageLedger(LightningEnvironment environment, long mapSize)
    {
        _environment = environment;
        _mapSize = mapSize;
        using var transaction = environment.BeginTransaction();
        _entries = Database(transaction, "entries");
        _open = Database(transaction, "open");
        _expiry = Database(transaction, "expiry");
        _rates = new RateTable(Database(transaction, "rates"));
        using var meta = Database(transaction, "meta");
        Tag = ReadOrMakeTag(transaction, meta);
        Check(transaction.Commit());
    }

    /// <summary>Eight letters and digits made with this ledger: marks the files it stages.</summary>
    public string Tag { get; }

    /// <summary>Opens the ledger in a directory, making both when they are not there.</summary>
    /// <exception cref="LedgerException">The file cannot be opened or is not a ledger.</exception>
    public static MessageLedger Open(LedgerOptions options)
    {
        NativeLmdb.Prepare();
        Places.MakePrivate(options.Path);
        var file = Path.Combine(options.Path, FileName);
        var environment = new LightningEnvironment(file, new EnvironmentConfiguration { MapSize = options.MapSize, MaxDatabases = MostDatabases, MaxReaders = 512 });
        try
        {
            environment.Open(EnvironmentOpenFlags.NoSubDir | EnvironmentOpenFlags.NoThreadLocalStorage | EnvironmentOpenFlags.NoReadAhead,
                UnixAccessMode.OwnerRead | UnixAccessMode.OwnerWrite | UnixAccessMode.GroupRead);
            // Readers that were killed would pin old pages and make the file grow.
            environment.CheckStaleReaders();
            var ledger = new MessageLedger(environment, options.MapSize);
            // LMDB syncs what is in the file, not the file's name; and an earlier process may have died before it was durable.
            Posix.SyncDirectory(options.Path);
            return ledger;
        }
        catch (LightningException e)
        {
            environment.Dispose();
            throw new LedgerException($"ledger {file}: {e.Message}. If it is damaged beyond repair, move it away: the worker starts a new one and may send again what was just handed over", isFatal: false);
        }
    }

    /// <summary>Whether there is a ledger, without making one.</summary>
    public static bool Exists(LedgerOptions options) => File.Exists(Path.Combine(options.Path, FileName));

    /// <summary>The record of a message of an intake, if there is one.</summary>
    /// <exception cref="LedgerException">It cannot be read; then nothing is known of the message.</exception>
    public LedgerEntry? Find(string intake, MessageId id)
    {
        try
        {
            using var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
            return Get(transaction, Key(intake, id));
        }
        catch (LightningException e)
        {
            throw new LedgerException(Explain(e), isFatal: false);
        }
    }

    /// <summary>All records of a message id, whatever the intake.</summary>
    public IReadOnlyList<LedgerEntry> FindAll(MessageId id)
    {
        var found = new List<LedgerEntry>();
        var prefix = Encoding.ASCII.GetBytes(id + "/");
        using var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        using var cursor = transaction.CreateCursor(_entries);
        var (code, key, _) = cursor.SetRange(prefix) == MDBResultCode.Success ? cursor.GetCurrent() : (MDBResultCode.NotFound, default, default);
        for (; code == MDBResultCode.Success && key.AsSpan().StartsWith(prefix); (code, key, _) = cursor.Next())
            found.Add(GetReadable(transaction, key.AsSpan()) ?? new LedgerEntry { Intake = Unreadable, Id = id.ToString() });
        return found;
    }

    /// <summary>Records whose bytes hold a text, whatever it stands for there; at most so many.</summary>
    public IReadOnlyList<LedgerEntry> FindText(string text, int most)
    {
        var found = new List<LedgerEntry>();
        // As the JSON has it, without the quotes around it.
        var wanted = JsonSerializer.SerializeToUtf8Bytes(text, LedgerJson.Default.String).AsSpan()[1..^1].ToArray();
        using var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        using var cursor = transaction.CreateCursor(_entries);
        for (var (code, key, value) = cursor.First(); code == MDBResultCode.Success && found.Count < most; (code, key, value) = cursor.Next())
        {
            if (value.AsSpan().IndexOf(wanted) >= 0 && GetReadable(transaction, key.AsSpan()) is { } entry) found.Add(entry);
        }
        return found;
    }

    /// <summary>Records that still need work: staged, deferred, or in the middle of failing.</summary>
    public IReadOnlyList<LedgerEntry> Open()
    {
        var found = new List<LedgerEntry>();
        using var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        using var cursor = transaction.CreateCursor(_open);
        for (var (code, key, _) = cursor.First(); code == MDBResultCode.Success; (code, key, _) = cursor.Next())
        {
            // What cannot be read is told when its message is looked at.
            if (GetReadable(transaction, key.AsSpan()) is { } entry) found.Add(entry);
        }
        return found;
    }

    /// <summary>Writes records, durably, all or none.</summary>
    /// <param name="entries">Records to write.</param>
    /// <param name="finished">Records whose staged pairs are known to be visible: the note of them goes.</param>
    /// <param name="rates">What the notifications among them leave of their addresses' allowances.</param>
    /// <exception cref="LedgerException">See <see cref="LedgerException.IsFatal"/>.</exception>
    public void Commit(IEnumerable<LedgerEntry> entries, IEnumerable<LedgerEntry> finished, IEnumerable<AddressRate>? rates = null)
    {
        Write(transaction =>
        {
            foreach (var entry in finished)
            {
                // The record may have been written anew since: only what it says of these staged pairs is settled.
                var now = GetReadable(transaction, Key(entry.Intake, entry.Id));
                if (now is null || !now.Staged.SequenceEqual(entry.Staged)) continue;
                now = now with { Staged = [] };
                var key = Key(now.Intake, now.Id);
                // What Put does, less what the record's time of expiry, which stays, would cost to look at again.
                Check(transaction.Put(_entries, key, LedgerJson.Write(now)));
                if (!now.IsOpen) Drop(transaction.Delete(_open, key));
            }
            foreach (var entry in entries) Put(transaction, entry);
            foreach (var rate in rates ?? []) _rates.Put(transaction, rate);
        });
    }

    /// <summary>When an address's allowance of notifications is whole again, Unix milliseconds; 0 when it is.</summary>
    /// <exception cref="LedgerException">It cannot be read.</exception>
    public long FindRate(string key)
    {
        try
        {
            using var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
            return _rates.Find(transaction, key);
        }
        catch (LightningException e)
        {
            throw new LedgerException(Explain(e), isFatal: false);
        }
    }

    /// <summary>Drops allowances that are whole again, at most <paramref name="most"/> a call. Returns how many.</summary>
    public int SweepRates(DateTimeOffset now, int most)
    {
        var swept = 0;
        Write(transaction => swept = _rates.Sweep(transaction, now, most));
        return swept;
    }

    /// <summary>Forgets a message: its id is let through again. Returns what was forgotten.</summary>
    public IReadOnlyList<LedgerEntry> Forget(MessageId id)
    {
        var entries = FindAll(id);
        Write(transaction =>
        {
            foreach (var entry in entries.Where(e => e.Intake != Unreadable)) Remove(transaction, entry);
            if (entries.Any(e => e.Intake == Unreadable)) RemoveAll(transaction, id);
        });
        return entries;
    }

    /// <summary>Forgets a message of one intake.</summary>
    public void Forget(string intake, MessageId id)
    {
        if (Find(intake, id) is not { } entry) return;
        Write(transaction => Remove(transaction, entry));
    }

    /// <summary>Forgets what is older than its time, at most <paramref name="most"/> records a call. Returns how many.</summary>
    public int Expire(DateTimeOffset now, int most)
    {
        var due = new List<LedgerEntry>();
        var limit = now.ToUnixTimeMilliseconds();
        using (var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly))
        using (var cursor = transaction.CreateCursor(_expiry))
        {
            for (var (code, key, _) = cursor.First(); code == MDBResultCode.Success && due.Count < most; (code, key, _) = cursor.Next())
            {
                if (BinaryPrimitives.ReadInt64BigEndian(key.AsSpan()) > limit) break;
                // Not while its commit is not known to be finished: it is what the next start decides by.
                if (GetReadable(transaction, key.AsSpan()[8..]) is { Staged.Count: 0 } entry) due.Add(entry);
            }
        }
        if (due.Count == 0) return 0;
        Write(transaction =>
        {
            foreach (var entry in due) Remove(transaction, entry);
        });
        return due.Count;
    }

    /// <summary>Number of records.</summary>
    public long Count
    {
        get
        {
            using var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
            return transaction.GetEntriesCount(_entries);
        }
    }

    public void Dispose()
    {
        _rates.Dispose();
        _expiry.Dispose();
        _open.Dispose();
        _entries.Dispose();
        _environment.Dispose();
    }

    private void Write(Action<LightningTransaction> work)
    {
        LightningTransaction? transaction = null;
        try
        {
            transaction = _environment.BeginTransaction();
            work(transaction);
            Check(transaction.Commit());
        }
        catch (LightningException e)
        {
            // First: LMDB has one writer's lock, and IsPanic takes it.
            transaction?.Dispose();
            transaction = null;
            throw new LedgerException(Explain(e), IsPanic());
        }
        finally
        {
            transaction?.Dispose();
        }
    }

    // LMDB marks its environment when writing the meta page failed: then, and only then, the outcome is unknown.
    private bool IsPanic()
    {
        try
        {
            using var transaction = _environment.BeginTransaction();
            return false;
        }
        catch (LightningException)
        {
            return true;
        }
    }

    private string Explain(LightningException e) => (MDBResultCode)e.StatusCode == MDBResultCode.MapFull
        ? $"ledger {_environment.Path} is full at {_mapSize} bytes: raise Ledger:MapSize and restart"
        : $"ledger {_environment.Path}: {e.Message}";

    private void Put(LightningTransaction transaction, LedgerEntry entry)
    {
        var key = Key(entry.Intake, entry.Id);
        var before = GetReadable(transaction, key);
        if (before is { Expires: > 0 } && before.Expires != entry.Expires) Drop(transaction.Delete(_expiry, ExpiryKey(before.Expires, key)));
        Check(transaction.Put(_entries, key, LedgerJson.Write(entry)));
        if (entry.Expires > 0) Check(transaction.Put(_expiry, ExpiryKey(entry.Expires, key), NoValue));
        if (entry.IsOpen) Check(transaction.Put(_open, key, NoValue));
        else Drop(transaction.Delete(_open, key));
    }

    private void Remove(LightningTransaction transaction, LedgerEntry entry)
    {
        var key = Key(entry.Intake, entry.Id);
        Drop(transaction.Delete(_entries, key));
        Drop(transaction.Delete(_open, key));
        if (entry.Expires > 0) Drop(transaction.Delete(_expiry, ExpiryKey(entry.Expires, key)));
    }

    // Whatever is left of an id; the index of times is cleaned by what it points to being gone.
    private void RemoveAll(LightningTransaction transaction, MessageId id)
    {
        var prefix = Encoding.ASCII.GetBytes(id + "/");
        var keys = new List<byte[]>();
        using (var cursor = transaction.CreateCursor(_entries))
        {
            var (code, key, _) = cursor.SetRange(prefix) == MDBResultCode.Success ? cursor.GetCurrent() : (MDBResultCode.NotFound, default, default);
            for (; code == MDBResultCode.Success && key.AsSpan().StartsWith(prefix); (code, key, _) = cursor.Next()) keys.Add(key.CopyToNewArray());
        }
        foreach (var key in keys)
        {
            Drop(transaction.Delete(_entries, key));
            Drop(transaction.Delete(_open, key));
        }
    }

    private LedgerEntry? GetReadable(LightningTransaction transaction, ReadOnlySpan<byte> key)
    {
        try
        {
            return Get(transaction, key);
        }
        catch (UnreadableRecordException)
        {
            return null;
        }
    }

    private LedgerEntry? Get(LightningTransaction transaction, ReadOnlySpan<byte> key)
    {
        var (code, _, value) = transaction.Get(_entries, key);
        if (code == MDBResultCode.NotFound) return null;
        Check(code);
        try
        {
            return LedgerJson.Read(value.AsSpan());
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new UnreadableRecordException(Encoding.ASCII.GetString(key), e.Message);
        }
    }

    private static LightningDatabase Database(LightningTransaction transaction, string name) =>
        transaction.OpenDatabase(name, new DatabaseConfiguration { Flags = DatabaseOpenFlags.Create });

    private static string ReadOrMakeTag(LightningTransaction transaction, LightningDatabase meta)
    {
        var (code, _, value) = transaction.Get(meta, "tag"u8);
        if (code == MDBResultCode.Success) return Encoding.ASCII.GetString(value.AsSpan());
        var tag = RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 8);
        Check(transaction.Put(meta, "tag"u8, Encoding.ASCII.GetBytes(tag)));
        return tag;
    }

    // The id comes first so that all intakes of one id lie together; the intake's hash keeps the key below LMDB's 511 bytes.
    private static byte[] Key(string intake, MessageId id) => Key(intake, id.ToString());

    private static byte[] Key(string intake, string id) => Encoding.ASCII.GetBytes($"{id}/{IntakeHashes.GetOrAdd(intake, HashOf)}");

    private static string HashOf(string intake) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(intake)).AsSpan(0, 8));

    private static byte[] ExpiryKey(long expires, ReadOnlySpan<byte> key)
    {
        var bytes = new byte[8 + key.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, expires);
        key.CopyTo(bytes.AsSpan(8));
        return bytes;
    }

    private static void Check(MDBResultCode code) => code.ThrowOnError();

    private static void Drop(MDBResultCode code)
    {
        if (code != MDBResultCode.NotFound) code.ThrowOnError();
    }
}
