// The number of the ledger's format, what was made with it, and how one of an earlier format is brought to this one.
//   1: the whole record of every finished message. Here such a record is as good as rows of a day (FinishedDays), and is looked for first. So the
//      number is raised at once, and the records are turned into rows in portions, each a transaction, from the key on where the last portion
//      ended: a start that is killed in the middle leaves a good ledger, and the next one goes on.
//   2: finished messages are rows. Nothing in it is to be changed: the number says that what an earlier version would pass over may come.
//   3: who got a copy by a rule (LedgerEntry.Copies), what was found for single recipients of what is held (HeldState.Own), held mail that nobody
//      was told of (UntoldTally), the addresses of copies beside the rows of days. Without the first a copy is made twice, or lost where it waits alone.
// Only the worker raises the number, under its lock, also of a ledger without records: one of the earlier version that still runs must not have
// its records taken away by a command of this one, nor be refused its ledger at its next start.
// Whole stay what has something held, the releases of that, and what was finished within the last hour: the removals of those pairs may
// not be durable, and a row does not say which -H was judged. How their recipients came is not known: each gets a row.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LightningDB;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Ledger;

/// <summary>Who opens a ledger.</summary>
internal enum LedgerUser
{
    /// <summary>A command: takes the ledger as it is.</summary>
    Command,

    /// <summary>The worker, which holds its lock: brings a ledger of an earlier version up.</summary>
    Worker,
}

/// <summary>What stands in the ledger's table of itself.</summary>
internal static class LedgerFormat
{
    public const string MetaName = "meta", Held = "held ", Requeued = "requeued ", Bounced = "bounced ", Discarded = "discarded", Deleted = "deleted";

    /// <summary>One that is higher is refused.</summary>
    public const int Number = 3;

    /// <summary>In portions: memory and the time others wait are those of one.</summary>
    public const int Portion = 5000;

    private static readonly TimeSpan NotYetDurable = TimeSpan.FromHours(1);

    /// <summary>Where the key of the hashes stands.</summary>
    public static ReadOnlySpan<byte> HashKey => "hash-key"u8;

    private static ReadOnlySpan<byte> NumberKey => "format"u8;

    // There while records of format 1 are being turned into rows: the key that comes next.
    private static ReadOnlySpan<byte> UpgradeKey => "upgrade"u8;

    /// <summary>Whether a recipient has nothing of what became of it: it was thrown away, came back to its sender, or is held, from where it may never go on.</summary>
    public static bool IsWithout(string? fate) => fate is Discarded or Deleted || fate?.StartsWith(Bounced, StringComparison.Ordinal) == true || fate?.StartsWith(Held, StringComparison.Ordinal) == true;

    /// <summary>Whether records of format 1 wait to be turned into rows.</summary>
    public static bool IsUpgrading(LightningTransaction transaction, LightningDatabase meta) => Get(transaction, meta, UpgradeKey) is not null;

    /// <summary>Checks the number and writes this one's. Returns the key of the hashes, and whether the ledger was one of an earlier format.</summary>
    /// <exception cref="LedgerException">It is of a later version, or of an earlier one and the user may not bring it up.</exception>
    public static (MessageHash Hash, bool WasEarlier) Prepare(LightningTransaction transaction, LightningDatabase meta, bool isEmpty, LedgerUser user, string path)
    {
        var number = Get(transaction, meta, NumberKey);
        if (number is not null) Check(number, path);
        // One from before the number was written has the first.
        var found = number is not null ? Parse(number) : isEmpty ? Number : 1;
        if (found < Number && user != LedgerUser.Worker)
            throw new LedgerException($"ledger {path} has format {found}, that of an earlier version: start the worker (spoolworker run), or restart the one that runs: it brings it to format {Number}. Then do this again", isFatal: false, StoreFault.Older);
        if (found == 1) Put(transaction, meta, UpgradeKey, [0]);
        if (found < Number || number is null) Put(transaction, meta, NumberKey, Encoding.ASCII.GetBytes(Number.ToString(CultureInfo.InvariantCulture)));
        return (ReadOrMakeHash(transaction, meta), found < Number);
    }

