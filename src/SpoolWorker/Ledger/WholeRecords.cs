// The records that are kept whole: of every message that is not finished, and of those finished ones that a row of a day does not do for
// (something is held, a release, an id that says it is of the future, one whose pair may come back). Three trees: the records by (id, intake), an
// index of those that still need work, and one of the times at which the others may be forgotten. Called inside the ledger's transactions.
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using LightningDB;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>One record is damaged; the others are not.</summary>
internal sealed class UnreadableRecordException(string key, string reason)
    : IOException($"ledger record {key} cannot be read: {reason}. Its message is left alone; to let it be sent (again): spoolworker forget --force {key[..key.IndexOf('/', StringComparison.Ordinal)]}");

/// <summary>A row of the index of times.</summary>
/// <param name="Time">Its key.</param>
/// <param name="Key">That of the record.</param>
internal readonly record struct DueRow(byte[] Time, byte[] Key);

/// <summary>The records.</summary>
internal sealed class WholeRecords(LightningDatabase entries, LightningDatabase open, LightningDatabase expiry) : IDisposable
{
    public const string EntriesName = "entries", OpenName = "open", ExpiryName = "expiry";

    /// <summary>Whether bytes of a record are wanted.</summary>
    public delegate bool ValueWanted(ReadOnlySpan<byte> value);

    private const string Unreadable = "(unreadable)";
    private static readonly byte[] NoValue = [];

    /// <summary>A record of its bytes.</summary>
    /// <exception cref="UnreadableRecordException">It is damaged.</exception>
    public static LedgerEntry Parse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
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
    public static LedgerEntry? TryParse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
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
    public static LedgerEntry UnreadableEntry(MessageId id) => new() { Intake = Unreadable, Id = id.ToString() };

    /// <summary>A text as it stands in a record: as the JSON has it, without the quotes around it.</summary>
    public static byte[] AsStored(string text) => JsonSerializer.SerializeToUtf8Bytes(text, LedgerJson.Default.String).AsSpan()[1..^1].ToArray();

    /// <summary>Key of a message of an intake.</summary>
    public static byte[] Key(string intake, MessageId id) => Key(intake, id.ToString());

    /// <summary>Key of a record.</summary>
    public static byte[] Key(LedgerEntry entry) => Key(entry.Intake, entry.Id);

    // The id comes first so that all intakes of one id lie together.
    private static byte[] Key(string intake, string id) => Encoding.ASCII.GetBytes($"{id}/{IntakeHash.Of(intake)}");

    /// <summary>What all keys of an id begin with.</summary>
    public static byte[] Prefix(MessageId id) => Encoding.ASCII.GetBytes(id + "/");

    /// <summary>The record of a key, if there is one.</summary>
    /// <exception cref="UnreadableRecordException">It is damaged.</exception>
    public LedgerEntry? Get(LightningTransaction transaction, ReadOnlySpan<byte> key)
    {
        var (code, _, value) = transaction.Get(entries, key);
        if (code == MDBResultCode.NotFound) return null;
        code.ThrowOnError();
        return Parse(key, value.AsSpan());
    }

    /// <summary>As <see cref="Get"/>; null for a damaged one, too.</summary>
    public LedgerEntry? GetReadable(LightningTransaction transaction, ReadOnlySpan<byte> key)
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

    /// <summary>As the other, of a record that this process wrote last as a rule: then it is not read again.</summary>
    public LedgerEntry? GetReadable(LightningTransaction transaction, ReadOnlySpan<byte> key, LedgerEntry expected)
    {
        var (code, _, value) = transaction.Get(entries, key);
        if (code == MDBResultCode.NotFound) return null;
        code.ThrowOnError();
        return expected.IsStoredAs(value.AsSpan()) ? expected : TryParse(key, value.AsSpan());
    }

