// What is sent to the daemon: options, client, HELO, sender, recipients, an empty line, the message. Envelope lines end in
// LF. The message goes as it would be delivered, without dot-stuffing, its lines as they lie in the spool: the daemon takes
// LF and CRLF alike (dccifd.c, get_hdr), and Exim's own client and SpamAssassin send LF too; of a body in wire format the
// header gets CRLF as well, so that a message never has both. The body is read and sent in pieces of one buffer's size.
// Reading the body throws PosixException.
using System.Buffers;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dcc.Protocol;

/// <summary>One question.</summary>
internal sealed record DccRequest(IReadOnlyList<string> Options, DccClientHost Client, ReadOnlyMemory<byte> Sender, IReadOnlyList<Recipient> Recipients, HeaderFile Message, IMessageBody Body)
{
    /// <summary>dccifd takes 1024 recipients (MAX_RCPTS) and hangs up on more without a word; Exim takes more.</summary>
    public const int MaxRecipients = 1000;

    private const int PieceBytes = 64 * 1024;

    /// <summary>Options that dccifd 2.3 knows, and rcpts of other versions. It hangs up when it sees any other.</summary>
    public static readonly IReadOnlyList<string> KnownOptions =
        ["log", "spam", "body", "header", "cksums", "query", "grey-off", "no-grey", "grey-query", "no-reject", "rcvd-nxt", "rcvd-next", "rcpts"];

    /// <summary>What the options make of the answer.</summary>
    public DccForm Form => Options.Contains("body") ? DccForm.Body : Options.Contains("cksums") ? DccForm.Checksums : DccForm.Header;

    /// <summary>The lines before the message, the empty one included, without line ends.</summary>
    public IEnumerable<byte[]> Envelope()
    {
        yield return Encoding.ASCII.GetBytes(string.Join(' ', Options));
        var ip = Encoding.ASCII.GetBytes(Client.Ip);
        // The name follows a CR on the same line.
        yield return Client.Name.IsEmpty ? ip : [.. ip, (byte)'\r', .. DccText.OneLine(Client.Name.Span)];
        yield return DccText.OneLine(Client.Helo.Span);
        yield return Sender.IsEmpty ? "<>"u8.ToArray() : DccText.OneLine(Sender.Span);
        foreach (var recipient in Recipients) yield return DccText.OneLine(recipient.Address.Span);
        yield return [];
    }

    /// <summary>The header lines that will be delivered: not those marked as deleted.</summary>
    public IEnumerable<HeaderLine> Headers() => Message.Headers.Where(line => !line.IsDeleted);

    /// <summary>Sends everything in pieces.</summary>
    public async ValueTask SendAsync(Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var used = 0;
            foreach (var line in Envelope())
            {
                used = await AppendAsync(line, buffer, used, send).ConfigureAwait(false);
                used = await AppendAsync("\n"u8.ToArray(), buffer, used, send).ConfigureAwait(false);
            }
            var newline = Body.IsWireFormat ? "\r\n"u8.ToArray() : "\n"u8.ToArray();
            foreach (var line in Headers())
            {
                var text = Body.IsWireFormat ? WithCrLf(line.Text.Span) : line.Text;
                used = await AppendAsync(text, buffer, used, send).ConfigureAwait(false);
            }
            used = await AppendAsync(newline, buffer, used, send).ConfigureAwait(false);
            using var body = Body.OpenRead();
            for (int n; ; used += n)
            {
                if (used == buffer.Length)
                {
                    await send(buffer).ConfigureAwait(false);
                    used = 0;
                }
                n = body.Read(buffer.AsSpan(used));
                if (n == 0) break;
            }
            if (used > 0) await send(buffer.AsMemory(0, used)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask<int> AppendAsync(ReadOnlyMemory<byte> bytes, byte[] buffer, int used, Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        while (!bytes.IsEmpty)
        {
            if (used == buffer.Length)
            {
                await send(buffer).ConfigureAwait(false);
                used = 0;
            }
            var n = Math.Min(bytes.Length, buffer.Length - used);
            bytes[..n].CopyTo(buffer.AsMemory(used));
            bytes = bytes[n..];
            used += n;
        }
        return used;
    }

    private static byte[] WithCrLf(ReadOnlySpan<byte> text)
    {
        var lines = new List<byte>(text.Length + 8);
        foreach (var b in text)
        {
            if (b == '\n') lines.Add((byte)'\r');
            lines.Add(b);
        }
        return [.. lines];
    }
}
