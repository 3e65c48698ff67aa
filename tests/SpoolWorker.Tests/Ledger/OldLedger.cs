using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LightningDB;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Ledger;

/// <summary>Writes a ledger as versions before this one did: with format 1 the whole record of every message, and an index row a time; with format 2 rows of finished messages beside them.</summary>
internal static class OldLedger
{
    public const string Tag = "oldtagxx";

    /// <param name="options">Where.</param>
    /// <param name="entries">All records.</param>
    /// <param name="numbered">False: from before the number was written.</param>
    public static void Write(LedgerOptions options, IEnumerable<LedgerEntry> entries, bool numbered = true)
    {
        using var store = LmdbStore.Open(new StorePlan("ledger", MessageLedger.FileOf(options), options.MapSize, "", 8, 512, "."));
        store.Write(transaction =>
        {
            using var meta = LmdbStore.Database(transaction, "meta");
            using var rates = LmdbStore.Database(transaction, "rates");
            if (numbered) transaction.Put(meta, "format"u8, "1"u8).ThrowOnError();
            transaction.Put(meta, "tag"u8, Encoding.ASCII.GetBytes(Tag)).ThrowOnError();
            PutRecords(transaction, entries);
        });
    }

    /// <summary>Format 2.</summary>
    /// <param name="options">Where.</param>
    /// <param name="entries">Whole records.</param>
    /// <param name="finished">What rows are of, finished at a time, Unix milliseconds.</param>
    /// <param name="isHalf">Its worker was killed while it made rows of records of format 1.</param>
    public static void WriteSecond(LedgerOptions options, IEnumerable<LedgerEntry> entries, IEnumerable<(LedgerEntry Entry, long Finished)> finished, bool isHalf = false)
    {
        using var store = LmdbStore.Open(new StorePlan("ledger", MessageLedger.FileOf(options), options.MapSize, "", 16, 512, "."));
        store.Write(transaction =>
        {
            using var meta = LmdbStore.Database(transaction, "meta");
            var key = Enumerable.Range(1, 32).Select(i => (byte)i).ToArray();
            transaction.Put(meta, "format"u8, "2"u8).ThrowOnError();
            transaction.Put(meta, "tag"u8, Encoding.ASCII.GetBytes(Tag)).ThrowOnError();
            transaction.Put(meta, "hash-key"u8, key).ThrowOnError();
            if (isHalf) transaction.Put(meta, "upgrade"u8, new byte[1]).ThrowOnError();
            PutRecords(transaction, entries);
            using var rates = LmdbStore.Database(transaction, "rates");
            using var intakes = LmdbStore.Database(transaction, "intakes");
            using var messages = LmdbStore.FixedDuplicates(transaction, "messages");
            using var recipients = LmdbStore.FixedDuplicates(transaction, "recipients");
            var hash = new MessageHash(key);
            foreach (var (entry, time) in finished)
            {
                var message = hash.OfMessage(entry.Intake, PairFactory.Parse(entry.Id));
                var day = new byte[4];
                BinaryPrimitives.WriteUInt32BigEndian(day, (uint)(time / 86_400_000));
                transaction.Put(intakes, SHA256.HashData(Encoding.UTF8.GetBytes(entry.Intake)), Encoding.UTF8.GetBytes(entry.Intake)).ThrowOnError();
                if (entry.Remembered == Remembered.AsMessage) transaction.Put(messages, day, (byte[])[.. message, .. hash.OfContent(message, entry.Fingerprint, entry.Addressed)]).ThrowOnError();
                else foreach (var address in entry.Done.Keys) transaction.Put(recipients, day, (byte[])[.. message, .. hash.OfFingerprint(message, entry.Fingerprint), .. hash.OfRecipient(message, address)]).ThrowOnError();
            }
        });
    }

    private static void PutRecords(LightningTransaction transaction, IEnumerable<LedgerEntry> entries)
    {
        using var rows = LmdbStore.Database(transaction, "entries");
        using var open = LmdbStore.Database(transaction, "open");
        using var expiry = LmdbStore.Database(transaction, "expiry");
        foreach (var entry in entries)
        {
            var key = WholeRecords.Key(entry.Intake, PairFactory.Parse(entry.Id));
            transaction.Put(rows, key, LedgerJson.Write(entry)).ThrowOnError();
            if (entry.Expires == 0 || entry.Staged.Count > 0) transaction.Put(open, key, Array.Empty<byte>()).ThrowOnError();
            if (entry.Expires == 0) continue;
            var time = new byte[8 + key.Length];
            BinaryPrimitives.WriteInt64BigEndian(time, entry.Expires);
            key.CopyTo(time, 8);
            transaction.Put(expiry, time, Array.Empty<byte>()).ThrowOnError();
        }
    }
}
