// Talks to dccifd. Each step has a deadline; the daemons are tried in turn, one that failed a moment ago last. A failure of
// any kind, a broken answer among them, comes back as a reason: only cancellation and a failing read of the body
// (PosixException, not the daemon's fault) are thrown. One client serves all messages; it keeps nothing of them.
using System.Buffers;
using System.Globalization;
using System.Net.Sockets;

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
    private readonly IReadOnlyList<DccAddress> _addresses;
    private readonly DccOptions _options;
    private readonly TimeProvider _clock;
    // Timestamp of the last failure, 0 when it answered since.
    private readonly long[] _failedAt;

    public DccClient(IReadOnlyList<DccAddress> addresses, DccOptions options, TimeProvider clock)
    {
        _addresses = addresses;
        _options = options;
        _clock = clock;
        _failedAt = new long[addresses.Count];
    }

    public async ValueTask<DccReply> AskAsync(DccRequest request, CancellationToken cancellationToken)
    {
        var reasons = new List<string>();
        ReadOnlyMemory<byte> raw = default;
        foreach (var i in InTurn())
        {
            (var answer, var reason, raw) = await AskOneAsync(_addresses[i], request, cancellationToken).ConfigureAwait(false);
            // 0 means "did not fail", and a clock may start at 0.
            Volatile.Write(ref _failedAt[i], answer is null ? Math.Max(1, _clock.GetTimestamp()) : 0);
            if (answer is not null) return new DccReply(answer, _addresses[i].Text, "", raw);
            reasons.Add($"{_addresses[i]}: {reason}");
        }
        return new DccReply(null, "", string.Join("; ", reasons), raw);
    }

    // A daemon that is down must not cost every message its time-out while another is up.
    private int[] InTurn() => [.. Enumerable.Range(0, _addresses.Count).OrderBy(i =>
        Volatile.Read(ref _failedAt[i]) is var at and > 0 && _clock.GetElapsedTime(at) < _options.BreakFor ? 1 : 0)];

    private async ValueTask<(DccAnswer? Answer, string Reason, ReadOnlyMemory<byte> Raw)> AskOneAsync(DccAddress address, DccRequest request, CancellationToken cancellationToken)
    {
        var received = new ArrayBufferWriter<byte>();
        string broken;
        try
        {
            using var socket = await WithinAsync(_options.ConnectTimeout, static () => "no connection", (token, _) => address.ConnectAsync(token), cancellationToken).ConfigureAwait(false);
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
            return await WithinAsync(_options.WriteTimeout, static () => "nothing of the message was taken", async (token, restart) =>
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
            return await WithinAsync(_options.ReadTimeout, () => received.WrittenCount == 0 ? "no answer" : string.Create(CultureInfo.InvariantCulture, $"the answer stopped after {received.WrittenCount} bytes and was not whole"), async (token, _) =>
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

    private async ValueTask<T> WithinAsync<T>(TimeSpan limit, Func<string> what, Func<CancellationToken, Action, ValueTask<T>> run, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await run(both.Token, () => deadline.CancelAfter(limit)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"{what()} within {limit.TotalSeconds:0.###} s"));
        }
    }
}
