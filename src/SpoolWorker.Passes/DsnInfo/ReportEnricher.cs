// Decides what to put into the recipients' blocks of a delivery status part: the four fields of Exim's EXPERIMENTAL_DSN_INFO in
// Exim's order (deliver.c: behind "Remote-MTA: dns", before Diagnostic-Code), each only if the block does not have it yet and
// only if the logs know it. Differs from Exim in one thing, on purpose: greeting and EHLO answer are given whatever phase the
// failure came in. Cannot fail; a recipient the logs do not know is left as it is.
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.EximLog;

namespace SpoolWorker.Passes.DsnInfo;

/// <summary>What there is to put in.</summary>
/// <param name="Insertions">Pieces, with offsets in the part's content.</param>
/// <param name="Recipients">Recipients that failed or were delayed.</param>
/// <param name="Enriched">Those that get something.</param>
public sealed record Enrichment(IReadOnlyList<Insertion> Insertions, int Recipients, int Enriched);

/// <summary>Puts the logs' knowledge into a report.</summary>
public static class ReportEnricher
{
    private const int SmtpPort = 25;
    private static ReadOnlySpan<byte> GreetingName => "X-Remote-MTA-smtp-greeting"u8;

    private static ReadOnlySpan<byte> EhloName => "X-Remote-MTA-helo-response"u8;

    private static ReadOnlySpan<byte> DiagnosticName => "X-Exim-Diagnostic"u8;

    /// <summary>Finds what is to be inserted into a report, and where.</summary>
    public static Enrichment Enrich(ReadOnlySpan<byte> report, DeliveryHistory history)
    {
        var insertions = new List<Insertion>();
        var match = new TroubleMatch(history.Troubles);
        var recipients = 0;
        var enriched = 0;
        // The first block is about the message.
        foreach (var block in FieldReader.Blocks(report).Skip(1))
        {
            if (block.Find(f => f.Is("Final-Recipient"u8)) is not { } recipient || !IsTrouble(block)) continue;
            recipients++;
            if (match.Take(recipient, block.Find(f => f.Is("Diagnostic-Code"u8))) is not { } trouble) continue;
            // As in Exim: what went wrong on this host it does not always tell the sender, and neither do we.
            if (trouble.Ip.Length == 0) continue;
            var before = insertions.Count;
            Add(insertions, report, block, trouble, history.HostOf(trouble));
            if (insertions.Count > before) enriched++;
        }
        return new Enrichment(insertions, recipients, enriched);
    }

    // RFC 3464, 2.3.3: delivered, relayed and expanded went well.
    private static bool IsTrouble(List<Field> block) =>
        block.Find(f => f.Is("Action"u8)) is { } action && (Ascii.EqualsIgnoreCase(action.Value, "failed"u8) || Ascii.EqualsIgnoreCase(action.Value, "delayed"u8));

    private static void Add(List<Insertion> insertions, ReadOnlySpan<byte> report, List<Field> block, AddressTrouble trouble, RemoteHost? host)
    {
        // Behind the name of the host; without one behind Status, where Exim would put it; else at the end.
        var anchor = (block.FindLast(f => f.Is("Remote-MTA"u8) && !IsAddress(f)) ?? block.Find(f => f.Is("Status"u8)) ?? block[^1]).End;
        var port = trouble.Port > 0 ? trouble.Port : host?.Port ?? 0;
        string[] wanted =
        [
            string.Create(CultureInfo.InvariantCulture, $"Remote-MTA: X-ip; [{trouble.Ip}]{(port is 0 or SmtpPort ? "" : $":{port}")}"),
            Text(GreetingName, Greeting(trouble, host)),
            Text(EhloName, FirstLine(Ehlo(trouble, host))),
            Text(DiagnosticName, trouble.Diagnostic),
        ];
        Field?[] present = [block.Find(IsAddress), block.Find(f => f.Is(GreetingName)), block.Find(f => f.Is(EhloName)), block.Find(f => f.Is(DiagnosticName))];
        var pending = new List<byte>();
        for (var i = 0; i < wanted.Length; i++)
        {
            if (present[i] is { } field)
            {
                Flush(insertions, report, pending, anchor);
                // Fields in a strange order stay where they are; ours never go back.
                anchor = Math.Max(anchor, field.End);
            }
            else if (wanted[i].Length > 0) pending.AddRange(FieldFolding.Fold(Encoding.Latin1.GetBytes(wanted[i]), LineEnd(report)));
        }
        Flush(insertions, report, pending, anchor);
    }

    private static void Flush(List<Insertion> insertions, ReadOnlySpan<byte> report, List<byte> pending, int anchor)
    {
        if (pending.Count == 0) return;
        // The last field of a part may lack its line break: it belongs to the delimiter.
        if (anchor == report.Length && !report.EndsWith("\n"u8))
        {
            var end = LineEnd(report);
            pending.InsertRange(0, end.ToArray());
            pending.RemoveRange(pending.Count - end.Length, end.Length);
        }
        insertions.Add(new Insertion(anchor, [.. pending]));
        pending.Clear();
    }

    private static bool IsAddress(Field field) => field.Is("Remote-MTA"u8) && Ascii.EqualsIgnoreCase(field.Type, "X-ip"u8);

    private static string Text(ReadOnlySpan<byte> name, string value) => value.Length > 0 ? $"{Encoding.ASCII.GetString(name)}: X-str; {value}" : "";

    // A host that refuses at once never gets as far as the event: what it said is in the diagnostic.
    private static string Greeting(AddressTrouble trouble, RemoteHost? host) =>
        After(trouble.Diagnostic, "after initial connection") ?? host?.Greeting ?? "";

    // After a refused EHLO Exim tries HELO, and that answer is the last one.
    private static string Ehlo(AddressTrouble trouble, RemoteHost? host) =>
        After(trouble.Diagnostic, "after EHLO ") ?? After(trouble.Diagnostic, "after HELO ") ?? host?.Ehlo ?? "";

    // "SMTP error from remote mail server after initial connection: 554 no"
    private static string? After(string diagnostic, string phase)
    {
        const string Start = "SMTP error from remote mail server ";
        if (!diagnostic.StartsWith(Start + phase, StringComparison.Ordinal)) return null;
        var colon = diagnostic.IndexOf(": ", Start.Length + phase.Length, StringComparison.Ordinal);
        return colon < 0 ? null : WithoutRetry(diagnostic[(colon + 2)..]);
    }

    // Exim's own words behind the host's answer.
    private static string WithoutRetry(string answer)
    {
        const string Retry = ": retry timeout exceeded";
        return answer.EndsWith(Retry, StringComparison.Ordinal) ? answer[..^Retry.Length] : answer;
    }

    private static string FirstLine(string text) => text.IndexOf("\\n", StringComparison.Ordinal) is >= 0 and var end ? text[..end] : text;

    private static ReadOnlySpan<byte> LineEnd(ReadOnlySpan<byte> report) => report.IndexOf("\r\n"u8) >= 0 ? "\r\n"u8 : "\n"u8;
}
