// Recipients of a part for machines (RFC 3464, 2.3), as they are written in the world: groups without the blank line between them,
// comments everywhere, types that are missing, and a whole report that stands in the text because a gateway took its MIME away.
// Cannot fail: what has no recipient gives null.
using System.Text;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.DsnInfo;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Reports;

/// <summary>Reads report fields.</summary>
internal static class StatusFields
{
    // Exim takes 16,384 recipients for a message (spool_in.c); what lists more is no report of a mail.
    public const int MostRecipients = 20_000;

    private static readonly byte[][] RecipientFields =
        [Bytes(DsnFields.FinalRecipient), Bytes(DsnFields.OriginalRecipient), Bytes(DsnFields.Action), Bytes(DsnFields.Status)];

    private static readonly string[] FirstFields =
        [DsnFields.ReportingMta, DsnFields.FinalRecipient, DsnFields.OriginalRecipient, DsnFields.OriginalEnvelopeId, DsnFields.ArrivalDate];

    /// <summary>Reads the content of a part; null when it names no recipient.</summary>
    public static BounceReport? Read(ReadOnlySpan<byte> content)
    {
        var blocks = FieldReader.Blocks(content);
        var recipients = blocks.SelectMany(Groups).Select(Recipient).OfType<BouncedRecipient>().Take(MostRecipients).ToList();
        if (recipients.Count == 0) return null;
        var about = blocks[0];
        return new BounceReport
        {
            Form = BounceForm.DeliveryStatus,
            ReportingMta = Host(TypedValue.Of(Plain(about, DsnFields.ReportingMta)).Text),
            ArrivalDate = FieldComments.Without(Plain(about, DsnFields.ArrivalDate)),
            EnvelopeId = Plain(about, DsnFields.OriginalEnvelopeId),
            Recipients = recipients,
        };
    }