    public void Put(LightningTransaction transaction, LedgerEntry entry)
    {
        var key = Key(entry);
        var before = GetReadable(transaction, key);
        if (before is { IsSettled: true } && before.Expires != entry.Expires) Drop(transaction.Delete(expiry, ExpiryKey(before.Expires, key)));
        var bytes = LedgerJson.Write(entry);
        transaction.Put(entries, key, bytes).ThrowOnError();
        entry.HasBeenStored(bytes);
        if (entry.IsSettled) transaction.Put(expiry, ExpiryKey(entry.Expires, key), NoValue).ThrowOnError();
        else if (before is { IsSettled: true }) Drop(transaction.Delete(expiry, ExpiryKey(before.Expires, key)));
        if (entry.IsOpen) transaction.Put(open, key, NoValue).ThrowOnError();
        else if (before is null or { IsOpen: true }) Drop(transaction.Delete(open, key));
    }

    /// <summary>The record and all rows that lead to it. One that cannot be read does not tell its time: its row of the index is looked for.</summary>
    public void Remove(LightningTransaction transaction, byte[] key)
    {
        var entry = GetReadable(transaction, key);
        if (entry is null && !IsThere(transaction, key)) return;
        Remove(transaction, key, entry);
    }

    /// <summary>As the other, with the record; null when it cannot be read.</summary>
    public void Remove(LightningTransaction transaction, byte[] key, LedgerEntry? entry)
    {
        if (entry is { Expires: > 0 }) Drop(transaction.Delete(expiry, ExpiryKey(entry.Expires, key)));
        if (entry is null) foreach (var row in ExpiryRows(transaction, key)) Drop(transaction.Delete(expiry, row));
        Drop(transaction.Delete(entries, key));
        Drop(transaction.Delete(open, key));
    }

    /// <summary>Those that still need work. What cannot be read is told when its message is looked at.</summary>
    public List<LedgerEntry> Open(LightningTransaction transaction)
    {
        var found = new List<LedgerEntry>();
        using var cursor = transaction.CreateCursor(open);
        for (var (code, key, _) = cursor.First(); code == MDBResultCode.Success; (code, key, _) = cursor.Next())
        {
            if (GetReadable(transaction, key.AsSpan()) is { } entry) found.Add(entry);
        }
        return found;
    }

    /// <summary>All that can be read, one by one.</summary>
    public IEnumerable<LedgerEntry> All(LightningTransaction transaction)
    {
        using var cursor = transaction.CreateCursor(entries);
        for (var (code, key, value) = cursor.First(); code == MDBResultCode.Success; (code, key, value) = cursor.Next())
        {
            if (TryParse(key.AsSpan(), value.AsSpan()) is { } entry) yield return entry;
        }
    }

    /// <summary>Those that can be read and whose bytes are wanted, at most so many.</summary>
    public List<LedgerEntry> Where(LightningTransaction transaction, ValueWanted isWanted, int most)
    {
        var found = new List<LedgerEntry>();
        using var cursor = transaction.CreateCursor(entries);
        for (var (code, key, value) = cursor.First(); code == MDBResultCode.Success && found.Count < most; (code, key, value) = cursor.Next())
        {
            if (isWanted(value.AsSpan()) && TryParse(key.AsSpan(), value.AsSpan()) is { } entry) found.Add(entry);
        }
        return found;
    }

    /// <summary>Rows from a key on, at most so many.</summary>
    public List<(byte[] Key, LedgerEntry? Entry)> From(LightningTransaction transaction, byte[] key, int most)
    {
        var found = new List<(byte[], LedgerEntry?)>();
        using var cursor = transaction.CreateCursor(entries);
        var (code, at, value) = cursor.SetRange(key) == MDBResultCode.Success ? cursor.GetCurrent() : (MDBResultCode.NotFound, default, default);
        for (; code == MDBResultCode.Success && found.Count < most; (code, at, value) = cursor.Next()) found.Add((at.CopyToNewArray(), TryParse(at.AsSpan(), value.AsSpan())));
        return found;
    }

