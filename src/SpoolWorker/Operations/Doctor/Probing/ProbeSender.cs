// Hands one message over by SMTP (RFC 5321) as a neighbour would: HELO, the null sender, one recipient. Exim's answer to the end of the data names the id it
// has given the message. A refusal is a sentence.
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Services;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Probing;

/// <summary>What came of it.</summary>
/// <param name="Id">The id; null: it was not taken.</param>
/// <param name="Refusal">What the server said in place of taking it.</param>
internal sealed record SentProbe(MessageId? Id, string Refusal);

/// <summary>Sends probes.</summary>
internal static partial class ProbeSender
{
    // RFC 5321, 4.5.3.1.5: 512; Exim's own lines are longer at times.
    private const int LongestLine = 4096;

    /// <exception cref="System.Net.Sockets.SocketException">Nobody listens.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<SentProbe> SendAsync(ServiceAddress to, string host, string recipient, string message, CancellationToken cancellationToken)
    {
        using var socket = await to.ConnectAsync(cancellationToken).ConfigureAwait(false);
        using var stream = new System.Net.Sockets.NetworkStream(socket, ownsSocket: false);
        (string? Send, char Wanted)[] talk =
        [
            (null, '2'), ($"HELO {host}\r\n", '2'), ("MAIL FROM:<>\r\n", '2'), ($"RCPT TO:<{recipient}>\r\n", '2'), ("DATA\r\n", '3'), (message.ReplaceLineEndings("\r\n") + ".\r\n", '2'),
        ];
        var answer = "";
        foreach (var (send, wanted) in talk)
        {
            if (send is not null) await stream.WriteAsync(Encoding.UTF8.GetBytes(send), cancellationToken).ConfigureAwait(false);
            answer = await ReplyAsync(stream, cancellationToken).ConfigureAwait(false);
            if (answer.Length == 0 || answer[0] != wanted) return new SentProbe(null, $"{(send is null ? "at connect" : send.Length > 80 ? "end of data" : send.Trim())}: {(answer.Length == 0 ? "the connection was closed" : answer)}");
        }
        await stream.WriteAsync("QUIT\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        return IdIn().Match(answer) is { Success: true } match && MessageId.TryParse(match.Groups[1].Value.AsSpan(), out var id) ? new SentProbe(id, "")
            : new SentProbe(null, string.Create(CultureInfo.InvariantCulture, $"the answer names no message id, so it is no Exim: {answer}"));
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
