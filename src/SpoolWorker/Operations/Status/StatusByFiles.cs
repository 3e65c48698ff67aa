// How it stands where no worker can be asked: what the files tell, which are the places, the ledger and who holds its lock. Changes nothing, takes no lock.
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Telemetry;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Orders;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Operations.Views.Status;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Status;

/// <summary>The status by the files.</summary>
internal static class StatusByFiles
{
    /// <param name="settings">Where they are.</param>
    /// <param name="clock">The time.</param>
    /// <param name="trouble">What could not be looked at; null: nothing.</param>
    public static StatusView Of(Settings settings, TimeProvider clock, out Trouble? trouble)
    {
        var now = clock.GetUtcNow();
        var survey = new PlaceSurvey(settings, () => settings.Intakes.SelectMany(i => Places.IntakePaths(i)).Distinct(), clock);
        var (deferred, planned, next, holds, orders) = Known(settings.Ledger, now, out trouble);
        var file = MessageLedger.FileOf(settings.Ledger);
        return new StatusView
        {
            Running = WorkerOf(settings.Ledger) is not null,
            Time = View.TimeOf(now),
            Places = StatusViews.Places(survey, now),
            Waiting = new WaitingView { Deferred = deferred, Planned = planned, NextTry = next is { } time ? View.TimeOfMilliseconds(time) : null },
            Ledger = Posix.TryStatus(file, out var status) == 0 ? new LedgerSizeView { File = status.Size, Limit = settings.Ledger.MapSize } : null,
            Target = StatusViews.Target(settings.Target),
            Disks = StatusViews.Disks(survey),
            Holds = holds,
            Orders = orders,
        };
    }

    /// <summary>The number of the process that works with the ledger; null: none does, or it cannot be seen.</summary>
    public static int? WorkerOf(LedgerOptions ledger) => LedgerLocks.HolderOf(Places.Full(ledger.Path));

    private static (int Deferred, int Planned, long? Next, IReadOnlyList<StandingHoldView> Holds, IReadOnlyList<OrderView> Orders) Known(LedgerOptions options, DateTimeOffset now, out Trouble? trouble)
    {
        trouble = null;
        try
        {
            using var ledger = LedgerGlance.Open(options);
            var waits = ledger?.Deferred().ToList() ?? [];
            return (waits.Count(w => !w.IsPlanned), waits.Count(w => w.IsPlanned), waits.Where(w => !w.IsOpenEnded).Min(w => (long?)w.Next),
                [.. (ledger?.Standing() ?? []).Select(h => StandingViews.Of(h, now))], [.. (ledger?.Orders() ?? []).Where(o => !o.HasEnded(now)).Select(OrderViews.Of)]);
        }
        catch (IOException e)
        {
            trouble = Trouble.Of(e, "told without the ledger: ");
            return (0, 0, null, [], []);
        }
    }
}