    public List<byte[]> KeysOf(LightningTransaction transaction, MessageId id)
    {
        var prefix = Prefix(id);
        var keys = new List<byte[]>();
        using var cursor = transaction.CreateCursor(entries);
        var (code, key, _) = cursor.SetRange(prefix) == MDBResultCode.Success ? cursor.GetCurrent() : (MDBResultCode.NotFound, default, default);
        for (; code == MDBResultCode.Success && key.AsSpan().StartsWith(prefix); (code, key, _) = cursor.Next()) keys.Add(key.CopyToNewArray());
        return keys;
    }

    public long Count(LightningTransaction transaction) => transaction.GetEntriesCount(entries);

    /// <summary>Rows of the index whose time has come, at most so many.</summary>
    public List<DueRow> Due(LightningTransaction transaction, long limit, int most)
    {
        var due = new List<DueRow>();
        using var cursor = transaction.CreateCursor(expiry);
        for (var (code, key, _) = cursor.First(); code == MDBResultCode.Success && due.Count < most; (code, key, _) = cursor.Next())
        {
            if (BinaryPrimitives.ReadInt64BigEndian(key.AsSpan()) > limit) break;
            // Not while its commit is not known to be finished: it is what the next start decides by. What cannot be read is looked at only to see whether it is there.
            var entry = key.AsSpan()[sizeof(long)..];
            var record = GetReadable(transaction, entry);
            if (record is { Staged.Count: > 0 } || (record is null && IsThere(transaction, entry))) continue;
            due.Add(new DueRow(key.CopyToNewArray(), entry.ToArray()));
        }
        return due;
    }

    /// <summary>The record a row of the index leads to, if it still has that time and nothing is staged.</summary>
    public LedgerEntry? DueStill(LightningTransaction transaction, DueRow row) =>
        GetReadable(transaction, row.Key) is { Staged.Count: 0 } entry && ExpiryKey(entry.Expires, row.Key).AsSpan().SequenceEqual(row.Time) ? entry : null;

    /// <summary>True when a record went. A row of the index whose record is gone, or has another time, is only a row.</summary>
    public bool TryExpire(LightningTransaction transaction, DueRow row, long limit)
    {
        var entry = GetReadable(transaction, row.Key);
        if (entry is null && IsThere(transaction, row.Key)) return false;
        if (entry is null || !ExpiryKey(entry.Expires, row.Key).AsSpan().SequenceEqual(row.Time))
        {
            Drop(transaction.Delete(expiry, row.Time));
            return false;
        }
        if (entry.Expires > limit || entry.Staged.Count > 0) return false;
        Remove(transaction, row.Key);
        return true;
    }

    /// <summary>Its tables.</summary>
    public IEnumerable<LightningDatabase> Tables => [entries, open, expiry];

    public void Dispose()
    {
        expiry.Dispose();
        open.Dispose();
        entries.Dispose();
    }

    private List<byte[]> ExpiryRows(LightningTransaction transaction, byte[] key)
    {
        var rows = new List<byte[]>();
        using var cursor = transaction.CreateCursor(expiry);
        for (var (code, row, _) = cursor.First(); code == MDBResultCode.Success; (code, row, _) = cursor.Next())
        {
            if (row.AsSpan()[sizeof(long)..].SequenceEqual(key)) rows.Add(row.CopyToNewArray());
        }
        return rows;
    }

    private bool IsThere(LightningTransaction transaction, ReadOnlySpan<byte> key)
    {
        var (code, _, _) = transaction.Get(entries, key);
        if (code == MDBResultCode.NotFound) return false;
        code.ThrowOnError();
        return true;
    }

    private static byte[] ExpiryKey(long expires, ReadOnlySpan<byte> key)
    {
        var bytes = new byte[sizeof(long) + key.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, expires);
        key.CopyTo(bytes.AsSpan(sizeof(long)));
        return bytes;
    }

    private static void Drop(MDBResultCode code)
    {
        if (code != MDBResultCode.NotFound) code.ThrowOnError();
    }
}
