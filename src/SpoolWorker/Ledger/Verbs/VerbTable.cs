// Two trees of the ledger's store: the verbs that wait, by (message id, intake, number), and the audit by number, which is the order of their writing. A
// version before this one knows neither and leaves both alone, so they need no new number of the ledger's format. What the audit takes is counted
// beside it. The rows of deletions are all that is left of those messages: only their age removes them, and where they alone fill the audit, there is
// no room for one more. Only their age removes rows that cannot be read, as of a later version's verbs, and those that do not tell it stay: they may
// well be deletions. Called inside the ledger's transactions.
using System.Buffers.Binary;
using System.Text;
using LightningDB;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger.Verbs;

/// <summary>A verb that waits, as its key has it.</summary>
/// <param name="Intake">The directory of its message, as <see cref="IntakeHash"/> has it.</param>
/// <param name="Id">The message.</param>
/// <param name="Number">Its number.</param>
internal readonly record struct WaitingVerb(string Intake, MessageId Id, long Number);

/// <summary>What sweeping the audit came to.</summary>
/// <param name="Gone">Rows that are forgotten.</param>
/// <param name="Unread">Rows among those looked at that cannot be read, and stay.</param>
internal readonly record struct AuditSweep(int Gone, int Unread);

/// <summary>Verbs that wait, and the audit.</summary>
internal sealed class VerbTable(LightningDatabase meta, LightningDatabase waiting, LightningDatabase audit) : IDisposable
{
    public const string WaitingName = "verbs", AuditName = "audit";

    private static ReadOnlySpan<byte> NumberKey => "verb-number"u8;

    private static ReadOnlySpan<byte> BytesKey => "audit-bytes"u8;

    private static ReadOnlySpan<byte> DeletionsKey => "audit-deletions"u8;

    /// <summary>Its trees, for their sizes.</summary>
    public IEnumerable<LightningDatabase> Tables => [waiting, audit];

    /// <summary>Writes an order down. Returns it with its number.</summary>
    public VerbRow Add(LightningTransaction transaction, VerbRow row)
    {
        row = Numbered(transaction, row);
        Put(transaction, waiting, Key(row), VerbJson.Write(row));
        return row;
    }

    /// <summary>The one of a message whose turn it is: the first, or the one that goes on for it; null when none waits. Asked for every message, and nearly always the tree is empty.</summary>
    public VerbRow? First(LightningTransaction transaction, string intake, string id)
    {
        if (transaction.GetEntriesCount(waiting) == 0) return null;
        var (prefix, first) = (Prefix(intake, id), default(VerbRow));
        using var cursor = transaction.CreateCursor(waiting);
        for (var (code, key, value) = Seek(cursor, prefix); code == MDBResultCode.Success && key.AsSpan().StartsWith(prefix); (code, key, value) = cursor.Next())
        {
            if (VerbJson.TryRead(value.AsSpan()) is not { } row) continue;
            if (row.GoesOn) return row;
            first ??= row;
        }
        return first;
    }

    /// <summary>All that wait, in the order of their messages.</summary>
    public List<VerbRow> Waiting(LightningTransaction transaction)
    {
        var rows = new List<VerbRow>();
        using var cursor = transaction.CreateCursor(waiting);
        for (var (code, _, value) = cursor.First(); code == MDBResultCode.Success; (code, _, value) = cursor.Next())
        {
            if (VerbJson.TryRead(value.AsSpan()) is { } row) rows.Add(row);
        }
        return rows;
    }

    /// <summary>Whose turn they wait for, in the order of their messages: what the keys say, without reading any row, as there may be very many.</summary>
    public List<WaitingVerb> Keys(LightningTransaction transaction)
    {
        var keys = new List<WaitingVerb>();
        using var cursor = transaction.CreateCursor(waiting);
        for (var (code, key, _) = cursor.First(); code == MDBResultCode.Success; (code, key, _) = cursor.Next())
        {
            if (TryKey(key.AsSpan(), out var found)) keys.Add(found);
        }
        return keys;
    }

