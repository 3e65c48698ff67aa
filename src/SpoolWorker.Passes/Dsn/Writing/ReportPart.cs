// The machine-readable part (RFC 3464): a group of fields for the message, one for each recipient, in MimeKit's
// MessageDeliveryStatus. The values are set raw: MimeKit would encode what it does not know, and no reader of reports
// decodes that. Nothing here fails.
using System.Globalization;
using System.Text;
using MimeKit;
using MimeKit.Utils;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Mail;

#pragma warning disable RS0030 // writes fields of ours, in a report that may hold UTF-8 (RFC 6533)

namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>Writes the report part.</summary>
internal static class ReportPart
{
    /// <summary>The part with its MIME header.</summary>
    /// <param name="notice">What is reported.</param>
    /// <param name="origin">Who reports.</param>
    /// <param name="global">In UTF-8 (RFC 6533).</param>
    public static byte[] Write(DsnNotice notice, DsnOrigin origin, bool global)
    {
        var part = new MessageDeliveryStatus();
        if (global)
        {
            part.ContentType.MediaSubtype = "global-delivery-status";
            part.ContentTransferEncoding = ContentEncoding.EightBit;
        }
        Group(part, Message(notice, origin), global);
        foreach (var recipient in notice.Recipients) Group(part, Of(notice, recipient, global), global);
        // The last group's empty line would be an empty group more for some readers.
        var bytes = MimeBytes.Of(part);
        return bytes.AsSpan().EndsWith("\n\n"u8) ? bytes[..^1] : bytes;
    }

    private static IEnumerable<(string Name, string Value)> Message(DsnNotice notice, DsnOrigin origin)
    {
        if (DsnRequest.EnvidOf(notice.Message) is { } envid) yield return (DsnFields.OriginalEnvelopeId, envid);
        yield return (DsnFields.ReportingMta, $"dns; {origin.Host}");
        yield return (DsnFields.ArrivalDate, DateUtils.FormatDate(Arrival(notice)));
    }

    private static IEnumerable<(string Name, string Value)> Of(DsnNotice notice, DsnRecipient recipient, bool global)
    {
        var known = recipient.Diagnosis;
        if (TypedAddress.OfOrcpt(recipient.Recipient.Orcpt.Span, global) is { } original) yield return (DsnFields.OriginalRecipient, original);
        yield return (DsnFields.FinalRecipient, TypedAddress.Of(recipient.Recipient.Address.Span, global));
        yield return (DsnFields.Action, DsnActions.Token(notice.Action));
        yield return (DsnFields.Status, notice.StatusOf(recipient).ToString());
        if (System.Net.IPAddress.TryParse(known.Address, out _)) yield return (DsnFields.RemoteMta, DsnFields.RemoteMtaIp(known.Address, known.Port));
        else if (DsnOrigin.IsHostName(known.Address)) yield return (DsnFields.RemoteMta, $"dns; {known.Address}");
        // The refusal is our own and not an SMTP server's: its type is ours (RFC 3464, 2.1.2).
        if (recipient.Reason.Length > 0) yield return (DsnFields.DiagnosticCode, $"X-SpoolWorker; {FieldText.Cut(recipient.Reason)}");
        yield return (DsnFields.LastAttemptDate, DateUtils.FormatDate(notice.Now));
        if (notice is { Action: DsnAction.Delayed, RetryUntil: { } until }) yield return (DsnFields.WillRetryUntil, DateUtils.FormatDate(until));
        if (known.Greeting.Length > 0) yield return (DsnFields.Greeting, DsnFields.ExtraText(FieldText.Cut(known.Greeting)));
        // the first line only, as in Exim
        if (known.HeloResponse.Length > 0) yield return (DsnFields.HeloResponse, DsnFields.ExtraText(FieldText.Cut(known.HeloResponse.Split('\n')[0])));
        if (recipient.Pass.Length > 0 || known != Diagnosis.None) yield return (DsnFields.EximDiagnostic, DsnFields.ExtraText(FieldText.Cut(Diagnostic(recipient))));
    }

    /// <summary>The pass, its reason, and whose answer it was: <c>pass dcc: bulk: answer from [127.0.0.1]:10045: R</c>.</summary>
    private static string Diagnostic(DsnRecipient recipient)
    {
        var text = new StringBuilder(recipient.Pass.Length > 0 ? $"pass {recipient.Pass}" : "worker");
        if (recipient.Reason.Length > 0) text.Append(": ").Append(recipient.Reason);
        var known = recipient.Diagnosis;
        if (known.Address.Length > 0 || known.Answer.Length > 0)
        {
            text.Append(": answer");
            if (known.Address.Length > 0) text.Append(" from ").Append(System.Net.IPAddress.TryParse(known.Address, out _) ? $"[{known.Address}]" : known.Address);
            if (known.Port > 0) text.Append(CultureInfo.InvariantCulture, $":{known.Port}");
            if (known.Answer.Length > 0) text.Append(": ").Append(known.Answer);
        }
        return text.ToString();
    }

    private static void Group(MessageDeliveryStatus part, IEnumerable<(string Name, string Value)> fields, bool global)
    {
        var group = new HeaderList();
        foreach (var (name, value) in fields)
        {
            var header = new Header(name, "");
            header.SetRawValue(Encoding.UTF8.GetBytes(FieldText.Field(name, value, global)[(name.Length + 1)..]));
            group.Add(header);
        }
        part.StatusGroups.Add(group);
    }

    internal static DateTimeOffset Arrival(DsnNotice notice) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(notice.Message.ReceivedTime, 0, MostTime));

    // the last second of the year 9999
    private const long MostTime = 253402300799;
}

/// <summary>MimeKit's parts as bytes.</summary>
internal static class MimeBytes
{
    private static readonly FormatOptions Format = MakeFormat();

    public static byte[] Of(MimeEntity entity)
    {
        using var stream = new MemoryStream();
        entity.WriteTo(Format, stream);
        return stream.ToArray();
    }

    /// <summary>A header line, encoded and folded, with LF.</summary>
    public static string Line(string name, string value)
    {
        using var stream = new MemoryStream();
        new HeaderList { new Header(Encoding.UTF8, name, value) }.WriteTo(Format, stream);
        return Encoding.ASCII.GetString(stream.ToArray()).TrimEnd('\n') + "\n";
    }

    private static FormatOptions MakeFormat()
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Unix;
        return format;
    }
}
