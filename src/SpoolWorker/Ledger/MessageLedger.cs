// The worker's memory: an LMDB store with one record for each (message id, intake), an index of the records that still
// need work, and one of the times at which the others may be forgotten. Commit() is durable when it returns. It throws
// LedgerException: when IsFatal is false nothing was written and the caller may undo and try again; when it is true it
// cannot be known, and only a restart (see Recovery) may decide. Several processes may open it (list, forget beside the
// running worker); LMDB serialises writers. A transaction never crosses an await.
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LightningDB;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>One record is damaged; the others are not.</summary>
internal sealed class UnreadableRecordException(string key, string reason)
    : IOException($"ledger record {key} cannot be read: {reason}. Its message is left alone; to let it be sent (again): spoolworker forget {key[..key.IndexOf('/', StringComparison.Ordinal)]}");

/// <summary>Records by (message id, intake).</summary>
internal sealed class MessageLedger : IDisposable
{
    public const string EntriesName = "entries";
    private const string FileName = "ledger.mdb", Unreadable = "(unreadable)";

    // Five are in use.
    private const int MostDatabases = 8;

    // The worker's tasks, and some hundred commands beside it.
    private const int MostReaders = 512;

    /// <summary>Number of the format of the records and their indexes. One that is higher is refused, one that is lower is for a later version to bring up.</summary>
    private const int Format = 1;
    private static readonly byte[] NoValue = [];

    // A handful: the intakes of the configuration and of those before it.
    private static readonly ConcurrentDictionary<string, string> IntakeHashes = new();
    private readonly LmdbStore _store;
    private readonly LightningDatabase _entries, _open, _expiry;
    private readonly RateTable _rates;

    private MessageLedger(LmdbStore store)
    {
        _store = store;
        (_entries, _open, _expiry, _rates, Tag) = store.Write(transaction =>
        {
            using var meta = LmdbStore.Database(transaction, "meta");
            CheckFormat(transaction, meta, store.Path);
            return (LmdbStore.Database(transaction, EntriesName), LmdbStore.Database(transaction, "open"), LmdbStore.Database(transaction, "expiry"),
                new RateTable(LmdbStore.Database(transaction, "rates")), ReadOrMakeTag(transaction, meta));
        });
    }

    /// <summary>Eight letters and digits made with this ledger: marks the files it stages.</summary>
    public string Tag { get; }

