using SpoolWorker.Ledger.Orders;
using SpoolWorker.Ledger.Verbs;

namespace SpoolWorker.Engine.Orders;

/// <summary>Rows of the audit for orders, which are about no message.</summary>
internal static class OrderNote
{
    /// <summary>One was given.</summary>
    public static VerbRow Given(OrderRow row) => Row(row, row.Kind switch { OrderKind.Pause => VerbKind.Pause, OrderKind.Skip => VerbKind.Skip, _ => VerbKind.Drain }, row, row.Since, row.Sentence);

    /// <summary>One was taken back.</summary>
    /// <param name="row">The order.</param>
    /// <param name="by">Who did, and why; only that is read.</param>
    /// <param name="now">Unix milliseconds.</param>
    public static VerbRow TakenBack(OrderRow row, OrderRow by, long now) => Row(row, row.Kind == OrderKind.Skip ? VerbKind.Unskip : VerbKind.Resume, by, now, $"no more: {row.Sentence}");

    /// <summary>The time of one is over.</summary>
    public static VerbRow Ended(OrderRow row, long now) => Row(row, row.Kind == OrderKind.Skip ? VerbKind.Unskip : VerbKind.Resume, row with { Reason = "" }, now, $"its time is over: {row.Sentence}");

    private static VerbRow Row(OrderRow row, VerbKind verb, OrderRow by, long now, string told) => new()
    {
        Verb = verb,
        Intake = row.Scope == OrderScope.Intake ? row.Name : "",
        Id = "",
        Actor = by.Actor,
        Uid = by.Uid,
        Reason = by.Reason,
        Time = now,
        Executed = now,
        Result = VerbResult.Done,
        Told = told,
    };
}
