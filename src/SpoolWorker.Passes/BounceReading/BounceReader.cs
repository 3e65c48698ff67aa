// Reads any bounce. A part for machines (RFC 3464, RFC 6533) is believed wherever it is in the message, and even where its
// neighbours are malformed; without one the text is read, form by form. The returned message is looked into for its ids only. A
// bounce that was forwarded as an attachment is found too. Cannot fail: what says nothing gives a report of form None.
using System.Text;
using MimeKit;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.BounceReading.Texts;
using SpoolWorker.Passes.DsnInfo;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

#pragma warning disable RS0030 // the text of a part without a character set

namespace SpoolWorker.Passes.BounceReading;

/// <summary>Reads bounces.</summary>
public static class BounceReader
{
    // Reports of 16,384 recipients stay below it; more is not looked at.
    private const int MostPart = 32 * 1024 * 1024;
    private const int MostText = 1024 * 1024;

    // A text for people, the same as HTML, and one or two attachments.
    private const int MostTexts = 4;

    // Of one address; an alias with more members has one reason for most of them.
    private const int MostReasons = 10;

    // A bounce of a bounce of a forwarded bounce.
    private const int MostDepth = 4;

    /// <summary>Reads a message. The stream must stay open and seekable: bodies are read from it, not kept.</summary>
    public static BounceReport Read(Stream message, CancellationToken cancellationToken = default)
    {
        var whole = LongFields.Cut(message);
        MimeMessage parsed;
        try
        {
            parsed = MimeMessage.Load(ParserOptions.Default, whole, persistent: true, cancellationToken);
        }
        catch (FormatException)
        {
            return new BounceReport();
        }
        var raw = Start(message);
        var lf = raw.IndexOf("\n\n", StringComparison.Ordinal);
        var crlf = raw.IndexOf("\n\r\n", StringComparison.Ordinal);
        var end = lf >= 0 && (crlf < 0 || lf < crlf) ? lf + 2 : crlf >= 0 ? crlf + 3 : raw.Length;
        return Read(parsed, raw[..end], raw[end..], 0);
    }

