// What is sent to the daemon: options, client, HELO, sender, recipients, an empty line, the message. Envelope lines end in
// LF. The message goes as it would be delivered, without dot-stuffing, its lines as they lie in the spool: the daemon takes
// LF and CRLF alike (dccifd.c, get_hdr), and Exim's own client and SpamAssassin send LF too; of a body in wire format the
// header gets CRLF as well, so that a message never has both. The body is read and sent in pieces of one buffer's size.
// Reading the body throws PosixException.
using System.Text;
using SpoolWorker.Passes.Services;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dcc.Protocol;

/// <summary>One question.</summary>
internal sealed record DccRequest(IReadOnlyList<string> Options, DccClientHost Client, ReadOnlyMemory<byte> Sender, IReadOnlyList<Recipient> Recipients, HeaderFile Message, IMessageBody Body)
{
    /// <summary>dccifd takes 1024 recipients (MAX_RCPTS) and hangs up on more without a word; Exim takes more.</summary>
    public const int MaxRecipients = 1000;

    private static readonly byte[] Newline = "\n"u8.ToArray();

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
        yield return Client.Name.IsEmpty ? ip : [.. ip, (byte)'\r', .. RequestText.OneLine(Client.Name.Span)];
        yield return RequestText.OneLine(Client.Helo.Span);
        yield return Sender.IsEmpty ? "<>"u8.ToArray() : RequestText.OneLine(Sender.Span);
        foreach (var recipient in Recipients) yield return RequestText.OneLine(recipient.Address.Span);
        yield return [];
    }

    /// <summary>The header lines that will be delivered: not those marked as deleted.</summary>
    public IEnumerable<HeaderLine> Headers() => Message.Headers.Where(line => !line.IsDeleted);

    /// <summary>Sends everything in pieces.</summary>
    public async ValueTask SendAsync(Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        using var pieces = new Pieces(send);
        foreach (var line in Envelope())
        {
            await pieces.AddAsync(line).ConfigureAwait(false);
            await pieces.AddAsync(Newline).ConfigureAwait(false);
        }
        await new WireMessage(Message, Body).AddToAsync(pieces, withCrLf: Body.IsWireFormat).ConfigureAwait(false);
        await pieces.FlushAsync().ConfigureAwait(false);
    }
}
