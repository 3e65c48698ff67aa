// Reads any bounce. A part for machines (RFC 3464, RFC 6533) is believed wherever it is in the message, and even where its
// neighbours are malformed; without one the text is read, form by form. The returned message is looked into for its ids only. A
// bounce that was forwarded as an attachment is found too. Cannot fail: what says nothing gives a report of form None.
using System.Text;
using MimeKit;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.DsnInfo;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.BounceReading;

/// <summary>Reads bounces.</summary>
public static class BounceReader
{
    // Reports of 16,384 recipients stay below it; more is not looked at.
    private const int MostPart = 32 * 1024 * 1024;
    private const int MostText = 1024 * 1024;

    // A bounce of a bounce of a forwarded bounce.
    private const int MostDepth = 4;

    /// <summary>Reads a message. The stream must stay open and seekable: bodies are read from it, not kept.</summary>
    public static BounceReport Read(Stream message, CancellationToken cancellationToken = default)
    {
        MimeMessage parsed;
        try
        {
            parsed = MimeMessage.Load(ParserOptions.Default, message, persistent: true, cancellationToken);
        }
        catch (FormatException)
        {
            return new BounceReport();
        }
        return Read(parsed, 0);
    }

    private static BounceReport Read(MimeMessage message, int depth)
    {
        var parts = Parts(message.Body).ToList();
        var report = FromStatus(parts.Where(IsStatus)) is { } status ? WithReasons(status, () => FromText(message, parts)) : FromText(message, parts);
        if (report.Form == BounceForm.None && depth < MostDepth && parts.OfType<MessagePart>().FirstOrDefault() is { Message: { } inner }) return Read(inner, depth + 1);
        report = WithReturned(report, parts);
        if (report.FailedEximId.Length == 0) report = report with { FailedEximId = BounceText.EximIdIn(message.Subject ?? "") };
        return report with { ReturnedTo = message.To.Mailboxes.FirstOrDefault()?.Address ?? "" };
    }

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

    private static BounceReport? FromStatus(IEnumerable<MimeEntity> parts)
    {
        foreach (var part in parts.OfType<MimePart>())
        {
            var blocks = FieldReader.Blocks(Content(part, MostPart));
            var recipients = blocks.Select(Recipient).OfType<BouncedRecipient>().ToList();
            if (recipients.Count == 0) continue;
            var about = blocks[0];
            return new BounceReport
            {
                Form = BounceForm.DeliveryStatus,
                ReportingMta = Typed(about, "Reporting-MTA"),
                ArrivalDate = Plain(about, "Arrival-Date"),
                EnvelopeId = Plain(about, "Original-Envelope-Id"),
                FailedEximId = "",
                Recipients = recipients,
            };
        }
        return null;
    }

    // What the part for machines leaves out, as Exim does for what went wrong on its own host, the text may tell.
    private static BounceReport WithReasons(BounceReport report, Func<BounceReport> text)
    {
        if (report.Recipients.All(r => r.Reason.Length > 0 || r.Action is not ("failed" or "delayed"))) return report;
        var told = text();
        var reasons = told.Recipients.SelectMany(t => new[] { t.Address, t.Original }.Where(a => a.Length > 0).Distinct().Select(a => (Address: a, t.Reason)))
            .GroupBy(t => t.Address, t => t.Reason).ToDictionary(g => g.Key, g => g.ToList());
        var blocks = report.Recipients.CountBy(r => r.Address).ToDictionary();
        var seen = new Dictionary<string, int>();
        return report with { Recipients = [.. report.Recipients.Select(r => WithReason(r, seen[r.Address] = seen.GetValueOrDefault(r.Address) + 1))] };

        BouncedRecipient WithReason(BouncedRecipient recipient, int nth)
        {
            if (recipient.Reason.Length > 0 || !reasons.TryGetValue(recipient.Address, out var mine)) return recipient;
            // An alias has several addresses and a block for each: Exim's blocks stand in the reverse order of its text
            // (deliver.c: what the text has told of goes to the head of the list for the blocks).
            var reason = told.Form == BounceForm.Exim && mine.Count == blocks[recipient.Address] ? mine[^nth] : string.Join("; ", mine.Where(r => r.Length > 0).Distinct());
            return recipient with { Reason = reason };
        }
    }

