// The orders as the engine asks them: for each message, so a look at them costs nothing while there are none. The rows of the ledger are the truth;
// they are looked at when somebody changes them here, when a command says that it has (VerbSignal), and from time to time. Any thread may ask.
// Giving and taking back throws LedgerException: then nothing has changed.
using SpoolWorker.Ledger.Orders;

namespace SpoolWorker.Engine.Orders;

/// <summary>Orders that stand.</summary>
/// <param name="book">Where they are written down; null: nowhere, for an engine that has none.</param>
/// <param name="clock">Dates and timestamps.</param>
internal sealed class OrdersInForce(OrderBook? book, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private volatile Order[] _all = [];

    /// <summary>Called with what stands since now (true), or no longer (false), by whatever thread saw it.</summary>
    public event Action<OrderRow, bool>? Changed;

    /// <summary>Those that stand now, in the order of their giving.</summary>
    public IReadOnlyList<OrderRow> All => _all.Length == 0 ? [] : [.. _all.Where(IsOn).Select(o => o.Row).OrderBy(r => r.Since)];

    /// <summary>The order that keeps what lies in an intake from being worked on; null: none does.</summary>
    /// <param name="intake">Its directory, or that of <c>held/</c>.</param>
    public OrderRow? PauseOf(string intake) => _all.Length == 0 ? null : PauseAmong(intake);

    /// <summary>The order that keeps mail waiting at a pass, and the date of its end as the date is now; null: none does.</summary>
    public (OrderRow Row, DateTimeOffset? End)? PauseOfPass(string pass) => _all.Length == 0 ? null : OfPass(OrderKind.Pause, pass) is { } order ? (order.Row, order.Term.DateOf(clock)) : null;

    /// <summary>The order that keeps a job from running by the clock; null: none does.</summary>
    public OrderRow? PauseOfJob(string job) => _all.Length == 0 ? null : Find(r => r.Scope == OrderScope.Job && r.Kind == OrderKind.Pause && r.Name == job)?.Row;

    /// <summary>The order to go on without a pass.</summary>
    public OrderRow? SkipOf(string pass) => _all.Length == 0 ? null : OfPass(OrderKind.Skip, pass)?.Row;

    /// <summary>The order that all mail waits for.</summary>
    public OrderRow? PauseOfWorker => Find(r => r.Scope == OrderScope.Worker)?.Row;

    private OrderRow? PauseAmong(string intake) => Find(r => r.Kind == OrderKind.Drain || (r.Kind == OrderKind.Pause && (r.Scope == OrderScope.Worker || (r.Scope == OrderScope.Intake && r.Name == intake))))?.Row;

    private Order? OfPass(OrderKind kind, string pass) => Find(r => r.Scope == OrderScope.Pass && r.Kind == kind && r.Name == pass);

    /// <summary>Looks at the rows, and ends those whose time is over.</summary>
    public void Look() => Change(rows =>
    {
        if (book is null) return rows;
        Order[] now = [.. book.All().Select(Known), .. rows.Where(o => o.Row.Kind == OrderKind.Drain)];
        foreach (var over in now.Where(o => !IsOn(o))) book.TakeBack(over.Row, OrderNote.Ended(over.Row, Now));
        return now.Where(IsOn);
    });

    /// <summary>Gives an order, in the place of one for the same.</summary>
    public void Give(OrderRow row) => Change(rows =>
    {
        if (row.Kind == OrderKind.Drain) book?.Note(OrderNote.Given(row));
        else book?.Give(row, OrderNote.Given(row));
        return [.. rows.Where(o => !o.Row.IsOfSame(row)), NewOf(row)];
    });

    /// <summary>Takes orders back.</summary>
    /// <param name="which">Those.</param>
    /// <param name="by">Who does, and why.</param>
    /// <returns>Those that stood.</returns>
    public IReadOnlyList<OrderRow> TakeBack(Func<OrderRow, bool> which, OrderRow by)
    {
        List<OrderRow> taken = [];
        Change(rows =>
        {
            taken = [.. rows.Select(o => o.Row).Where(which)];
            foreach (var row in taken)
            {
                if (row.Kind == OrderKind.Drain) book?.Note(OrderNote.TakenBack(row, by, Now));
                else book?.TakeBack(row, OrderNote.TakenBack(row, by, Now));
            }
            return rows.Where(o => !taken.Contains(o.Row));
        });
        return taken;
    }

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    // The rows of the ledger and what is known of them here change together.
    private void Change(Func<Order[], IEnumerable<Order>> change)
    {
        List<(OrderRow Row, bool Stands)> changed;
        lock (_lock)
        {
            var before = _all;
            Order[] now = [.. change(before)];
            _all = now;
            changed = [.. before.Except(now).Select(o => (o.Row, false)), .. now.Except(before).Select(o => (o.Row, true))];
        }
        foreach (var (row, stands) in changed) Changed?.Invoke(row, stands);
    }

    private Order Known(OrderRow row) => Array.Find(_all, o => o.Row == row) ?? NewOf(row);

    private Order NewOf(OrderRow row) => new(row, Term.Of(row.Since, row.Until, clock));

    private bool IsOn(Order order) => !order.Term.IsOver(clock);

    private Order? Find(Func<OrderRow, bool> which)
    {
        foreach (var order in _all)
        {
            if (which(order.Row) && IsOn(order)) return order;
        }
        return null;
    }

    private sealed record Order(OrderRow Row, Term Term);
}
