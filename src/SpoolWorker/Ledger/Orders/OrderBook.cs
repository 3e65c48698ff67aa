// Orders that stand: a few rows in the ledger's table of itself. Each is given and taken back in one transaction with its row of the audit.
// Throws LedgerException.
using System.Text;
using LightningDB;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Ledger.Verbs;

namespace SpoolWorker.Ledger.Orders;

/// <summary>The orders.</summary>
internal sealed class OrderBook(LmdbStore store, LightningDatabase meta, VerbTable audit)
{
    /// <summary>Before the keys of the rows.</summary>
    public static ReadOnlySpan<byte> Prefix => "order "u8;

    /// <summary>All that stand, whether their time is over or not.</summary>
    public IReadOnlyList<OrderRow> All() => store.Read(transaction => transaction.Rows(meta, Prefix, static (_, value) => OrderJson.TryRead(value)));

    /// <summary>Gives one, in the place of one for the same.</summary>
    public void Give(OrderRow row, VerbRow told) => store.Write(transaction =>
    {
        transaction.Put(meta, KeyOf(row), OrderJson.Write(row)).ThrowOnError();
        audit.Execute(transaction, told);
    });

    /// <summary>Takes one back. False: it stood no longer, or was given anew since, and nothing is changed.</summary>
    public bool TakeBack(OrderRow row, VerbRow told) => store.Write(transaction =>
    {
        var (code, _, value) = transaction.Get(meta, KeyOf(row));
        if (code == MDBResultCode.NotFound || OrderJson.TryRead(value.AsSpan()) != row) return false;
        transaction.Delete(meta, KeyOf(row)).ThrowOnError();
        audit.Execute(transaction, told);
        return true;
    });

    /// <summary>Notes what leaves no order behind.</summary>
    public void Note(VerbRow told) => store.Write(transaction => { audit.Execute(transaction, told); });

    private static byte[] KeyOf(OrderRow row) => [.. Prefix, .. Encoding.UTF8.GetBytes($"{OrderWords.Of(row.Kind)} {OrderWords.Of(row.Scope)} {row.Name}")];
}