    private static BouncedRecipient? Recipient(List<Field> block)
    {
        var final = Address(block, "Final-Recipient");
        var original = Address(block, "Original-Recipient");
        if (final.Length == 0 && original.Length == 0) return null;
        // "failed (bad destination)": a comment may follow
        var action = Plain(block, "Action").Split(' ', '(')[0];
        var status = EnhancedStatus.TryParse(Plain(block, "Status").Split(' ', '(')[0].Trim(), out var code) ? code : (EnhancedStatus?)null;
        var diagnostic = Field(block, "X-Exim-Diagnostic");
        var told = Field(block, "Diagnostic-Code");
        var address = block.Find(f => f.Is("Remote-MTA"u8) && f.Type.SequenceEqual("X-ip"u8));
        return new BouncedRecipient
        {
            Address = final.Length > 0 ? final : original,
            Original = original == final ? "" : original,
            Action = DsnActions.TryParse(action, out var known) ? DsnActions.Token(known) : status is { Class: 2 } ? "delivered" : status is { Class: 4 } ? "delayed" : status is null && diagnostic is null && told is null ? "unknown" : "failed",
            Written = status,
            Reason = told is not null ? Latin1(told.Content) : diagnostic is null ? "" : Latin1(diagnostic.Content),
            RemoteMta = block.Find(f => f.Is("Remote-MTA"u8) && f != address) is { } host ? Latin1(host.Content) : "",
            RemoteAddress = address is null ? "" : Latin1(address.Content),
            Greeting = Typed(block, "X-Remote-MTA-smtp-greeting"),
            HeloResponse = Typed(block, "X-Remote-MTA-helo-response"),
            EximDiagnostic = diagnostic is null ? "" : Latin1(diagnostic.Content),
            LastAttempt = Plain(block, "Last-Attempt-Date"),
            RetryUntil = Plain(block, "Will-Retry-Until"),
        };
    }

    private static BounceReport FromText(MimeMessage message, List<MimeEntity> parts)
    {
        var text = parts.OfType<TextPart>().FirstOrDefault(p => p.IsPlain) ?? parts.OfType<TextPart>().FirstOrDefault();
        var failed = message.Headers.Where(h => h.Field.Equals("X-Failed-Recipients", StringComparison.OrdinalIgnoreCase)).SelectMany(h => h.Value.Split(',')).Select(a => a.Trim()).Where(a => a.Length > 0).ToList();
        var words = text is null ? "" : Latin1(Content(text, MostText));
        if (text is { IsHtml: true }) words = BounceText.WithoutTags(words);
        return BounceText.Read(BounceText.Lines(words), message.From.ToString(), failed);
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
            FailedMessageId = report.FailedMessageId.Length > 0 ? report.FailedMessageId : headers[HeaderId.MessageId]?.Trim() ?? "",
            FailedSubject = report.FailedSubject.Length > 0 ? report.FailedSubject : headers[HeaderId.Subject] ?? "",
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

    private static Field? Field(List<Field> block, string name) => block.Find(f => f.Is(Encoding.ASCII.GetBytes(name)));

    private static string Typed(List<Field> block, string name) => Field(block, name) is { } field ? Latin1(field.Content) : "";

    private static string Plain(List<Field> block, string name) => Field(block, name) is { } field ? Latin1(field.Value) : "";

    // "rfc822; <bob@r.example>", xtext of an ORCPT decoded by nobody; of type utf-8 in the form for ASCII (RFC 6533, 3)
    private static string Address(List<Field> block, string name)
    {
        if (Field(block, name) is not { } field) return "";
        var text = Latin1(field.Content);
        if (Ascii.EqualsIgnoreCase(field.Type, "utf-8"u8) && Ascii.IsValid(text)) text = Latin1(Encoding.UTF8.GetBytes(TypedAddress.Unescaped(text)));
        return text.Trim().Trim('<', '>').Trim();
    }

    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