    /// <summary>Throws LedgerException for a ledger of a later version.</summary>
    public static void Check(ReadOnlySpan<byte> value, string path)
    {
        if (Parse(value) is not (var format and > 0)) throw new LedgerException($"ledger {path} is damaged: '{Encoding.ASCII.GetString(value)}' is no format number", isFatal: false, StoreFault.Damaged);
        if (format > Number)
            throw new LedgerException($"ledger {path} has format {format}, and this version of spoolworker knows none above {Number}: a later version has written it. Run that one", isFatal: false, StoreFault.Newer);
    }

    /// <summary>Eight letters and digits made with the ledger.</summary>
    public static string ReadOrMakeTag(LightningTransaction transaction, LightningDatabase meta)
    {
        if (Get(transaction, meta, "tag"u8) is { } known) return Encoding.ASCII.GetString(known);
        var tag = RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 8);
        Put(transaction, meta, "tag"u8, Encoding.ASCII.GetBytes(tag));
        return tag;
    }

    /// <summary>Ids under which something is held: records of these ids may be releases.</summary>
    public static HashSet<string> HeldIds(IEnumerable<LedgerEntry> entries) =>
        [.. entries.SelectMany(e => e.Done.Values).Where(how => how.StartsWith(Held, StringComparison.Ordinal)).Select(how => how[Held.Length..])];

    /// <summary>Turns the next portion of records into rows. Returns how many records were looked at; 0: it is done.</summary>
    /// <param name="transaction">A transaction of its own.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="held">See <see cref="HeldIds"/>.</param>
    /// <param name="keep">How long finished messages are remembered, milliseconds.</param>
    /// <param name="now">Unix milliseconds.</param>
    public static int Upgrade(LightningTransaction transaction, LedgerTables tables, HashSet<string> held, long keep, long now)
    {
        if (Get(transaction, tables.Meta, UpgradeKey) is not { } from) return 0;
        var rows = tables.Records.From(transaction, from, Portion + 1);
        foreach (var (key, entry) in rows.Take(Portion))
        {
            if (entry is null or { IsSettled: false } || held.Contains(entry.Id) || entry.Done.Values.Any(how => how.StartsWith(Held, StringComparison.Ordinal))) continue;
            var finished = Math.Max(entry.Expires - keep, entry.Decided);
            if (finished > now - (long)NotYetDurable.TotalMilliseconds || !tables.Days.TryPut(transaction, entry with { Remembered = Remembered.ByRecipient }, finished)) continue;
            tables.NameIntake(transaction, entry.Intake);
            tables.Records.Remove(transaction, key, entry);
        }
        if (rows.Count > Portion) Put(transaction, tables.Meta, UpgradeKey, rows[Portion].Key);
        else transaction.Delete(tables.Meta, UpgradeKey).ThrowOnError();
        return Math.Min(rows.Count, Portion);
    }

    private static MessageHash ReadOrMakeHash(LightningTransaction transaction, LightningDatabase meta)
    {
        if (Get(transaction, meta, HashKey) is { } key) return new MessageHash(key);
        var made = RandomNumberGenerator.GetBytes(MessageHash.KeyBytes);
        Put(transaction, meta, HashKey, made);
        return new MessageHash(made);
    }

    private static int Parse(ReadOnlySpan<byte> value) => int.TryParse(Encoding.ASCII.GetString(value), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private static byte[]? Get(LightningTransaction transaction, LightningDatabase meta, ReadOnlySpan<byte> key)
    {
        var (code, _, value) = transaction.Get(meta, key);
        if (code == MDBResultCode.NotFound) return null;
        code.ThrowOnError();
        return value.CopyToNewArray();
    }

    private static void Put(LightningTransaction transaction, LightningDatabase meta, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => transaction.Put(meta, key, value).ThrowOnError();
}
