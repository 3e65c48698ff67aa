// Makes the notification: a -H with the null sender, marked as Exim marks its own bounces so that the Exim that delivers it
// treats it as one, and a multipart/report (RFC 6522) of a text for people, the report (RFC 3464) and the returned message.
// Small parts are made in memory, a returned body is only read through. Everything a stranger supplied is bytes that end up
// in values, cleaned, or in the returned part behind a boundary nobody can guess. Throws only what reading the body throws.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MimeKit;
using MimeKit.Utils;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

#pragma warning disable RS0030 // writes a new part of ours in UTF-8

namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>A notification, ready to be staged under any id.</summary>
public sealed class DsnMessage
{
    private readonly Func<MessageId, HeaderFile> _header;
    private readonly Func<Stream> _body;

    internal DsnMessage(Func<MessageId, HeaderFile> header, Func<Stream> body) => (_header, _body) = (header, body);

    /// <summary>The -H under an id.</summary>
    public HeaderFile HeaderFor(MessageId id) => _header(id);

    /// <summary>The body, LF line ends; it is read from the start to the end and can start over.</summary>
    public Stream OpenBody() => _body();
}

/// <summary>Writes notifications.</summary>
public sealed class DsnComposer(DsnOptions options, DsnOrigin origin, IReadOnlyList<TextTemplate> templates)
{
    // As Exim: not too many addresses in one line, so that no line is too long for anyone.
    private const int FailedInOneField = 50;
    private const int MostMessageId = 900;
    private const int Indent = 4, Columns = 72;

    /// <summary>Makes a notification: -H and the body that goes with it. A returned body is read when the notification's is.</summary>
    public DsnMessage Compose(DsnNotice notice, DsnAccount account)
    {
        var global = IsGlobal(notice);
        var template = DsnTemplate.Choose(templates, notice.Message);
        var returned = ReturnedPart.Of(notice, options, global);
        var values = Values(notice, template, returned);
        var boundary = $"=_dsn-{RandomNumberGenerator.GetHexString(24, lowercase: true)}";
        byte[] start = [.. Separator(boundary, first: true), .. TextPart(notice, template, values), .. Separator(boundary), .. ReportPart.Write(notice, origin, global), .. Separator(boundary), .. returned.Head];
        var end = Encoding.ASCII.GetBytes($"\n--{boundary}--\n");
        var scan = BodyScan.Of(start);
        var eightBit = scan.HasEightBit || returned.Scan.HasEightBit;
        var subject = template.Text(Name(notice.Action) + "-subject", values);
        return new DsnMessage(
            id => Header(id, notice, account, boundary, subject, eightBit, global, Math.Max(scan.LongestLine, returned.Scan.LongestLine)),
            () => returned.Body is { } body
                ? new PartsStream(() => Bytes(start), () => ReturnedPart.Open(body), () => Bytes(end))
                : new PartsStream(() => Bytes(start), () => Bytes(end)));
    }

    // RFC 6533: where the message was internationalized and the notification cannot be told in ASCII.
    private static bool IsGlobal(DsnNotice notice) => notice.Message.Find("smtputf8") is not null
        && (!Ascii.IsValid(notice.ReturnPath.Span) || notice.Recipients.Any(r => !Ascii.IsValid(r.Recipient.Address.Span) || !Ascii.IsValid(r.Recipient.Orcpt.Span))
            || notice.Message.Headers.Any(h => !h.IsDeleted && !Ascii.IsValid(h.Text.Span)));

    private static string Name(DsnAction action) => DsnActions.Token(action == DsnAction.Failed || action == DsnAction.Delayed ? action : DsnAction.Relayed);

    private static MemoryStream Bytes(byte[] bytes) => new(bytes, writable: false);

    private static byte[] Separator(string boundary, bool first = false) => Encoding.ASCII.GetBytes($"{(first ? "" : "\n")}--{boundary}\n");

    private Dictionary<string, string> Values(DsnNotice notice, TextTemplate template, ReturnedPart returned) => new()
    {
        ["host"] = origin.Host,
        ["id"] = notice.Message.Id.ToString(),
        ["sender"] = TypedAddress.Shown(notice.Message.Sender.Span),
        ["arrived"] = DateUtils.FormatDate(ReportPart.Arrival(notice)),
        ["until"] = notice.RetryUntil is { } until ? template.Text("until", new Dictionary<string, string> { ["date"] = DateUtils.FormatDate(until) }) : "",
        ["recipients"] = Recipients(notice),
        ["returned"] = template.Text(returned.Text, new Dictionary<string, string>()),
    };

