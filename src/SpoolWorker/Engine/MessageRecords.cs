// What is known of a message that has come, as it stands now: an earlier process may have died in the middle of its commit, an operator
// may have taken its held copy away, Exim may have delivered to some of its recipients.
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Reading;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Engine;

/// <summary>The ledger's records, brought up to date.</summary>
internal sealed class MessageRecords(MessageLedger ledger, Recovery recovery, HeldStore held, TimeProvider clock)
{
    private const string DeliveredByExim = "delivered by Exim";

    /// <summary>The record of a message, a new one for one that is not known; null when it cannot be known what became of it.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read or written.</exception>
    public LedgerEntry? Of(MessageKey key, ReadPair read, AskedMessage asked)
    {
        var entry = ledger.Find(key.Intake.Path, key.Id, asked) ?? new LedgerEntry { Intake = key.Intake.Path, Id = key.Id.ToString() };
        // What is known as finished does not say since when.
        if (entry.FirstSeen == 0) entry = entry with { FirstSeen = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        // Visible is not durable: what a process that died has committed is finished before anything relies on it.
        if (entry.Staged.Count > 0)
        {
            if (recovery.Finish(entry) is not { } finished) return null;
            entry = finished;
        }
        if (entry.Expires > 0) entry = held.Reconsider(entry);
        // -J may go before -H does, in a power cut: who is in it must not be forgotten with it.
        return read.Delivered.Count > 0 ? entry with { Done = WithDelivered(entry.Done, read) } : entry;
    }

    private static Dictionary<string, string> WithDelivered(Dictionary<string, string> done, ReadPair read)
    {
        var all = new Dictionary<string, string>(done);
        var names = read.Delivered.Select(a => LedgerEntry.Text(a.Span)).ToHashSet();
        foreach (var recipient in read.Header.Recipients.Select(r => LedgerEntry.Text(r.Address.Span)).Where(names.Contains)) all.TryAdd(recipient, DeliveredByExim);
        return all;
    }
}
