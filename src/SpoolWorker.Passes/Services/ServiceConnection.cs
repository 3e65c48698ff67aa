// One conversation with a daemon: a question sent in pieces, an answer read whole. The time for sending begins anew while something is taken,
// since a large message must not fail for its size alone; that for the answer does not, so that a daemon which says one byte a second does not
// hold a message for hours. The answer is bounded in bytes.
using System.Buffers;
using System.Globalization;
using System.Net.Sockets;

namespace SpoolWorker.Passes.Services;

/// <summary>Whether the bytes that came hold the whole answer.</summary>
internal delegate bool IsWholeAnswer(ReadOnlySpan<byte> received);

/// <summary>A connected daemon.</summary>
/// <param name="socket">The connection.</param>
/// <param name="limits">How long it is waited for.</param>
/// <param name="deadline">Counts.</param>
/// <param name="cancellationToken">The caller's own.</param>
internal sealed class ServiceConnection(Socket socket, ServiceLimits limits, Deadline deadline, CancellationToken cancellationToken)
{
    private const int ReceiveBytes = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _received = new();

    /// <summary>What has come so far, whether it is an answer or not.</summary>
    public ReadOnlyMemory<byte> Received => _received.WrittenMemory;

    /// <summary>Sends what is produced; returns how the connection broke, empty when it did not. A daemon may answer and hang up before it has read all:
    /// what it said counts more than the broken pipe.</summary>
    /// <param name="produce">Gives the pieces to what it is handed, one after the other.</param>
    /// <param name="endsSending">Nothing more is sent behind it: the daemon is to see the end.</param>
    /// <exception cref="TimeoutException">Nothing was taken for too long.</exception>
    public async ValueTask<string> SendAsync(Func<Func<ReadOnlyMemory<byte>, ValueTask>, ValueTask> produce, bool endsSending)
    {
        try
        {
            return await deadline.WithinAsync(limits.Write, static () => "nothing of the message was taken", async (token, restart) =>
            {
                await produce(async piece =>
                {
                    while (!piece.IsEmpty)
                    {
                        piece = piece[await socket.SendAsync(piece, token).ConfigureAwait(false)..];
                        restart();
                    }
                }).ConfigureAwait(false);
                if (endsSending) socket.Shutdown(SocketShutdown.Send);
                return "";
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            return $"the daemon hung up while the message was sent: {e.Message}";
        }
    }

    /// <summary>Reads to the end of the answer, by its own form or with the connection.</summary>
    /// <param name="most">Bytes it may have.</param>
    /// <param name="isWhole">Tells its end.</param>
    /// <param name="broken">How sending ended: told when nothing came.</param>
    /// <param name="readsOn">What comes behind the answer is read, too, and thrown away: a daemon that goes on is not to find its client gone.</param>
    /// <exception cref="TimeoutException">It was not whole in time.</exception>
    /// <exception cref="ServiceAnswerException">It is too long, or there is none.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(int most, IsWholeAnswer isWhole, string broken, bool readsOn = false)
    {
        try
        {
            await deadline.WithinAsync(limits.Read, () => _received.WrittenCount == 0 ? "no answer" : string.Create(CultureInfo.InvariantCulture, $"the answer stopped after {_received.WrittenCount} bytes and was not whole"), async (token, _) =>
            {
                int n;
                do
                {
                    n = await socket.ReceiveAsync(_received.GetMemory(ReceiveBytes)[..ReceiveBytes], token).ConfigureAwait(false);
                    _received.Advance(n);
                }
                while (n > 0 && _received.WrittenCount <= most && !isWhole(_received.WrittenSpan));
                for (var rest = new byte[readsOn ? ReceiveBytes : 0]; n > 0 && readsOn;) n = await socket.ReceiveAsync(rest, token).ConfigureAwait(false);
                return true;
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            if (broken.Length == 0) broken = $"the connection broke: {e.Message}";
        }
        if (_received.WrittenCount > most) throw new ServiceAnswerException(string.Create(CultureInfo.InvariantCulture, $"the answer is longer than {most} bytes"));
        if (_received.WrittenCount == 0) throw new ServiceAnswerException(broken.Length > 0 ? broken : "the daemon closed the connection without an answer");
        return _received.WrittenMemory;
    }
}
