// Orders where no worker can be asked: they are written into the ledger, and the worker that runs with it, or the next one, keeps them.
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views.Orders;
using SpoolWorker.Options;
using SpoolWorker.Passes;

namespace SpoolWorker.Operations.Orders;

/// <summary>Orders by the ledger.</summary>
internal static class OrdersByLedger
{
    /// <summary>Does what is asked for; no drain, which is of a process.</summary>
    /// <param name="settings">Where the ledger is, and what orders may be about.</param>
    /// <param name="known">The passes and jobs there are.</param>
    /// <param name="request">It.</param>
    /// <param name="clock">Dates.</param>
    /// <param name="trouble">Why nothing was done; null: it was.</param>
    /// <exception cref="IOException">The ledger cannot be used.</exception>
    public static OrderAnswerView? Do(Settings settings, Registrations known, OrderRequest request, TimeProvider clock, out Trouble? trouble)
    {
        Places.MakePrivate(settings.Ledger.Path);
        using var ledger = MessageLedger.Open(settings.Ledger);
        var orders = new OrdersInForce(ledger.Orders, clock);
        var steps = settings.PassNames.Select(name => known.Passes.FirstOrDefault(p => p.Name == name)).OfType<PassRegistration>().Where(p => p.Create is not null).Select(p => (p.Name, p.MayBeSkipped)).ToList();
        var ground = new OrderGround([.. settings.Intakes.SelectMany(i => Places.IntakePaths(i)).Distinct()], steps, [.. known.Jobs.Select(j => j.Name)]);
        var result = OrderActs.Do(orders, ground, request, clock.GetUtcNow());
        if (result.Changed) VerbSignal.Give(settings.Ledger.Path);
        trouble = result.Trouble;
        var runs = Status.StatusByFiles.WorkerOf(settings.Ledger) is not null;
        var said = result.Changed ? $"{result.Said} ({(runs ? "the worker cannot be asked, and is told by the ledger" : "no worker runs; the next one keeps to it")})" : result.Said;
        return trouble is null ? new OrderAnswerView { Said = said, Changed = result.Changed, Orders = [.. orders.All.Select(OrderViews.Of)] } : null;
    }
}