    // The message as it is, for what MIME does not lead to.
    private static string Start(Stream message)
    {
        message.Position = 0;
        var bytes = new byte[Math.Min(MostText, message.Length)];
        return Latin1(bytes.AsSpan(0, message.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)));
    }

    private static BounceReport Read(MimeMessage message, string header, string raw, int depth)
    {
        var parts = Parts(message.Body).ToList();
        if (IsOtherReport(message, parts)) return new BounceReport();
        var status = FromStatus(parts);
        if (status is null && raw.Length > 0
            && DamagedMime.Parts(raw) is { Count: > 0 } found && FromStatus(found) is { } repaired) (parts, status) = (found, repaired);
        var report = status is null ? FromText(message, parts, header, raw) : WithReasons(status, () => FromText(message, parts, header, ""));
        if (report.Form == BounceForm.None && depth < MostDepth && parts.OfType<MessagePart>().FirstOrDefault() is { Message: { } inner }) return Read(inner, "", "", depth + 1);
        report = WithReturned(report, parts);
        if (report.FailedEximId.Length == 0) report = report with { FailedEximId = EximText.IdIn(message.Subject ?? "") };
        return report with { ReturnedTo = ReturnedTo(message) };
    }

    private static string ReturnedTo(MimeMessage message) => message.To.Mailboxes.FirstOrDefault()?.Address ?? "";

    // Complaints (RFC 5965) and receipts (RFC 8098) come as reports, too: nobody failed.
    private static bool IsOtherReport(MimeMessage message, List<MimeEntity> parts) =>
        message.Body?.ContentType.Parameters["report-type"] is "feedback-report" or "disposition-notification"
        || parts.Exists(p => p.ContentType.IsMimeType("message", "feedback-report") || p.ContentType.IsMimeType("message", "disposition-notification"));

    // In their order, not into returned messages.
    private static IEnumerable<MimeEntity> Parts(MimeEntity? entity)
    {
        if (entity is Multipart multipart)
        {
            foreach (var part in multipart.SelectMany(Parts)) yield return part;
        }
        else if (entity is not null) yield return entity;
    }

    private static bool IsStatus(MimeEntity entity) => entity.ContentType.IsMimeType("message", "delivery-status") || entity.ContentType.IsMimeType("message", "global-delivery-status");

    private static BounceReport? FromStatus(IEnumerable<MimeEntity> parts) =>
        parts.Where(IsStatus).OfType<MimePart>().Select(p => StatusFields.Read(Content(p, MostPart))).FirstOrDefault(r => r is not null);

    // What the part for machines leaves out, as Exim does for what went wrong on its own host, the text may tell.
    private static BounceReport WithReasons(BounceReport report, Func<BounceReport> text)
    {
        if (report.Recipients.All(r => r.Reason.Length > 0 || r.Action is not ("failed" or "delayed"))) return report;
        var told = text();
        // What stands near an address in a text of unknown form is a guess, unless it is an answer or says why.
        if (told.Form == BounceForm.Other)
            told = told with { Recipients = [.. told.Recipients.Where(r => SmtpAnswers.Has(r.Reason) || BounceStatus.HasWords(r.Reason))] };
        var reasons = told.Recipients.SelectMany(t => new[] { t.Address, t.Original }.Where(a => a.Length > 0).Distinct().Select(a => (Address: a, t.Reason)))
            .GroupBy(t => t.Address, t => t.Reason, StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.OrdinalIgnoreCase);
        // Made once for an address: its blocks may be as many as its lines.
        var joined = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var blocks = report.Recipients.CountBy(r => r.Address).ToDictionary();
        var seen = new Dictionary<string, int>();
        return report with { Recipients = [.. report.Recipients.Select(r => WithReason(r, seen[r.Address] = seen.GetValueOrDefault(r.Address) + 1))] };

        BouncedRecipient WithReason(BouncedRecipient recipient, int nth)
        {
            if (recipient.Reason.Length > 0 || !reasons.TryGetValue(recipient.Address, out var mine)) return recipient;
            // An alias has several addresses and a block for each: Exim's blocks stand in the reverse order of its text
            // (deliver.c: what the text has told of goes to the head of the list for the blocks).
            if (told.Form == BounceForm.Exim && mine.Count == blocks[recipient.Address]) return recipient with { Reason = mine[^nth] };
            if (!joined.TryGetValue(recipient.Address, out var all)) joined[recipient.Address] = all = string.Join("; ", mine.Where(r => r.Length > 0).Distinct().Take(MostReasons));
            return recipient with { Reason = all };
        }
    }

    private static BounceReport FromText(MimeMessage message, List<MimeEntity> parts, string header, string raw)
    {
        var texts = parts.OfType<TextPart>().OrderBy(p => p.IsPlain ? 0 : 1).Take(MostTexts).Select(Text).ToList();
        // A multipart without parts: its boundary is nowhere, and all of it is text.
        if (texts.Count == 0 && raw.Length > 0) texts.Add(raw);
        var envelope = new BounceLetter("")
        {
            From = message.Headers[HeaderId.From] ?? "",
            Subject = message.Subject ?? "",
            ReturnedTo = ReturnedTo(message),
            Failed = Failed(header),
            IsExim = IsExim(message),
            IsReport = IsReport(message),
        };
        var letters = texts.DefaultIfEmpty("").Select(envelope.With).ToList();
        if (envelope.IsFromMailer && letters.Select(l => StatusFields.InText(l.Lines)).FirstOrDefault(r => r is not null) is { } written) return written;
        return letters.Select(BounceText.Read).FirstOrDefault(r => r.Form != BounceForm.None) ?? new BounceReport();
    }

    // From the raw header: Exim writes 50 to a field, others all in one, which may be cut.
    private static List<string> Failed(string header) =>
        [.. FieldReader.Blocks(Encoding.Latin1.GetBytes(header)).Take(1).SelectMany(b => b).Where(f => f.Is("X-Failed-Recipients"u8))
            .SelectMany(f => Latin1(f.Value).Split(',')).Select(a => a.Trim(' ', '\t', '\r', '\n', '<', '>')).Where(a => a.Length > 0)
            .Distinct(StringComparer.OrdinalIgnoreCase).Take(StatusFields.MostRecipients)];

    // deliver.c and moan.c: the boundary, and Message-Id: <E<id>@host> of what Exim itself wrote
    private static bool IsExim(MimeMessage message) =>
        message.Body?.ContentType.Boundary?.Contains("-eximdsn-", StringComparison.Ordinal) == true
        || (message.MessageId is ['E', .. var id] && id.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && MessageId.TryParse(id.AsSpan(0, at), out _));

    private static bool IsReport(MimeMessage message) =>
        (message.Headers["Return-Path"]?.Replace(" ", "", StringComparison.Ordinal) is "<>" && message.Headers["Auto-Submitted"]?.StartsWith("auto-replied", StringComparison.OrdinalIgnoreCase) != true)
        || message.Body?.ContentType.IsMimeType("multipart", "report") == true;

    // Bytes of the text in UTF-8, each as one character: texts in other character sets hold '@' and '<' where none are.
    private static string Text(TextPart part)
    {
        var bytes = Content(part, MostText);
        var charset = part.ContentType.Charset ?? "";
        var isPlain = charset.Length == 0 || charset.Says("ascii") || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        var encoding = isPlain ? null : part.ContentType.CharsetEncoding;
        if (part.IsHtml) return ByteText.FromText(HtmlText.Of((encoding ?? Encoding.UTF8).GetString(bytes)));
        return encoding is null ? Latin1(bytes) : ByteText.FromText(encoding.GetString(bytes));
    }

    private static BounceReport WithReturned(BounceReport report, List<MimeEntity> parts)
    {
        if (report.Form == BounceForm.None) return report;
        var headers = parts.OfType<MessagePart>().FirstOrDefault()?.Message?.Headers
            ?? parts.OfType<TextRfc822Headers>().FirstOrDefault()?.Message?.Headers;
        if (headers is null) return report;
        var received = headers[HeaderId.Received] ?? "";
        return report with
        {
            FailedMessageId = report.FailedMessageId.Length > 0 ? report.FailedMessageId : headers[HeaderId.MessageId]?.Trimmed() ?? "",
            FailedSubject = report.FailedSubject.Length > 0 ? report.FailedSubject : ByteText.FromText(headers[HeaderId.Subject] ?? ""),
            FailedEximId = report.FailedEximId.Length > 0 ? report.FailedEximId : EximBounce.TryReturnedId(Encoding.Latin1.GetBytes($"Received: {received}"), out var id) ? id.ToString() : "",
        };
    }

    private static byte[] Content(MimePart part, int most)
    {
        if (part.Content is null) return [];
        using var content = part.Content.Open();
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int n; bytes.Length < most && (n = content.Read(buffer)) > 0;) bytes.Write(buffer, 0, n);
        return bytes.ToArray();
    }

    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
