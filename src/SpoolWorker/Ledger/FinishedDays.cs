// Finished messages, a bucket a day. A message nothing is left to do for needs no record any more, only to be known when its pair comes
// again (queuefile's repetitions, a pair that could not be unlinked, a restored backup): what it is known by is a row of fixed
// length, and a day's rows lie in one tree of fixed-length duplicates (MDB_DUPSORT, MDB_DUPFIXED, key = day), so that forgetting a day is
// one operation, there is no index of times, and only today's tree is written to.
//   messages:   24 bytes  message hash (16), content digest (8): the whole message is settled. Another content under the id is another message
//               or one with other recipients, and is held.
//   recipients: 32 bytes  message hash (16), fingerprint digest (8), recipient hash (8), a row a settled recipient: where a known id may
//               come with a new recipient (queuefile). A message without any has one row with a recipient of zeros. Who got a copy by a rule has
//               a row as a recipient has. The -H that comes next does not name him, and a hash does not tell his address, so
//               that stands in a table beside it: rules have a few such addresses, and all of them are tried on the rows of a known message.
// The day is that on which the message was finished, and the id says when it was made: so a message is looked for in the days from
// its id's on, which for new mail is today and the day before (clocks may differ), two seeks however many days are kept. An id that says it was
// made later than Slack behind its end is not put here: its whole record is kept. A row is never changed; one that is there twice is one.
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LightningDB;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>The days.</summary>
internal sealed class FinishedDays(LightningDatabase messages, LightningDatabase recipients, LightningDatabase copies, MessageHash hash) : IDisposable
{
    public const string MessagesName = "messages", RecipientsName = "recipients", CopiesName = "copies";
    public const int MessageRow = MessageHash.MessageBytes + MessageHash.DigestBytes, RecipientRow = MessageRow + MessageHash.DigestBytes;
    private const long DayMilliseconds = 86_400_000;

    /// <summary>How far the clock of whoever made an id may go ahead of ours, in days.</summary>
    private const long Slack = 1;

    /// <summary>The day of a time, Unix milliseconds.</summary>
    public static long DayOf(long milliseconds) => Math.Max(0, milliseconds / DayMilliseconds);

    /// <summary>When a day is over, Unix milliseconds.</summary>
    public static long EndOf(long day) => (day + 1) * DayMilliseconds;

    /// <summary>The first day in which a message can have been put.</summary>
    public static long FirstDay(MessageId id) => Math.Max(0, DayOf(id.Seconds * 1000) - Slack);

    /// <summary>As a key of the trees.</summary>
    public static byte[] Key(long day)
    {
        var key = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(key, (uint)day);
        return key;
    }

