// The tables of the ledger's store, opened together.
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using LightningDB;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Ledger.Verbs;

namespace SpoolWorker.Ledger;

/// <summary>The tables.</summary>
/// <param name="Meta">What the ledger says of itself: see <see cref="LedgerFormat"/>.</param>
/// <param name="Records">Messages that are not finished, and those that are kept whole.</param>
/// <param name="Days">Finished messages.</param>
/// <param name="Intakes">Paths of the intakes the days' messages came from: a row does not tell it.</param>
/// <param name="Rates">Allowances of notifications.</param>
/// <param name="Verbs">What operators asked for.</param>
internal sealed record LedgerTables(LightningDatabase Meta, WholeRecords Records, FinishedDays Days, LightningDatabase Intakes, RateTable Rates, VerbTable Verbs) : IDisposable
{
    public const string IntakesName = "intakes";

    /// <summary>With some to spare.</summary>
    public const int Most = 16;

    private readonly ConcurrentDictionary<string, bool> _named = new();

    /// <summary>Whether they were those of an earlier format when they were opened.</summary>
    public bool WasEarlier { get; private init; }

    /// <summary>Opens them, making those that are not there.</summary>
    /// <exception cref="LedgerException">The ledger is of another version.</exception>
    public static LedgerTables Open(LightningTransaction transaction, LedgerUser user, string path)
    {
        var meta = LmdbStore.Database(transaction, LedgerFormat.MetaName);
        var entries = LmdbStore.Database(transaction, WholeRecords.EntriesName);
        var (hash, wasEarlier) = LedgerFormat.Prepare(transaction, meta, transaction.GetEntriesCount(entries) == 0, user, path);
        return new LedgerTables(meta,
            new WholeRecords(entries, LmdbStore.Database(transaction, WholeRecords.OpenName), LmdbStore.Database(transaction, WholeRecords.ExpiryName)),
            new FinishedDays(LmdbStore.FixedDuplicates(transaction, FinishedDays.MessagesName), LmdbStore.FixedDuplicates(transaction, FinishedDays.RecipientsName), LmdbStore.Database(transaction, FinishedDays.CopiesName), hash),
            LmdbStore.Database(transaction, IntakesName), new RateTable(LmdbStore.Database(transaction, "rates")),
            new VerbTable(meta, LmdbStore.Database(transaction, VerbTable.WaitingName), LmdbStore.Database(transaction, VerbTable.AuditName)))
        {
            WasEarlier = wasEarlier,
        };
    }

    /// <summary>Notes an intake that rows are of.</summary>
    public void NameIntake(LightningTransaction transaction, string path)
    {
        if (_named.ContainsKey(path)) return;
        var bytes = Encoding.UTF8.GetBytes(path);
        transaction.Put(Intakes, SHA256.HashData(bytes), bytes).ThrowOnError();
    }

    /// <summary>That note is durable.</summary>
    public void HasNamed(string path) => _named[path] = true;

    /// <summary>The intakes rows are of.</summary>
    public List<string> NamedIntakes(LightningTransaction transaction)
    {
        var paths = new List<string>();
        using var cursor = transaction.CreateCursor(Intakes);
        for (var (code, _, value) = cursor.First(); code == MDBResultCode.Success; (code, _, value) = cursor.Next()) paths.Add(Encoding.UTF8.GetString(value.AsSpan()));
        return paths;
    }

    /// <summary>Pages in use: what the store has freed is used again.</summary>
    public long Pages(LightningTransaction transaction) =>
        new[] { Meta, Intakes }.Concat(Records.Tables).Concat(Days.Tables).Concat(Rates.Tables).Concat(Verbs.Tables).Select(transaction.GetStats).Sum(s => (long)s.BranchPages + s.LeafPages + s.OverflowPages);

    public void Dispose()
    {
        Verbs.Dispose();
        Rates.Dispose();
        Intakes.Dispose();
        Days.Dispose();
        Records.Dispose();
        Meta.Dispose();
    }
}
