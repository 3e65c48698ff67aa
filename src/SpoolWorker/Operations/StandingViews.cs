using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Operations;

/// <summary>What is told of standing holds.</summary>
internal static class StandingViews
{
    public static StandingHoldView Of(StandingHold hold, DateTimeOffset now) => new()
    {
        Number = hold.Number,
        Condition = hold.Condition,
        Reason = hold.Reason,
        Actor = hold.Actor,
        Uid = hold.Uid,
        Time = View.TimeOfMilliseconds(hold.Time),
        Ends = hold.Ends > 0 ? View.TimeOfMilliseconds(hold.Ends) : null,
        Ended = hold.HasEnded(now),
        Fault = StandingHolds.TryParse(hold, out _),
    };
}
