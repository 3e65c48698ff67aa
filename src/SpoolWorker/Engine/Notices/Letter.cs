// A letter that the worker itself writes, as a pair for the target's Exim: plain text, marked as no human's (RFC 3834), so that no vacation program
// answers it. It is a message like any other: what cannot be delivered of it goes back to the address it comes from, or to nobody.
using System.Text;
using MimeKit;
using MimeKit.Utils;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Notices;

/// <summary>A letter.</summary>
/// <param name="Origin">Who writes it.</param>
/// <param name="To">Whom it is for; ASCII addresses.</param>
/// <param name="Subject">ASCII, or encoded; folded where it is long.</param>
/// <param name="Text">Lines that end with LF; what is too long for one goes on in the next.</param>
internal sealed record Letter(DsnOrigin Origin, IReadOnlyList<MailboxAddress> To, string Subject, string Text)
{
    // Exim freezes a letter of the null sender with a longer one (smtp.c, message_linelength_limit; RFC 5321, 4.5.3.1.6).
    private const int MostLine = 998;

    // So that what a stranger wrote begins no line of its own.
    private const string Indent = "    ";

    /// <summary>The lines as they go.</summary>
    public string Text { get; } = Folded(Text);

    /// <summary>Its envelope has the null sender: nothing comes back.</summary>
    public bool HasNullSender { get; init; }

    /// <summary>The body.</summary>
    public byte[] Body => field ??= Encoding.UTF8.GetBytes(Text);

    /// <summary>The -H under an id.</summary>
    /// <param name="id">The id.</param>
    /// <param name="account">Who made it, for Exim.</param>
    /// <param name="now">When.</param>
    public HeaderFile HeaderFor(MessageId id, DsnAccount account, DateTimeOffset now)
    {
        var date = DateUtils.FormatDate(now);
        var isAscii = Ascii.IsValid(Text);
        string[] lines =
        [
            $"Received: by {Origin.Host} (SpoolWorker) with local id {id};\n\t{date}\n",
            "Auto-Submitted: auto-generated\n",
            $"From: {Origin.From.ToString(encode: true)}\n",
            $"To: {string.Join(",\n\t", To.Select(t => t.ToString(encode: true)))}\n",
            "MIME-Version: 1.0\n",
            $"Content-Type: text/plain; charset={(isAscii ? "us-ascii" : "utf-8")}\n",
            $"Content-Transfer-Encoding: {(isAscii ? "7bit" : "8bit")}\n",
            $"Subject: {Subject}\n",
            $"Message-ID: <E{id}@{Origin.Host}>\n",
            $"Date: {date}\n",
        ];
        return new HeaderFile
        {
            Id = id,
            Login = Encoding.ASCII.GetBytes(account.Login),
            Uid = account.Uid,
            Gid = account.Gid,
            Sender = HasNullSender ? default : Encoding.ASCII.GetBytes(Origin.From.Address),
            ReceivedTime = now.ToUnixTimeSeconds(),
            WarningCount = 0,
            // Not "local": the wiring with a named queue sends what is through the worker, whose passes might hold the letter that tells of what they hold.
            Variables = LocalVariables.Of(now, account.Login, "spoolworker", Text.Split('\n').Max(Encoding.UTF8.GetByteCount), "deliver_firsttime"),
            Recipients = [.. To.Select(t => t.Address).Distinct().Select(a => new Recipient(Encoding.ASCII.GetBytes(a)))],
            Headers = [.. lines.Select(HeaderLine.Create)],
        };
    }

    private static string Folded(string text) => string.Join('\n', text.Split('\n').SelectMany(Pieces));

    // In bytes of UTF-8, and at a space where there is one.
    private static IEnumerable<string> Pieces(string line)
    {
        while (Encoding.UTF8.GetByteCount(line) > MostLine)
        {
            var (fits, bytes) = (0, 0);
            foreach (var rune in line.EnumerateRunes())
            {
                if ((bytes += rune.Utf8SequenceLength) > MostLine) break;
                fits += rune.Utf16SequenceLength;
            }
            var space = line.LastIndexOf(' ', fits);
            var end = space > Indent.Length ? space : fits;
            yield return line[..end].TrimEnd();
            line = Indent + line[end..].TrimStart();
        }
        yield return line;
    }
}