    /// <summary>Fields of a report that stand in a text, at its margin or indented or quoted; null when there are none, or when no
    /// recipient has an action or a status: other reports (RFC 8098) name recipients, too.</summary>
    public static BounceReport? InText(IReadOnlyList<string> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            var margin = Margin(lines[i]);
            var name = lines[i].AsSpan(margin.Length);
            if (!StartsField(name)) continue;
            var text = string.Join('\n', lines.Skip(i).Select(l => l.StartsWith(margin, StringComparison.Ordinal) ? l[margin.Length..] : l.TrimStart(' ', '>')));
            var report = Read(Encoding.Latin1.GetBytes(text));
            return report is null || report.Recipients.All(r => r.Action == Unknown && r.Written is null) ? null : report;
        }
        return null;
    }

    private static string Margin(string line) => line[..(line.Length - line.AsSpan().TrimStart(" \t>").Length)];

    private static bool StartsField(ReadOnlySpan<char> line)
    {
        foreach (var name in FirstFields)
        {
            if (line.StartsWith(name, StringComparison.OrdinalIgnoreCase) && line[name.Length..].TrimStart(' ').StartsWith(":")) return true;
        }
        return false;
    }

    // RFC 3464, 2.1: a blank line between groups. Where it is missing, a field that a group has once starts the next one.
    private static IEnumerable<List<Field>> Groups(List<Field> block)
    {
        var group = new List<Field>();
        var seen = 0;
        var first = -1;
        foreach (var field in block)
        {
            var kind = Array.FindIndex(RecipientFields, name => field.Is(name));
            var isAgain = kind >= 0 && (seen & (1 << kind)) != 0;
            if (isAgain && (kind == first || kind == 0))
            {
                yield return group;
                (group, seen, first) = ([], 0, -1);
            }
            if (kind >= 0)
            {
                if (first < 0) first = kind;
                seen |= 1 << kind;
            }
            group.Add(field);
        }
        yield return group;
    }

    private const string Unknown = "unknown";

    private static BouncedRecipient? Recipient(List<Field> block)
    {
        var final = Address(block, DsnFields.FinalRecipient);
        var original = Address(block, DsnFields.OriginalRecipient);
        if (final.Length == 0 && original.Length == 0) return null;
        var exim = Plain(block, DsnFields.EximDiagnostic) is { Length: > 0 } words ? TypedValue.Of(words).Text : "";
        var isTold = Find(block, DsnFields.DiagnosticCode) is not null;
        var told = TypedValue.Of(Plain(block, DsnFields.DiagnosticCode));
        var written = EnhancedStatus.TryParse(Word(block, DsnFields.Status), out var code) ? code : (EnhancedStatus?)null;
        var (host, ip) = RemoteMta(block);
        return new BouncedRecipient
        {
            Address = final.Length > 0 ? final : original,
            Original = final.Length == 0 || original == final ? "" : original,
            Action = DsnActions.TryParse(Word(block, DsnFields.Action), out var known) ? DsnActions.Token(known)
                : written is { Class: 2 } ? "delivered" : written is { Class: 4 } ? "delayed"
                : written is null && !isTold && exim.Length == 0 ? Unknown : "failed",
            Written = written,
            Reason = isTold ? told.Text : exim,
            // RFC 3464, 2.3.6: only of type smtp is it a reply; 255 of X-Unix is how a program ended
            IsReply = !isTold || told.Type is "smtp" or "x-smtp" or "",
            RemoteMta = host,
            RemoteAddress = ip,
            Greeting = Typed(block, DsnFields.Greeting),
            HeloResponse = Typed(block, DsnFields.HeloResponse),
            EximDiagnostic = exim,
            LastAttempt = FieldComments.Without(Plain(block, DsnFields.LastAttemptDate)),
            RetryUntil = FieldComments.Without(Plain(block, DsnFields.WillRetryUntil)),
        };
    }

    // Exim writes two fields of that name: dns; name, and X-ip; [address]:port
    private static (string Name, string Ip) RemoteMta(List<Field> block)
    {
        var (name, ip) = ("", "");
        foreach (var field in block)
        {
            if (!field.Is("Remote-MTA"u8)) continue;
            var value = TypedValue.Of(Latin1(field.Value));
            var isIp = value.Type.Equals(DsnFields.IpType, StringComparison.OrdinalIgnoreCase);
            if (isIp && ip.Length == 0) ip = Host(value.Text);
            else if (!isIp && name.Length == 0) name = Host(value.Text);
        }
        return (name, ip);
    }

    private static string Host(string text) => FieldComments.Without(text);

    private static Field? Find(List<Field> block, string name) => block.Find(f => f.Is(Bytes(name)));

    private static string Typed(List<Field> block, string name) => TypedValue.Of(Plain(block, name)).Text;

    private static string Plain(List<Field> block, string name) => Find(block, name) is { } field ? Latin1(field.Value) : "";

    // "failed (bad destination)", "(x) 5.1.1": the first word
    private static string Word(List<Field> block, string name) => FieldComments.Without(Plain(block, name)).Split([' ', ',', ';'], 2)[0];

    // "rfc822; <bob@r.example> (Bob)", xtext of an ORCPT decoded by nobody; of type utf-8 in the form for ASCII (RFC 6533, 3)
    private static string Address(List<Field> block, string name)
    {
        var value = TypedValue.Of(Plain(block, name));
        if (MailboxFinder.OfX400(value.Text) is { } mapped) return mapped;
        var text = FieldComments.Without(value.Text);
        if (value.Type == "utf-8" && Ascii.IsValid(text)) text = ByteText.FromText(TypedAddress.Unescaped(text));
        text = text.Trimmed();
        // "Bob <bob@r.example>": a mailbox where an address belongs
        if (text.EndsWith('>') && text.LastIndexOf('<') is >= 0 and var open && !text.StartsWith('"')) text = text[(open + 1)..];
        text = text.Trimmed().Trim('<', '>').Trimmed();
        // "@relay.example:bob@r.example": the route of RFC 5321, 4.1.2 is to be ignored
        if (text.StartsWith('@') && text.IndexOf(':', StringComparison.Ordinal) is > 0 and var route && route + 1 < text.Length) text = text[(route + 1)..];
        return text;
    }

    private static byte[] Bytes(string name) => Encoding.ASCII.GetBytes(name);

    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
