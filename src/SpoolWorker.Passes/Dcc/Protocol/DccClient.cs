// Talks to dccifd. What goes wrong with a daemon, a broken answer among it, comes back as a reason: only cancellation and a failing read of the
// body (PosixException, not the daemon's fault) are thrown. One client serves all messages; it keeps nothing of them.
using SpoolWorker.Passes.Services;

namespace SpoolWorker.Passes.Dcc.Protocol;

/// <summary>What came of asking.</summary>
/// <param name="Answer">Null when no daemon gave a valid one.</param>
/// <param name="Address">The daemon that answered.</param>
/// <param name="Reason">Without an answer: why, for each daemon.</param>
/// <param name="Raw">The bytes that came last, for the operator to look at.</param>
internal sealed record DccReply(DccAnswer? Answer, string Address, string Reason, ReadOnlyMemory<byte> Raw);

/// <summary>A client of one or more daemons.</summary>
/// <param name="addresses">The daemons, the preferred one first.</param>
/// <param name="limits">How long one is waited for.</param>
/// <param name="clock">What time is taken by.</param>
internal sealed class DccClient(IReadOnlyList<ServiceAddress> addresses, ServiceLimits limits, TimeProvider clock)
{
    private readonly ServiceClient _client = new(addresses, limits, clock);

    public async ValueTask<DccReply> AskAsync(DccRequest request, CancellationToken cancellationToken)
    {
        ServiceConnection? last = null;
        var reply = await _client.AskAsync(connection => ConverseAsync(last = connection, request), cancellationToken).ConfigureAwait(false);
        return new DccReply(reply.Answer, reply.Address, reply.Reason, last?.Received ?? default);
    }

    /// <summary>One question to one daemon.</summary>
    public static async ValueTask<DccAnswer> ConverseAsync(ServiceConnection connection, DccRequest request)
    {
        // The half-close is what ends the message.
        var broken = await connection.SendAsync(request.SendAsync, endsSending: true).ConfigureAwait(false);
        var isBody = request.Form == DccForm.Body;
        // With option body the daemon goes on with a message that nobody needs.
        var received = await connection.ReceiveAsync(isBody ? DccAnswer.MaxBytesWithBody : DccAnswer.MaxBytes, DccAnswer.IsWhole, broken, readsOn: isBody).ConfigureAwait(false);
        return DccAnswer.TryParse(received.Span, request.Recipients.Count, request.Form, out var answer, out var fault) ? answer : throw new ServiceAnswerException(fault.ToString());
    }
}
