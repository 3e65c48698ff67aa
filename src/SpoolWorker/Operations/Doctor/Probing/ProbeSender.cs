// Hands one message over by SMTP (RFC 5321) as a neighbour would: HELO, the null sender, one recipient. Exim's answer to the end of the data names the id it
// has given the message. A refusal is a sentence, and so is an answer that was lost.
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Services;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Probing;

/// <summary>What came of it.</summary>
/// <param name="Id">The id; null: it was not taken.</param>
/// <param name="Refusal">What the server said in place of taking it.</param>
/// <param name="MayBeThere">It was sent whole, and the answer was lost: it may have been taken all the same.</param>
internal sealed record SentProbe(MessageId? Id, string Refusal, bool MayBeThere = false);

/// <summary>Sends probes.</summary>
internal static partial class ProbeSender
{
    // RFC 5321, 4.5.3.1.5: 512; Exim's own lines are longer at times.
    private const int LongestLine = 4096;

    /// <exception cref="System.Net.Sockets.SocketException">Nobody listens.</exception>
    /// <exception cref="IOException">The connection broke before the message was sent.</exception>
    public static async Task<SentProbe> SendAsync(ServiceAddress to, string host, string recipient, string message, CancellationToken cancellationToken)
    {
        using var socket = await to.ConnectAsync(cancellationToken).ConfigureAwait(false);
        using var stream = new System.Net.Sockets.NetworkStream(socket, ownsSocket: false);
        (string? Send, char Wanted)[] talk =
        [
            (null, '2'), ($"HELO {host}\r\n", '2'), ("MAIL FROM:<>\r\n", '2'), ($"RCPT TO:<{recipient}>\r\n", '2'), ("DATA\r\n", '3'), (message.ReplaceLineEndings("\r\n") + ".\r\n", '2'),
        ];
        var answer = "";
        for (var step = 0; step < talk.Length; step++)
        {
            var (send, wanted) = talk[step];
            var isMessage = step == talk.Length - 1;
            try
            {
                if (send is not null) await stream.WriteAsync(Encoding.UTF8.GetBytes(send), cancellationToken).ConfigureAwait(false);
                answer = await ReplyAsync(stream, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (isMessage && e is IOException or OperationCanceledException)
            {
                return new SentProbe(null, $"no answer to the message: {(e is IOException ? e.Message : "the time is up")}", MayBeThere: true);
            }
            if (isMessage && answer.Length == 0) return new SentProbe(null, "the connection was closed without an answer to the message", MayBeThere: true);
            if (answer.Length == 0 || answer[0] != wanted) return new SentProbe(null, $"{(send is null ? "at connect" : isMessage ? "end of data" : send.Trim())}: {(answer.Length == 0 ? "the connection was closed" : answer)}");
        }
        await FarewellAsync(stream, cancellationToken).ConfigureAwait(false);
        return IdIn().Match(answer) is { Success: true } match && MessageId.TryParse(match.Groups[1].Value.AsSpan(), out var id) ? new SentProbe(id, "")
            : new SentProbe(null, string.Create(CultureInfo.InvariantCulture, $"the answer names no message id, so it is no Exim: {answer}"));
    }

    // The message is taken: what becomes of the connection does not matter any more.
    private static async Task FarewellAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync("QUIT\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It has hung up, or the time is up.
        }
    }

    // The last line of a reply of one or more (RFC 5321, 4.2.1).
    private static async Task<string> ReplyAsync(Stream stream, CancellationToken cancellationToken)
    {
        var (line, one) = (new StringBuilder(), new byte[1]);
        while (await stream.ReadAsync(one, cancellationToken).ConfigureAwait(false) > 0 && line.Length < LongestLine)
        {
            if (one[0] == '\r') continue;
            if (one[0] != '\n') line.Append((char)one[0]);
            else if (line.Length < 4 || line[3] != '-') return line.ToString();
            else line.Clear();
        }
        return line.ToString();
    }

    [GeneratedRegex(@"\bid=([0-9A-Za-z-]+)")]
    private static partial Regex IdIn();
}