    /// <summary>A row as it stands now: as it waits, or in the audit; null when it is gone from both.</summary>
    public VerbRow? Find(LightningTransaction transaction, VerbRow row)
    {
        var (code, _, value) = transaction.Get(waiting, Key(row));
        if (code == MDBResultCode.NotFound) (code, _, value) = transaction.Get(audit, StoreRows.Bytes(row.Number));
        if (code == MDBResultCode.NotFound) return null;
        code.ThrowOnError();
        return VerbJson.TryRead(value.AsSpan());
    }

    /// <summary>Changes one that waits.</summary>
    public void Change(LightningTransaction transaction, VerbRow row)
    {
        if (IsWaiting(transaction, row)) Put(transaction, waiting, Key(row), VerbJson.Write(row));
    }

    /// <summary>Moves a row to the audit, and writes down the one that goes on with those who are left. Returns it as it stands in the audit; null when it waits no longer: somebody else has
    /// settled it.</summary>
    public VerbRow? Settle(LightningTransaction transaction, VerbRow row)
    {
        if (!IsWaiting(transaction, row)) return null;
        transaction.Delete(waiting, Key(row)).ThrowOnError();
        if (row.Rest.Count > 0) row = row with { Next = Add(transaction, row.AsOrdered() with { Recipients = row.Rest, GoesOn = true }).Number };
        Note(transaction, row);
        return row;
    }

    /// <summary>Writes down what was done, in the transaction that commits it. A row that was withdrawn while it was in hand tells of what was done all the same, and nothing goes on.
    /// One that never waited (a standing hold's) gets its number here. Returns it as it stands in the audit.</summary>
    public VerbRow Execute(LightningTransaction transaction, VerbRow row)
    {
        if (row.Number == 0) row = Numbered(transaction, row);
        else if (Settle(transaction, row) is { } settled) return settled;
        else Remove(transaction, row.Number);
        Note(transaction, row);
        return row;
    }

    /// <summary>Takes a row back out of the audit: what it tells of was undone.</summary>
    public void TakeBack(LightningTransaction transaction, VerbRow row)
    {
        Remove(transaction, row.Number);
        // Nobody waits for it: the message comes to the standing hold again.
        if (row.Standing > 0) return;
        Put(transaction, waiting, Key(row), VerbJson.Write(row.AsOrdered()));
        // It serves them all again. One that was withdrawn meanwhile is in the audit.
        if (row.Next > 0 && row with { Number = row.Next } is var next && IsWaiting(transaction, next)) transaction.Delete(waiting, Key(next)).ThrowOnError();
    }

    /// <summary>Rows of the audit from a number on, at most so many.</summary>
    public List<VerbRow> Audit(LightningTransaction transaction, long from, int most)
    {
        var rows = new List<VerbRow>();
        using var cursor = transaction.CreateCursor(audit);
        for (var (code, _, value) = Seek(cursor, StoreRows.Bytes(from)); code == MDBResultCode.Success && rows.Count < most; (code, _, value) = cursor.Next())
        {
            if (VerbJson.TryRead(value.AsSpan()) is { } row) rows.Add(row);
        }
        return rows;
    }

    /// <summary>Whether one more deletion fits: what else is in the audit makes way for it.</summary>
    public bool HasRoom(LightningTransaction transaction, long bytes, long most) => bytes <= Room(transaction, most);

    /// <summary>Bytes of deletions that still fit.</summary>
    public long Room(LightningTransaction transaction, long most) => most - transaction.Number(meta, DeletionsKey);

