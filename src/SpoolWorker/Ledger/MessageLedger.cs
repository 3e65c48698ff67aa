// The worker's memory: an LMDB store with one record for each (message id, intake), an index of the records that still
// need work, and one of the times at which the others may be forgotten. Commit() is durable when it returns. It throws
// LedgerException: when IsFatal is false nothing was written and the caller may undo and try again; when it is true it
// cannot be known, and only a restart (see Recovery) may decide. Several processes may open it (list, forget beside the
// running worker); LMDB serialises writers. A transaction never crosses an await.
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
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

/// <summary>Records by (message id, intake).</summary>
internal sealed class MessageLedger : IDisposable
{
    private const string FileName = "ledger.mdb";
    private static readonly byte[] NoValue = [];

    // A handful: the intakes of the configuration and of those before it.
    private static readonly ConcurrentDictionary<string, string> IntakeHashes = new();
    private readonly LightningEnvironment _environment;
    private readonly LightningDatabase _entries, _open, _expiry;
    private readonly long _mapSize;

    private MessageLedger(LightningEnvironment environment, long mapSize)
    {
        _environment = environment;
        _mapSize = mapSize;
        using var transaction = environment.BeginTransaction();
        _entries = Database(transaction, "entries");
        _open = Database(transaction, "open");
        _expiry = Database(transaction, "expiry");
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
        var environment = new LightningEnvironment(file, new EnvironmentConfiguration { MapSize = options.MapSize, MaxDatabases = 4, MaxReaders = 512 });
        try
        {
            environment.Open(EnvironmentOpenFlags.NoSubDir | EnvironmentOpenFlags.NoThreadLocalStorage | EnvironmentOpenFlags.NoReadAhead,
                UnixAccessMode.OwnerRead | UnixAccessMode.OwnerWrite | UnixAccessMode.GroupRead);
            // Readers that were killed would pin old pages and make the file grow.
            environment.CheckStaleReaders();
            return new MessageLedger(environment, options.MapSize);
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
    public LedgerEntry? Find(string intake, MessageId id)
    {
        using var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        return Get(transaction, Key(intake, id));
    }

    /// <summary>All records of a message id, whatever the intake.</summary>
    public IReadOnlyList<LedgerEntry> FindAll(MessageId id)
    {
        var found = new List<LedgerEntry>();
        var prefix = Encoding.ASCII.GetBytes(id + "/");
        using var transaction = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        using var cursor = transaction.CreateCursor(_entries);
        var (code, key, value) = cursor.SetRange(prefix) == MDBResultCode.Success ? cursor.GetCurrent() : (MDBResultCode.NotFound, default, default);
        for (; code == MDBResultCode.Success && key.AsSpan().StartsWith(prefix); (code, key, value) = cursor.Next())
            found.Add(LedgerJson.Read(value.AsSpan()));
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
            if (Get(transaction, key.AsSpan()) is { } entry) found.Add(entry);
        }
        return found;
    }

    /// <summary>Writes records, durably, all or none.</summary>
    /// <param name="entries">Records to write.</param>
    /// <param name="finished">Records whose staged pairs are known to be visible: the note of them goes.</param>
    /// <exception cref="LedgerException">See <see cref="LedgerException.IsFatal"/>.</exception>
    public void Commit(IEnumerable<LedgerEntry> entries, IEnumerable<LedgerEntry> finished)
    {
        Write(transaction =>
        {
            foreach (var entry in finished)
            {
                // The record may have been written anew since: only what it says of these staged pairs is settled.
                var now = Get(transaction, Key(entry.Intake, entry.Id));
                if (now is null || !now.Staged.SequenceEqual(entry.Staged)) continue;
                now = now with { Staged = [] };
                var key = Key(now.Intake, now.Id);
                // What Put does, less what the record's time of expiry, which stays, would cost to look at again.
                Check(transaction.Put(_entries, key, LedgerJson.Write(now)));
                if (!now.IsOpen) Drop(transaction.Delete(_open, key));
            }
            foreach (var entry in entries) Put(transaction, entry);
        });
    }

    /// <summary>Forgets a message: its id is let through again. Returns what was forgotten.</summary>
    public IReadOnlyList<LedgerEntry> Forget(MessageId id)
    {
        var entries = FindAll(id);
        Write(transaction =>
        {
            foreach (var entry in entries) Remove(transaction, entry);
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
                if (Get(transaction, key.AsSpan()[8..]) is { } entry) due.Add(entry);
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
        ? $"ledger {_environment.Path} is full at {_mapSize} bytes: raise Ledger:MapSize or lower Ledger:Keep"
        : $"ledger {_environment.Path}: {e.Message}";

    private void Put(LightningTransaction transaction, LedgerEntry entry)
    {
        var key = Key(entry.Intake, entry.Id);
        var before = Get(transaction, key);
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

    private LedgerEntry? Get(LightningTransaction transaction, ReadOnlySpan<byte> key)
    {
        var (code, _, value) = transaction.Get(_entries, key);
        if (code == MDBResultCode.NotFound) return null;
        Check(code);
        return LedgerJson.Read(value.AsSpan());
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