    private static string Recipients(DsnNotice notice)
    {
        var text = new StringBuilder();
        foreach (var recipient in notice.Recipients)
        {
            if (text.Length > 0) text.Append('\n');
            text.Append("  ").Append(TypedAddress.Shown(recipient.Recipient.Address.Span));
            var column = Columns;
            var reason = FieldText.Clean(FieldText.Cut($"{notice.StatusOf(recipient)} {recipient.Reason}"), global: true);
            foreach (var word in reason.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var breaks = column + 1 + word.Length > Columns;
                text.Append(breaks ? "\n" + new string(' ', Indent) : " ").Append(word);
                column = breaks ? Indent + word.Length : column + 1 + word.Length;
            }
        }
        return text.ToString();
    }

    private static byte[] TextPart(DsnNotice notice, TextTemplate template, Dictionary<string, string> values)
    {
        var text = template.Text(Name(notice.Action), values) + "\n";
        using var part = new TextPart("plain");
        part.SetText(Ascii.IsValid(text) ? Encoding.ASCII : Encoding.UTF8, text);
        part.ContentTransferEncoding = Ascii.IsValid(text) && text.Split('\n').All(line => line.Length <= Columns + Indent) ? ContentEncoding.SevenBit : ContentEncoding.QuotedPrintable;
        part.Headers.Add(HeaderId.ContentLanguage, template.Language);
        return MimeBytes.Of(part);
    }

    private HeaderFile Header(MessageId id, DsnNotice notice, DsnAccount account, string boundary, string subject, bool eightBit, bool global, long longest)
    {
        var to = TypedAddress.Shown(notice.ReturnPath.Span);
        var showsTo = to.Length > 0 && (global || Ascii.IsValid(to));
        var date = DateUtils.FormatDate(notice.Now);
        var lines = new List<string> { $"Received: by {origin.Host} (SpoolWorker) with local id {id}{(showsTo ? $"\n\tfor {to}" : "")};\n\t{date}\n" };
        if (notice.Action == DsnAction.Failed) lines.AddRange(FailedRecipients(notice, global));
        lines.Add("Auto-Submitted: auto-replied\n");
        lines.Add($"From: {origin.From.ToString(encode: true)}\n");
        lines.Add(showsTo ? $"To: {to}\n" : "To: undisclosed-recipients:;\n");
        if (MessageIdOf(notice.Message) is { } messageId) lines.AddRange([$"In-Reply-To: {messageId}\n", $"References: {messageId}\n"]);
        lines.Add("MIME-Version: 1.0\n");
        lines.Add($"Content-Type: multipart/report; report-type={(global ? "global-delivery-status" : "delivery-status")};\n\tboundary=\"{boundary}\"\n");
        if (eightBit) lines.Add("Content-Transfer-Encoding: 8bit\n");
        lines.Add(MimeBytes.Line("Subject", subject));
        lines.Add($"Message-ID: <E{id}@{origin.Host}>\n");
        lines.Add($"Date: {date}\n");
        return new HeaderFile
        {
            Id = id,
            Login = Encoding.ASCII.GetBytes(account.Login),
            Uid = account.Uid,
            Gid = account.Gid,
            Sender = default,
            ReceivedTime = notice.Now.ToUnixTimeSeconds(),
            WarningCount = 0,
            // What Exim's own bounces have (a sample of 4.96 is in spool-samples).
            Variables = LocalVariables.Of(notice.Now, account.Login, "local", longest,
                ["allow_unqualified_recipient", "allow_unqualified_sender", "deliver_firsttime", "localerror", .. global ? ["smtputf8"] : Array.Empty<string>()]),
            Recipients = [new Recipient(notice.ReturnPath)],
            Headers = [.. lines.Select(HeaderLine.Create)],
        };
    }

    private static IEnumerable<string> FailedRecipients(DsnNotice notice, bool global)
    {
        var shown = notice.Recipients.Select(r => TypedAddress.Shown(r.Recipient.Address.Span)).Where(a => a.Length > 0 && (global || Ascii.IsValid(a)));
        return shown.Chunk(FailedInOneField).Select(some => $"X-Failed-Recipients: {string.Join(",\n\t", some)}\n");
    }

    // The first thing in angle brackets, if it is harmless: it is a stranger's.
    private static string? MessageIdOf(HeaderFile message)
    {
        if (message.Headers.FirstOrDefault(h => !h.IsDeleted && h.Is("Message-ID"u8)) is not { } line) return null;
        var value = Encoding.Latin1.GetString(line.Value);
        var start = value.IndexOf('<', StringComparison.Ordinal);
        var end = start < 0 ? -1 : value.IndexOf('>', start);
        return end > start + 1 && end - start < MostMessageId && !value.AsSpan(start, end - start).ContainsAnyExceptInRange('!', '~') ? value[start..(end + 1)] : null;
    }
}