    /// <summary>The day of a key.</summary>
    public static long Day(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt32BigEndian(key);

    /// <summary>Remembers a settled message. False when its whole record has to be kept.</summary>
    /// <param name="transaction">Where.</param>
    /// <param name="entry">Its record.</param>
    /// <param name="finished">When it was finished, Unix milliseconds.</param>
    public bool TryPut(LightningTransaction transaction, LedgerEntry entry, long finished)
    {
        var day = DayOf(finished);
        if (entry.Remembered == Remembered.Whole || !MessageId.TryParse(entry.Id.AsSpan(), out var id) || FirstDay(id) > day || day > uint.MaxValue) return false;
        var (key, message) = (Key(day), hash.OfMessage(entry.Intake, id));
        if (entry.Remembered == Remembered.AsMessage)
        {
            Put(transaction, messages, key, [.. message, .. hash.OfContent(message, entry.Fingerprint, entry.Addressed)]);
            return true;
        }
        byte[] start = [.. message, .. hash.OfFingerprint(message, entry.Fingerprint)];
        if (entry.Done.Count == 0) Put(transaction, recipients, key, [.. start, .. new byte[MessageHash.DigestBytes]]);
        foreach (var address in entry.Done.Keys) Put(transaction, recipients, key, [.. start, .. hash.OfRecipient(message, address)]);
        foreach (var address in entry.Copies ?? []) NameCopy(transaction, address);
        return true;
    }

    /// <summary>What is known of a message; null when nothing is.</summary>
    public FinishedMessage? Find(LightningTransaction transaction, string intake, MessageId id)
    {
        FinishedMessage? found = null;
        var message = hash.OfMessage(intake, id);
        foreach (var database in Databases)
        {
            using var cursor = transaction.CreateCursor(database);
            foreach (var day in Days(cursor, FirstDay(id), long.MaxValue))
            {
                foreach (var row in Rows(cursor, day, message, RowOf(database))) (found ??= new FinishedMessage(hash, intake, message)).Add(day, row);
            }
        }
        if (found is { IsByRecipient: true }) found.CopyAddresses = CopyAddresses(transaction);
        return found;
    }

    /// <summary>Lets a message through again. True when it was known.</summary>
    public bool Remove(LightningTransaction transaction, string intake, MessageId id)
    {
        var rows = AllRows(transaction, hash.OfMessage(intake, id), FirstDay(id), long.MaxValue);
        foreach (var (database, day, row) in rows) transaction.Delete(database, Key(day), row).ThrowOnError();
        return rows.Count > 0;
    }

    /// <summary>Days that may be forgotten: over for longer than is kept.</summary>
    public IReadOnlyList<long> Due(LightningTransaction transaction, long now, long keep)
    {
        var due = new SortedSet<long>();
        foreach (var database in Databases)
        {
            using var cursor = transaction.CreateCursor(database);
            due.UnionWith(Days(cursor, 0, long.MaxValue).TakeWhile(day => EndOf(day) + keep <= now));
        }
        return [.. due];
    }

    /// <summary>Whether a message is known by a day up to this one.</summary>
    public bool IsIn(LightningTransaction transaction, string intake, MessageId id, long lastDay) => AllRows(transaction, hash.OfMessage(intake, id), FirstDay(id), lastDay).Count > 0;

    /// <summary>What is known of a message by days up to one is known by another as well. True when anything was.</summary>
    public bool CarryOver(LightningTransaction transaction, string intake, MessageId id, long lastDay, long to)
    {
        var rows = AllRows(transaction, hash.OfMessage(intake, id), FirstDay(id), lastDay);
        foreach (var (database, _, row) in rows) transaction.Put(database, Key(Math.Max(to, FirstDay(id))), row).ThrowOnError();
        return rows.Count > 0;
    }

    /// <summary>Forgets all days up to one.</summary>
    public long Drop(LightningTransaction transaction, long lastDay)
    {
        var before = Count(transaction);
        foreach (var database in Databases)
        {
            List<long> days;
            using (var cursor = transaction.CreateCursor(database)) days = [.. Days(cursor, 0, lastDay)];
            foreach (var day in days) transaction.Delete(database, Key(day)).ThrowOnError();
        }
        return before - Count(transaction);
    }

    /// <summary>Number of rows: messages, and recipients where they are kept one by one.</summary>
    public long Count(LightningTransaction transaction) => transaction.GetEntriesCount(messages) + transaction.GetEntriesCount(recipients);

    /// <summary>Its tables.</summary>
    public IEnumerable<LightningDatabase> Tables => [messages, recipients, copies];

    public void Dispose()
    {
        copies.Dispose();
        recipients.Dispose();
        messages.Dispose();
    }

    private static void Put(LightningTransaction transaction, LightningDatabase database, byte[] key, byte[] row) => transaction.Put(database, key, row).ThrowOnError();

    // There already, as a rule: then nothing is written.
    private void NameCopy(LightningTransaction transaction, string address)
    {
        var bytes = Encoding.Latin1.GetBytes(address);
        // An address may be longer than a key.
        var key = SHA256.HashData(bytes);
        if (!transaction.ContainsKey(copies, key)) transaction.Put(copies, key, bytes).ThrowOnError();
    }

    private List<string> CopyAddresses(LightningTransaction transaction)
    {
        var addresses = new List<string>();
        using var cursor = transaction.CreateCursor(copies);
        for (var (code, _, value) = cursor.First(); code == MDBResultCode.Success; (code, _, value) = cursor.Next()) addresses.Add(Encoding.Latin1.GetString(value.AsSpan()));
        return addresses;
    }

    private LightningDatabase[] Databases => [messages, recipients];

    private int RowOf(LightningDatabase database) => ReferenceEquals(database, messages) ? MessageRow : RecipientRow;

    private List<(LightningDatabase Database, long Day, byte[] Row)> AllRows(LightningTransaction transaction, byte[] message, long firstDay, long lastDay)
    {
        var all = new List<(LightningDatabase, long, byte[])>();
        foreach (var database in Databases)
        {
            using var cursor = transaction.CreateCursor(database);
            foreach (var day in Days(cursor, firstDay, lastDay)) all.AddRange(Rows(cursor, day, message, RowOf(database)).Select(row => (database, day, row)));
        }
        return all;
    }

    // Sought anew for each: between two of them the cursor is used within the day.
    private static IEnumerable<long> Days(LightningCursor cursor, long first, long last)
    {
        for (var day = first; day <= Math.Min(last, uint.MaxValue); day++)
        {
            var code = cursor.SetRange(Key(day));
            if (code == MDBResultCode.NotFound) yield break;
            code.ThrowOnError();
            day = Day(cursor.GetCurrent().key.AsSpan());
            if (day > last) yield break;
            yield return day;
        }
    }

    private static List<byte[]> Rows(LightningCursor cursor, long day, byte[] message, int length)
    {
        var rows = new List<byte[]>();
        var from = new byte[length];
        message.CopyTo(from, 0);
        var code = cursor.GetBothRange(Key(day), from);
        while (code == MDBResultCode.Success)
        {
            var row = cursor.GetCurrent().value.AsSpan();
            if (!row.StartsWith(message)) return rows;
            rows.Add(row.ToArray());
            code = cursor.NextDuplicate().resultCode;
        }
        if (code != MDBResultCode.NotFound) code.ThrowOnError();
        return rows;
    }
}
