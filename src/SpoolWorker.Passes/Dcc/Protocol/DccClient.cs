// Talks to dccifd. Each step has a deadline; the daemons are tried in turn, one that failed a moment ago last. A failure of
// any kind, a broken answer among them, comes back as a reason: only cancellation and a failing read of the body
// (PosixException, not the daemon's fault) are thrown. One client serves all messages; it keeps nothing of them.
using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using SpoolWorker.Passes.Services;

namespace SpoolWorker.Passes.Dcc.Protocol;

/// <summary>What came of asking.</summary>
/// <param name="Answer">Null when no daemon gave a valid one.</param>
/// <param name="Address">The daemon that answered.</param>
/// <param name="Reason">Without an answer: why, for each daemon.</param>
/// <param name="Raw">The bytes that came last, for the operator to look at.</param>
internal sealed record DccReply(DccAnswer? Answer, string Address, string Reason, ReadOnlyMemory<byte> Raw);

/// <summary>A client of one or more daemons.</summary>
internal sealed class DccClient
{
    private const int ReceiveBytes = 16 * 1024;
    private readonly AddressTurns _turns;
    private readonly ServiceLimits _limits;
    private readonly Deadline _deadline;

    public DccClient(IReadOnlyList<ServiceAddress> addresses, ServiceLimits limits, TimeProvider clock)
    {
        _turns = new AddressTurns(addresses, limits.AfterFailure, clock);
        _limits = limits;
        _deadline = new Deadline(clock);
    }

    public async ValueTask<DccReply> AskAsync(DccRequest request, CancellationToken cancellationToken)
    {
        var reasons = new List<string>();
        ReadOnlyMemory<byte> raw = default;
        foreach (var address in _turns.InTurn())
        {
            (var answer, var reason, raw) = await AskOneAsync(address, request, cancellationToken).ConfigureAwait(false);
            _turns.Fared(address, answered: answer is not null);
            if (answer is not null) return new DccReply(answer, address.Text, "", raw);
            reasons.Add($"{address}: {reason}");
        }
        return new DccReply(null, "", string.Join("; ", reasons), raw);
    }

    private async ValueTask<(DccAnswer? Answer, string Reason, ReadOnlyMemory<byte> Raw)> AskOneAsync(ServiceAddress address, DccRequest request, CancellationToken cancellationToken)
    {
        var received = new ArrayBufferWriter<byte>();
        string broken;
        try
        {
            using var socket = await _deadline.WithinAsync(_limits.Connect, static () => "no connection", (token, _) => address.ConnectAsync(token), cancellationToken).ConfigureAwait(false);
            // A daemon may answer and hang up before it has read all: what it said counts more than the broken pipe.
            broken = await SendAsync(socket, request, cancellationToken).ConfigureAwait(false);
            var reset = await ReceiveAsync(socket, request.Form, received, cancellationToken).ConfigureAwait(false);
            if (broken.Length == 0) broken = reset;
        }
        catch (SocketException e)
        {
            return (null, $"cannot connect: {address.Explain(e)}", default);
        }
        catch (TimeoutException e)
        {
            return (null, e.Message, received.WrittenMemory);
        }
        if (received.WrittenCount > MostBytes(request.Form)) return (null, string.Create(CultureInfo.InvariantCulture, $"the answer is longer than {MostBytes(request.Form)} bytes"), received.WrittenMemory);
        if (DccAnswer.TryParse(received.WrittenSpan, request.Recipients.Count, request.Form, out var answer, out var fault)) return (answer, "", received.WrittenMemory);
        return (null, received.WrittenCount == 0 && broken.Length > 0 ? broken : fault.ToString(), received.WrittenMemory);
    }

    private async ValueTask<string> SendAsync(Socket socket, DccRequest request, CancellationToken cancellationToken)
    {
        try
        {
            // For as long as something is taken: a large message must not fail for its size alone, time and again.
            return await _deadline.WithinAsync(_limits.Write, static () => "nothing of the message was taken", async (token, restart) =>
            {
                await request.SendAsync(async piece =>
                {
                    while (!piece.IsEmpty)
                    {
                        piece = piece[await socket.SendAsync(piece, token).ConfigureAwait(false)..];
                        restart();
                    }
                }).ConfigureAwait(false);
                // The half-close is what ends the message.
                socket.Shutdown(SocketShutdown.Send);
                return "";
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            return $"the daemon hung up while the message was sent: {e.Message}";
        }
    }

    /// <summary>Reads to the end of the answer; returns how the connection broke, empty when it did not.</summary>
    private async ValueTask<string> ReceiveAsync(Socket socket, DccForm form, ArrayBufferWriter<byte> received, CancellationToken cancellationToken)
    {
        try
        {
            return await _deadline.WithinAsync(_limits.Read, () => received.WrittenCount == 0 ? "no answer" : string.Create(CultureInfo.InvariantCulture, $"the answer stopped after {received.WrittenCount} bytes and was not whole"), async (token, _) =>
            {
                while (true)
                {
                    var n = await socket.ReceiveAsync(received.GetMemory(ReceiveBytes)[..ReceiveBytes], token).ConfigureAwait(false);
                    received.Advance(n);
                    if (n > 0 && received.WrittenCount <= MostBytes(form) && !DccAnswer.IsWhole(received.WrittenSpan)) continue;
                    // With option body the daemon goes on with a message that nobody needs.
                    var rest = new byte[form == DccForm.Body ? ReceiveBytes : 0];
                    while (n > 0 && rest.Length > 0) n = await socket.ReceiveAsync(rest, token).ConfigureAwait(false);
                    return "";
                }
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            return $"the connection broke: {e.Message}";
        }
    }

    private static int MostBytes(DccForm form) => form == DccForm.Body ? DccAnswer.MaxBytesWithBody : DccAnswer.MaxBytes;
}