    /// <summary>Opens the ledger in a directory, making both when they are not there.</summary>
    /// <exception cref="LedgerException">The file cannot be opened, is not a ledger, or is one of a later version.</exception>
    public static MessageLedger Open(LedgerOptions options)
    {
        var store = LmdbStore.Open(new StorePlan("ledger", Path.Combine(options.Path, FileName), options.MapSize, "Ledger:MapSize", MostDatabases, MostReaders,
            "If it cannot be had back as it was, move it away: the worker starts a new one and may send again what was just handed over"));
        try
        {
            return new MessageLedger(store);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a ledger, without making one.</summary>
    public static bool Exists(LedgerOptions options) => Posix.Exists(FileOf(options));

    /// <summary>Its file, there or not.</summary>
    public static string FileOf(LedgerOptions options) => Path.Combine(Path.GetFullPath(options.Path), FileName);

    /// <summary>The record of a message of an intake, if there is one.</summary>
    /// <exception cref="LedgerException">It cannot be read; then nothing is known of the message.</exception>
    public LedgerEntry? Find(string intake, MessageId id) => _store.Read(transaction => Get(transaction, Key(intake, id)));

    /// <summary>All records of a message id, whatever the intake.</summary>
    /// <exception cref="LedgerException">They cannot be read.</exception>
    public IReadOnlyList<LedgerEntry> FindAll(MessageId id) => _store.Read(transaction => KeysOf(transaction, id)
        .Select(key => GetReadable(transaction, key) ?? UnreadableEntry(id)).ToList());

    /// <summary>Records whose bytes hold a text, whatever it stands for there; at most so many.</summary>
    /// <exception cref="LedgerException">They cannot be read.</exception>
    public IReadOnlyList<LedgerEntry> FindText(string text, int most) => _store.Read(transaction =>
    {
        var found = new List<LedgerEntry>();
        var wanted = AsStored(text);
        using var cursor = transaction.CreateCursor(_entries);
        for (var (code, key, value) = cursor.First(); code == MDBResultCode.Success && found.Count < most; (code, key, value) = cursor.Next())
        {
            if (value.AsSpan().IndexOf(wanted) >= 0 && GetReadable(transaction, key.AsSpan()) is { } entry) found.Add(entry);
        }
        return found;
    });

    /// <summary>Records that still need work: staged, deferred, or in the middle of failing.</summary>
    /// <exception cref="LedgerException">They cannot be read.</exception>
    public IReadOnlyList<LedgerEntry> Open() => _store.Read(transaction =>
    {
        var found = new List<LedgerEntry>();
        using var cursor = transaction.CreateCursor(_open);
        for (var (code, key, _) = cursor.First(); code == MDBResultCode.Success; (code, key, _) = cursor.Next())
        {
            // What cannot be read is told when its message is looked at.
            if (GetReadable(transaction, key.AsSpan()) is { } entry) found.Add(entry);
        }
        return found;
    });

    /// <summary>Writes records, durably, all or none.</summary>
    /// <param name="entries">Records to write.</param>
    /// <param name="finished">Records whose staged pairs are known to be visible: the note of them goes.</param>
    /// <param name="rates">What the notifications among them leave of their addresses' allowances.</param>
    /// <exception cref="LedgerException">See <see cref="LedgerException.IsFatal"/>.</exception>
    public void Commit(IEnumerable<LedgerEntry> entries, IEnumerable<LedgerEntry> finished, IEnumerable<AddressRate>? rates = null)
    {
        _store.Write(transaction =>
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
    public long FindRate(string key) => _store.Read(transaction => _rates.Find(transaction, key));

    /// <summary>Drops allowances that are whole again, at most <paramref name="most"/> a call. Returns how many.</summary>
    public int SweepRates(DateTimeOffset now, int most) => _store.Write(transaction => _rates.Sweep(transaction, now, most));

    /// <summary>Forgets a message: its id is let through again. Returns what was forgotten.</summary>
    public IReadOnlyList<LedgerEntry> Forget(MessageId id) => _store.Write(transaction =>
    {
        var forgotten = new List<LedgerEntry>();
        foreach (var key in KeysOf(transaction, id))
        {
            forgotten.Add(GetReadable(transaction, key) ?? UnreadableEntry(id));
            Remove(transaction, key);
        }
        return forgotten;
    });

    /// <summary>Forgets a message of one intake.</summary>
    public void Forget(string intake, MessageId id) => _store.Write(transaction => Remove(transaction, Key(intake, id)));

    /// <summary>Forgets what is older than its time, at most <paramref name="most"/> records a call. Returns how many.</summary>
    /// <param name="now">The time.</param>
    /// <param name="most">Most records to look at.</param>
    /// <param name="keep">Shown what is due, outside of any transaction; says which records live on, as they are to stand.</param>
    public int Expire(DateTimeOffset now, int most, Func<IReadOnlyList<LedgerEntry>, IReadOnlyList<LedgerEntry>>? keep = null)
    {
        var limit = now.ToUnixTimeMilliseconds();
        var due = _store.Read(transaction => Due(transaction, limit, most));
        if (due.Count == 0) return 0;
        var longer = new Dictionary<string, LedgerEntry>();
        if (keep is not null)
        {
            var entries = _store.Read(transaction => due.Select(row => DueStill(transaction, row.Time, row.Key)).OfType<LedgerEntry>().ToList());
            foreach (var entry in keep(entries)) longer[KeyText(Key(entry.Intake, entry.Id))] = entry;
        }
        // Looked at again: between the transactions a message may have come again under this id, with a new time or a commit.
        return _store.Write(transaction => due.Count(row =>
        {
            if (!longer.TryGetValue(KeyText(row.Key), out var entry)) return TryExpire(transaction, row.Time, row.Key, limit);
            if (DueStill(transaction, row.Time, row.Key) is not null) Put(transaction, entry);
            return false;
        }));
    }

    /// <summary>Number of records.</summary>
    public long Count => _store.Read(transaction => transaction.GetEntriesCount(_entries));

    public void Dispose()
    {
        _rates.Dispose();
        _expiry.Dispose();
        _open.Dispose();
        _entries.Dispose();
        _store.Dispose();
    }

    private List<(byte[] Time, byte[] Key)> Due(LightningTransaction transaction, long limit, int most)
    {
        var due = new List<(byte[], byte[])>();
        using var cursor = transaction.CreateCursor(_expiry);
        for (var (code, key, _) = cursor.First(); code == MDBResultCode.Success && due.Count < most; (code, key, _) = cursor.Next())
        {
            if (BinaryPrimitives.ReadInt64BigEndian(key.AsSpan()) > limit) break;
            // Not while its commit is not known to be finished: it is what the next start decides by. What cannot be read is looked at only to see whether it is there.
            var entry = key.AsSpan()[sizeof(long)..];
            if (GetReadable(transaction, entry) is { Staged.Count: > 0 } || (GetReadable(transaction, entry) is null && IsThere(transaction, entry))) continue;
            due.Add((key.CopyToNewArray(), entry.ToArray()));
        }
        return due;
    }

    // The record a row of the index leads to, if it still has that time and nothing is staged.
    private LedgerEntry? DueStill(LightningTransaction transaction, byte[] time, byte[] key) =>
        GetReadable(transaction, key) is { Staged.Count: 0 } entry && ExpiryKey(entry.Expires, key).AsSpan().SequenceEqual(time) ? entry : null;

    private static string KeyText(byte[] key) => Encoding.ASCII.GetString(key);

    // True when a record went. A row of the index whose record is gone, or has another time, is only a row.
    private bool TryExpire(LightningTransaction transaction, byte[] time, byte[] key, long limit)
    {
        var entry = GetReadable(transaction, key);
        if (entry is null && IsThere(transaction, key)) return false;
        if (entry is null || !ExpiryKey(entry.Expires, key).AsSpan().SequenceEqual(time))
        {
            Drop(transaction.Delete(_expiry, time));
            return false;
        }
        if (entry.Expires > limit || entry.Staged.Count > 0) return false;
        Remove(transaction, key);
        return true;
    }

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

    // The record and all rows that lead to it. One that cannot be read does not tell its time: its row of the index is looked for.
    private void Remove(LightningTransaction transaction, byte[] key)
    {
        var entry = GetReadable(transaction, key);
        if (entry is null && !IsThere(transaction, key)) return;
        if (entry is { Expires: > 0 }) Drop(transaction.Delete(_expiry, ExpiryKey(entry.Expires, key)));
        if (entry is null) foreach (var row in ExpiryRows(transaction, key)) Drop(transaction.Delete(_expiry, row));
        Drop(transaction.Delete(_entries, key));
        Drop(transaction.Delete(_open, key));
    }

    private List<byte[]> ExpiryRows(LightningTransaction transaction, byte[] key)
    {
        var rows = new List<byte[]>();
        using var cursor = transaction.CreateCursor(_expiry);
        for (var (code, row, _) = cursor.First(); code == MDBResultCode.Success; (code, row, _) = cursor.Next())
        {
            if (row.AsSpan()[sizeof(long)..].SequenceEqual(key)) rows.Add(row.CopyToNewArray());
        }
        return rows;
    }

    private List<byte[]> KeysOf(LightningTransaction transaction, MessageId id)
    {
        var prefix = Encoding.ASCII.GetBytes(id + "/");
        var keys = new List<byte[]>();
        using var cursor = transaction.CreateCursor(_entries);
        var (code, key, _) = cursor.SetRange(prefix) == MDBResultCode.Success ? cursor.GetCurrent() : (MDBResultCode.NotFound, default, default);
        for (; code == MDBResultCode.Success && key.AsSpan().StartsWith(prefix); (code, key, _) = cursor.Next()) keys.Add(key.CopyToNewArray());
        return keys;
    }

    private bool IsThere(LightningTransaction transaction, ReadOnlySpan<byte> key)
    {
        var (code, _, _) = transaction.Get(_entries, key);
        if (code == MDBResultCode.NotFound) return false;
        Check(code);
        return true;
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
        return Parse(key, value.AsSpan());
    }

    /// <summary>A record of its bytes.</summary>
    /// <exception cref="UnreadableRecordException">It is damaged.</exception>
    internal static LedgerEntry Parse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        try
        {
            return LedgerJson.Read(value);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new UnreadableRecordException(Encoding.ASCII.GetString(key), e.Message);
        }
    }

    /// <summary>As <see cref="Parse"/>; null where that throws.</summary>
    internal static LedgerEntry? TryParse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        try
        {
            return Parse(key, value);
        }
        catch (UnreadableRecordException)
        {
            return null;
        }
    }

    /// <summary>What stands for a record that is damaged.</summary>
    internal static LedgerEntry UnreadableEntry(MessageId id) => new() { Intake = Unreadable, Id = id.ToString() };

    /// <summary>A text as it stands in a record: as the JSON has it, without the quotes around it.</summary>
    internal static byte[] AsStored(string text) => JsonSerializer.SerializeToUtf8Bytes(text, LedgerJson.Default.String).AsSpan()[1..^1].ToArray();

    private static void CheckFormat(LightningTransaction transaction, LightningDatabase meta, string path)
    {
        var (code, _, value) = transaction.Get(meta, "format"u8);
        if (code == MDBResultCode.NotFound)
        {
            // A new one, or one from before the number was written, which is the first.
            Check(transaction.Put(meta, "format"u8, Encoding.ASCII.GetBytes(Format.ToString(CultureInfo.InvariantCulture))));
            return;
        }
        Check(code);
        CheckFormat(value.AsSpan(), path);
    }

    /// <summary>Throws LedgerException for a ledger of a later version.</summary>
    internal static void CheckFormat(ReadOnlySpan<byte> value, string path)
    {
        var text = Encoding.ASCII.GetString(value);
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var format))
            throw new LedgerException($"ledger {path} is damaged: '{text}' is no format number", isFatal: false, StoreFault.Damaged);
        if (format > Format)
            throw new LedgerException($"ledger {path} has format {format}, and this version of spoolworker knows none above {Format}: a later version has written it. Run that one", isFatal: false, StoreFault.Newer);
    }

    private static string ReadOrMakeTag(LightningTransaction transaction, LightningDatabase meta)
    {
        var (code, _, value) = transaction.Get(meta, "tag"u8);
        if (code == MDBResultCode.Success) return Encoding.ASCII.GetString(value.AsSpan());
        var tag = RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 8);
        Check(transaction.Put(meta, "tag"u8, Encoding.ASCII.GetBytes(tag)));
        return tag;
    }

    // The id comes first so that all intakes of one id lie together; the intake's hash keeps the key below LMDB's 511 bytes.
    internal static byte[] Key(string intake, MessageId id) => Key(intake, id.ToString());

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
