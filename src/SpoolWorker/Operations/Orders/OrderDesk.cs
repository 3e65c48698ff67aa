// Orders within the worker.
using SpoolWorker.Engine;
using SpoolWorker.Operations.Status;
using SpoolWorker.Operations.Views.Orders;

namespace SpoolWorker.Operations.Orders;

/// <summary>Gives orders to the engine that runs.</summary>
internal sealed class OrderDesk(SpoolEngine engine, LiveStatus status, TimeProvider clock)
{
    /// <summary>Does what is asked for.</summary>
    /// <param name="request">It.</param>
    /// <param name="trouble">Why nothing was done; null: it was.</param>
    /// <exception cref="Ledger.Store.LedgerException">It cannot be written down; nothing has changed.</exception>
    public OrderAnswerView? Do(OrderRequest request, out Trouble? trouble)
    {
        var result = OrderActs.Do(engine.Orders, new OrderGround([.. engine.Intakes.Select(i => i.Path)], engine.Steps, status.Upkeep), request, clock.GetUtcNow());
        trouble = result.Trouble;
        return trouble is null ? Answer(result.Said, result.Changed) : null;
    }

    /// <summary>How far a drain is.</summary>
    public OrderAnswerView Drained() => Answer("", changed: false);

    private OrderAnswerView Answer(string said, bool changed)
    {
        var view = new OrderAnswerView { Said = said, Changed = changed, Orders = [.. engine.Orders.All.Select(OrderViews.Of)] };
        if (engine.Orders.PauseOfWorker is not { } pause) return view;
        var inHand = engine.Busy;
        var left = inHand == 0 ? status.InIntakes : null;
        return view with { Said = said.Length > 0 ? said : pause.Sentence, InHand = inHand, Left = left?.Messages, Capped = left?.IsCapped };
    }
}