    /// <summary>Forgets what is older than is kept, and what is oldest where there is too much, at most so many rows.</summary>
    /// <param name="transaction">Where.</param>
    /// <param name="oldest">What was executed before this goes, Unix milliseconds.</param>
    /// <param name="most">Most bytes.</param>
    /// <param name="rows">Most rows that go.</param>
    public AuditSweep Sweep(LightningTransaction transaction, long oldest, long most, int rows)
    {
        var (gone, unread) = (new List<long>(), 0);
        var left = transaction.Number(meta, BytesKey);
        using (var cursor = transaction.CreateCursor(audit))
        {
            for (var (code, key, value) = cursor.First(); code == MDBResultCode.Success && gone.Count < rows; (code, key, value) = cursor.Next())
            {
                var row = VerbJson.TryRead(value.AsSpan());
                var executed = row is null ? VerbJson.ExecutedOf(value.AsSpan()) : row.Executed;
                var isOld = executed < oldest;
                if (!isOld && row is null) unread++;
                // Behind one that does not tell its time there may be older ones.
                if (!isOld && executed is not null && left <= most) break;
                if (!isOld && (row is null || IsDeletion(row))) continue;
                gone.Add(BinaryPrimitives.ReadInt64BigEndian(key.AsSpan()));
                left -= value.AsSpan().Length;
            }
        }
        foreach (var number in gone) Remove(transaction, number);
        return new AuditSweep(gone.Count, unread);
    }

    public void Dispose()
    {
        audit.Dispose();
        waiting.Dispose();
    }

    private VerbRow Numbered(LightningTransaction transaction, VerbRow row)
    {
        row = row with { Number = transaction.Number(meta, NumberKey) + 1 };
        transaction.PutNumber(meta, NumberKey, row.Number);
        return row;
    }

    private bool IsWaiting(LightningTransaction transaction, VerbRow row)
    {
        var (code, _, _) = transaction.Get(waiting, Key(row));
        if (code == MDBResultCode.NotFound) return false;
        code.ThrowOnError();
        return true;
    }

    private void Remove(LightningTransaction transaction, long number)
    {
        var (code, _, value) = transaction.Get(audit, StoreRows.Bytes(number));
        if (code == MDBResultCode.NotFound) return;
        code.ThrowOnError();
        var (row, length) = (VerbJson.TryRead(value.AsSpan()), value.AsSpan().Length);
        transaction.Delete(audit, StoreRows.Bytes(number)).ThrowOnError();
        Counted(transaction, row, -length);
    }

    private void Note(LightningTransaction transaction, VerbRow row)
    {
        var bytes = VerbJson.Write(row);
        Put(transaction, audit, StoreRows.Bytes(row.Number), bytes);
        Counted(transaction, row, bytes.Length);
    }

    // One that was not done leaves its message where it is.
    private static bool IsDeletion(VerbRow? row) => row is { Verb: VerbKind.Delete, Result: VerbResult.Done };

    private void Counted(LightningTransaction transaction, VerbRow? row, long bytes)
    {
        transaction.PutNumber(meta, BytesKey, Math.Max(0, transaction.Number(meta, BytesKey) + bytes));
        if (IsDeletion(row)) transaction.PutNumber(meta, DeletionsKey, Math.Max(0, transaction.Number(meta, DeletionsKey) + bytes));
    }

    private static (MDBResultCode, MDBValue, MDBValue) Seek(LightningCursor cursor, byte[] from) =>
        cursor.SetRange(from) == MDBResultCode.Success ? cursor.GetCurrent() : (MDBResultCode.NotFound, default, default);

    private static void Put(LightningTransaction transaction, LightningDatabase database, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => transaction.Put(database, key, value).ThrowOnError();

    private static byte[] Prefix(string intake, string id) => Encoding.ASCII.GetBytes($"{id}/{IntakeHash.Of(intake)}/");

    private static bool TryKey(ReadOnlySpan<byte> key, out WaitingVerb found)
    {
        var slash = key.IndexOf((byte)'/');
        var isKey = slash > 0 && key.Length > slash + 1 + sizeof(long) && MessageId.TryParse(key[..slash], out _);
        found = isKey && MessageId.TryParse(key[..slash], out var id)
            ? new WaitingVerb(Encoding.ASCII.GetString(key[(slash + 1)..^(sizeof(long) + 1)]), id, BinaryPrimitives.ReadInt64BigEndian(key[^sizeof(long)..])) : default;
        return isKey;
    }

    private static byte[] Key(VerbRow row) => [.. Prefix(row.Intake, row.Id), .. StoreRows.Bytes(row.Number)];
}
