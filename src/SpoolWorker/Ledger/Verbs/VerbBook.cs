// The door to the verbs of a ledger: each call is a transaction of its own. What the commit group executes goes with its records (MessageLedger.Commit).
// Throws LedgerException.
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Ledger.Verbs;

/// <summary>Verbs that wait, and the audit.</summary>
internal sealed class VerbBook(LmdbStore store, VerbTable table)
{
    // In portions: one large transaction would hold up the commits.
    private const int Portion = 5000;

    /// <summary>Writes orders down, all or none. Returns them with their numbers.</summary>
    public IReadOnlyList<VerbRow> Add(IReadOnlyList<VerbRow> rows) => store.Write(transaction => rows.Select(row => table.Add(transaction, row)).ToList());

    /// <summary>The first that waits for a message; null when none does.</summary>
    public VerbRow? First(string intake, string id) => store.Read(transaction => table.First(transaction, intake, id));

    /// <summary>All that wait.</summary>
    public IReadOnlyList<VerbRow> Waiting() => store.Read(table.Waiting);

    /// <summary>Whose turn all that wait for.</summary>
    public IReadOnlyList<WaitingVerb> Keys() => store.Read(table.Keys);

    /// <summary>Rows as they stand now; null in the place of one that is gone.</summary>
    public IReadOnlyList<VerbRow?> Find(IReadOnlyList<VerbRow> rows) => store.Read(transaction => rows.Select(row => table.Find(transaction, row)).ToList());

    /// <summary>Changes one that waits still.</summary>
    public void Change(VerbRow row) => store.Write(transaction => table.Change(transaction, row));

    /// <summary>Settles rows that nothing was done for. One that waits no longer is left as it is.</summary>
    public void Settle(IReadOnlyList<VerbRow> rows) => store.Write(transaction =>
    {
        foreach (var row in rows) table.Settle(transaction, row);
    });

    /// <summary>Puts rows into the audit of what needs no message processor.</summary>
    public void Note(IReadOnlyList<VerbRow> rows) => store.Write(transaction =>
    {
        foreach (var row in rows) table.Settle(transaction, table.Add(transaction, row));
    });

    /// <summary>Bytes of deletions that the audit still takes.</summary>
    /// <param name="most">Most bytes of the audit.</param>
    public long Room(long most) => store.Read(transaction => table.Room(transaction, most));

    /// <summary>Rows of the audit from a number on, at most so many.</summary>
    public IReadOnlyList<VerbRow> Audit(long from, int most) => store.Read(transaction => table.Audit(transaction, from, most));

    /// <summary>Whether one more deletion fits into the audit.</summary>
    /// <param name="row">Its row as it would stand there.</param>
    /// <param name="most">Most bytes of the audit.</param>
    public bool HasRoom(VerbRow row, long most) => store.Read(transaction => table.HasRoom(transaction, VerbJson.Write(row).Length, most));

    /// <summary>Forgets what is older than is kept, and what is oldest where there is too much.</summary>
    public AuditSweep Sweep(DateTimeOffset now, TimeSpan keep, long most)
    {
        var (all, oldest) = (0, (now - keep).ToUnixTimeMilliseconds());
        while (true)
        {
            var swept = store.Write(transaction => table.Sweep(transaction, oldest, most, Portion));
            if (swept.Gone == 0) return swept with { Gone = all };
            all += swept.Gone;
        }
    }
}
