// Asks daemons in turn until one gives a valid answer. What goes wrong with one, a broken answer among it, comes back as a reason; only the
// caller's cancellation and a failing read of the message (PosixException, not the daemon's fault) are thrown. One client serves all messages
// and keeps nothing of them.
using System.Net.Sockets;

namespace SpoolWorker.Passes.Services;

/// <summary>What came of asking.</summary>
/// <param name="Answer">Null when no daemon gave a valid one.</param>
/// <param name="Address">The daemon that answered.</param>
/// <param name="Reason">Without an answer: why, for each daemon.</param>
internal sealed record ServiceReply<T>(T? Answer, string Address, string Reason) where T : class;

/// <summary>An answer that is none; the message says why.</summary>
internal sealed class ServiceAnswerException(string reason) : Exception(reason);

/// <summary>A client of one or more daemons that do the same work.</summary>
internal sealed class ServiceClient
{
    private readonly AddressTurns _turns;
    private readonly ServiceLimits _limits;
    private readonly Deadline _deadline;

    /// <param name="addresses">The daemons, the preferred one first.</param>
    /// <param name="limits">How long one is waited for.</param>
    /// <param name="clock">What time is taken by.</param>
    public ServiceClient(IReadOnlyList<ServiceAddress> addresses, ServiceLimits limits, TimeProvider clock)
    {
        _turns = new AddressTurns(addresses, limits.AfterFailure, clock);
        _limits = limits;
        _deadline = new Deadline(clock);
    }

    /// <summary>Asks.</summary>
    /// <param name="converse">Sends the question and reads the answer; throws <see cref="ServiceAnswerException"/> for one that is none.</param>
    /// <param name="cancellationToken">The caller's own.</param>
    public async ValueTask<ServiceReply<T>> AskAsync<T>(Func<ServiceConnection, ValueTask<T>> converse, CancellationToken cancellationToken) where T : class
    {
        var reasons = new List<string>();
        foreach (var address in _turns.InTurn())
        {
            var (answer, reason) = await AskOneAsync(address, converse, cancellationToken).ConfigureAwait(false);
            _turns.Fared(address, answered: answer is not null);
            if (answer is not null) return new ServiceReply<T>(answer, address.Text, "");
            reasons.Add($"{address}: {reason}");
        }
        return new ServiceReply<T>(null, "", string.Join("; ", reasons));
    }

    private async ValueTask<(T? Answer, string Reason)> AskOneAsync<T>(ServiceAddress address, Func<ServiceConnection, ValueTask<T>> converse, CancellationToken cancellationToken) where T : class
    {
        Socket socket;
        try
        {
            socket = await _deadline.WithinAsync(_limits.Connect, static () => "no connection", (token, _) => address.ConnectAsync(token), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            return (null, $"cannot connect: {address.Explain(e)}");
        }
        catch (TimeoutException e)
        {
            return (null, e.Message);
        }
        using (socket)
        {
            try
            {
                return (await converse(new ServiceConnection(socket, _limits, _deadline, cancellationToken)).ConfigureAwait(false), "");
            }
            catch (Exception e) when (e is TimeoutException or ServiceAnswerException)
            {
                return (null, e.Message);
            }
        }
    }
}
