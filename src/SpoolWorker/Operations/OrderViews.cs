using SpoolWorker.Ledger.Orders;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Orders;

namespace SpoolWorker.Operations;

/// <summary>Orders as programs see them.</summary>
internal static class OrderViews
{
    public static OrderView Of(OrderRow row) => new()
    {
        Kind = OrderWords.Of(row.Kind),
        Scope = OrderWords.Of(row.Scope),
        Name = row.Name,
        Since = View.TimeOfMilliseconds(row.Since),
        Until = row.Until > 0 ? View.TimeOfMilliseconds(row.Until) : null,
        Actor = row.Actor,
        Uid = row.Uid,
        Reason = row.Reason.Length > 0 ? row.Reason : null,
        Sentence = row.Sentence,
    };
}
