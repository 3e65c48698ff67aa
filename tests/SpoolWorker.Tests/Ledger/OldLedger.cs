using System.Buffers.Binary;
using System.Text;
using LightningDB;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Ledger;

/// <summary>Writes a ledger as the version with format 1 did: the whole record of every message, and an index row a time.</summary>
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
            using var rows = LmdbStore.Database(transaction, "entries");
            using var open = LmdbStore.Database(transaction, "open");
            using var expiry = LmdbStore.Database(transaction, "expiry");
            using var rates = LmdbStore.Database(transaction, "rates");
            if (numbered) transaction.Put(meta, "format"u8, "1"u8).ThrowOnError();
            transaction.Put(meta, "tag"u8, Encoding.ASCII.GetBytes(Tag)).ThrowOnError();
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
        });
    }
}
