// Recognises the bounces and warnings that Exim wrote itself (deliver.c, send_bounce_message and send_warning_message): null
// sender, multipart/report with report-type delivery-status, not signed, and either made on this spool (-localerror) or come
// by SMTP from a host of ours. Names the message ids it may have had at its birth: `Message-Id: <E<id>@…>` (exim's default for
// messages without one) and its present one. Nothing here throws.
using System.Net;
using System.Text;
using MimeKit;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.DsnInfo;

/// <summary>A bounce of Exim's own.</summary>
/// <param name="Ids">Ids it may be known by in the log, the likeliest first.</param>
/// <param name="Boundary">Of its multipart/report.</param>
/// <param name="IsLocal">Made on this spool: nobody else can have written it.</param>
public sealed record EximBounce(IReadOnlyList<MessageId> Ids, byte[] Boundary, bool IsLocal)
{
    private static readonly byte[][] Signatures = ["DKIM-Signature"u8.ToArray(), "ARC-Seal"u8.ToArray(), "ARC-Message-Signature"u8.ToArray(), "DomainKey-Signature"u8.ToArray()];

    /// <summary>Looks at a message; null with the reason when it is none, or none that may be changed.</summary>
    public static EximBounce? Of(HeaderFile message, IReadOnlyCollection<IPAddress> relays, out string reason)
    {
        reason = Fault(message, relays) ?? "";
        if (reason.Length > 0) return null;
        if (Find(message, "Content-Type"u8) is not { } line || !ContentType.TryParse(ParserOptions.Default, line.Value.ToArray(), out var type)
            || !type.IsMimeType("multipart", "report") || type.Boundary is not { Length: > 0 } boundary)
        {
            reason = "no multipart/report";
            return null;
        }
        if (type.Parameters["report-type"] is { } report && !report.Equals("delivery-status", StringComparison.OrdinalIgnoreCase) && !report.Equals("global-delivery-status", StringComparison.OrdinalIgnoreCase))
        {
            reason = "a report of another kind";
            return null;
        }
        var ids = new List<MessageId>();
        if (Find(message, "Message-ID"u8) is { } own && TryBirthId(own.Value, out var born)) ids.Add(born);
        if (message.IsLocalError && !ids.Contains(message.Id)) ids.Add(message.Id);
        if (ids.Count == 0)
        {
            reason = "not written by Exim";
            return null;
        }
        return new EximBounce(ids, Encoding.Latin1.GetBytes(boundary), message.IsLocalError);
    }

    private static string? Fault(HeaderFile message, IReadOnlyCollection<IPAddress> relays)
    {
        if (!message.IsNullSender) return "has a sender";
        if (!message.IsLocalError && !IsFromUs(message, relays)) return "came from elsewhere";
        // What was signed would not verify any more.
        return message.Headers.Any(h => !h.IsDeleted && Signatures.Any(s => h.Is(s))) ? "signed" : null;
    }

    private static bool IsFromUs(HeaderFile message, IReadOnlyCollection<IPAddress> relays) =>
        message.Find("host_address") is null || (message.ClientAddress is { } client && relays.Contains(client));

    private static bool TryBirthId(ReadOnlySpan<byte> value, out MessageId id)
    {
        id = default;
        value = value.Trim(" \t\r\n<>"u8);
        var at = value.IndexOf((byte)'@');
        return at > 1 && value[0] == 'E' && MessageId.TryParse(value[1..at], out id);
    }

    private static HeaderLine? Find(HeaderFile message, ReadOnlySpan<byte> name)
    {
        foreach (var line in message.Headers)
        {
            if (!line.IsDeleted && line.Is(name)) return line;
        }
        return null;
    }

    /// <summary>The failed message's id as the returned message tells it: that of the topmost Received: line, which is Exim's own.</summary>
    public static bool TryReturnedId(ReadOnlySpan<byte> returned, out MessageId id)
    {
        id = default;
        // RFC 5321, 4.4: `id` comes in front of `for` and the date.
        foreach (var block in FieldReader.Blocks(returned).Take(1))
        {
            if (block.Find(f => f.Is("Received"u8)) is not { } received) return false;
            var value = received.Value.AsSpan();
            for (int at; (at = value.IndexOf(" id "u8)) >= 0;)
            {
                value = value[(at + 4)..].TrimStart((byte)' ');
                var end = value.IndexOfAny((byte)' ', (byte)';');
                if (MessageId.TryParse(end < 0 ? value : value[..end], out id)) return true;
            }
        }
        return false;
    }
}
