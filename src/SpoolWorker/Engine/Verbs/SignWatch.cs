// What is said to the worker from beside it: a verb was written, an order was given, taken back, or has ended. Signs come from the ledger's directory
// (VerbSignal), from the control socket and from the clock. Where mail may go on, what waits is looked for at once; how that goes the next scan tells.
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Engine.Verbs;

/// <summary>Looks when there is a sign.</summary>
internal sealed class SignWatch
{
    private readonly VerbDesk _verbs;
    private readonly OrdersInForce _orders;
    private readonly Waiting _waiting;
    private readonly Func<CancellationToken, Task> _goOn;
    private readonly ILogger _log;
    private readonly Channel<bool> _signs = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Task _going = Task.CompletedTask;
    private int _mayGo;

    /// <param name="verbs">Verbs that wait.</param>
    /// <param name="orders">Pauses and skips.</param>
    /// <param name="waiting">What waits for them.</param>
    /// <param name="goOn">Looks for what may go on.</param>
    /// <param name="log">Log.</param>
    public SignWatch(VerbDesk verbs, OrdersInForce orders, Waiting waiting, Func<CancellationToken, Task> goOn, ILogger log)
    {
        (_verbs, _orders, _waiting, _goOn, _log) = (verbs, orders, waiting, goOn, log);
        orders.Changed += Changed;
    }

    /// <summary>Gives a sign; any thread may.</summary>
    public void Give() => _signs.Writer.TryWrite(true);

    /// <summary>Looks whenever there is one, until the stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var _ in _signs.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            {
                try
                {
                    await LookAsync(stop).ConfigureAwait(false);
                }
                catch (LedgerException)
                {
                    // The look that comes by the clock tells of it.
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // the stop
        }
        await _going.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Looks at orders and verbs now.</summary>
    /// <exception cref="LedgerException">They cannot be read.</exception>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        _orders.Look();
        if (await _verbs.LookForAWhileAsync(cancellationToken).ConfigureAwait(false)) Give();
        // Beside this: it waits for room in the queue, and verbs must not.
        if (_going.IsCompleted && Interlocked.Exchange(ref _mayGo, 0) == 1) _going = _goOn(cancellationToken);
    }

    private void Changed(OrderRow row, bool stands)
    {
        if (stands) _log.OrderStands(row.Sentence);
        else _log.OrderEnded(row.Sentence);
        if (stands == (row.Kind != OrderKind.Skip)) return;
        // What came to a pass that is skipped now, or is paused no more.
        if (row.Scope == OrderScope.Pass)
        {
            _waiting.MakeDue(row.Name, isPlanned: true);
            if (row.Kind == OrderKind.Skip) _waiting.MakeDue(row.Name);
        }
        Interlocked.Exchange(ref _mayGo, 1);
        Give();
    }
}
