// A message for people: aligned, coloured on a terminal, every byte that a terminal might obey escaped.
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Showing;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Showing;

/// <summary>Prints a <see cref="FoundMessage"/>.</summary>
internal static class TextView
{
    private const int LabelWidth = 12;

    public static string Of(FoundMessage view, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Line(text, "file", $"{Printable.Text(view.HeaderPath)} ({view.Place})");
        if (view.Header is { } header) Envelope(text, view, header, now);
        else Broken(text, view);
        if (view.Reason.Length > 0)
        {
            Section(text, "Reason");
            foreach (var line in view.Reason.Split('\n')) text.Append("  ").Append(Printable.Text(line)).Append('\n');
        }
        return text.ToString();
    }

    private static void Broken(StringBuilder text, FoundMessage view)
    {
        var error = view.Error!;
        Line(text, "error", Terminal.Paint($"{error.Kind.Token()} at offset {error.Offset}: {error.Reason}", Terminal.Red));
        if (view.HeaderBytes.Length == 0) return;
        Section(text, "Bytes around it");
        text.Append(HexWindow.Of(view.HeaderBytes, error.Offset));
    }

    private static void Envelope(StringBuilder text, FoundMessage view, HeaderFile header, DateTimeOffset now)
    {
        var received = DateTimeOffset.FromUnixTimeSeconds(Math.Min(header.ReceivedTime, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
        Line(text, "id", header.Id.ToString());
        Line(text, "sender", $"<{Printable.Text(header.Sender.Span)}>");
        Line(text, "received", $"{received:yyyy-MM-dd HH:mm:ss} UTC, {Amount.Age(now.ToUnixTimeSeconds() - header.ReceivedTime)} ago; {Amount.Of(header.WarningCount, "warning")} sent");
        Line(text, "by", $"{Printable.Text(header.Login.Span)} uid {header.Uid} gid {header.Gid}");
        var form = header.IsWireFormat ? "wire format (CRLF)" : header.BodyLineCount is { } lines ? $"LF, {Amount.Of(lines, "line")}" : "LF";
        Line(text, "body", view.BodySize < 0 ? Terminal.Paint($"{Printable.Text(view.BodyPath)} {view.BodyFault}", Terminal.Red)
            : $"{Amount.Of(view.BodySize, "byte")}, {form}{(view.BodyFault.Length > 0 ? Terminal.Paint($"; {view.BodyFault}", Terminal.Red) : "")}");
        if (header.Resumption is { } resumption) Line(text, "tls session", resumption.Words);
        Line(text, "locked", Locked(view));
        if (header.IsFrozen) Line(text, "state", Terminal.Paint("frozen", Terminal.Blue));

        Section(text, $"Recipients ({view.Recipients.Count(r => r.Source == ServedSource.None)} pending of {view.Recipients.Count})");
        foreach (var found in view.Recipients)
        {
            var (recipient, state) = (found.Recipient, State(found));
            text.Append("  ").Append(Printable.Text(recipient.Address.Span)).Append("  ").Append(Terminal.Paint(state, found.Source == ServedSource.None ? Terminal.Yellow : Terminal.Green));
            if (!recipient.ErrorsTo.IsEmpty) text.Append("  errors_to=").Append(Printable.Text(recipient.ErrorsTo.Span));
            if (!recipient.Orcpt.IsEmpty) text.Append("  orcpt=").Append(Printable.Text(recipient.Orcpt.Span));
            if (recipient.DsnFlags != 0) text.Append("  dsn=").Append(recipient.DsnFlags);
            if (recipient.Parent >= 0) text.Append("  from=").Append(Printable.Text(header.Recipients[recipient.Parent].Address.Span));
            text.Append('\n');
        }
        var others = header.NonRecipients.Addresses.Where(a => !header.Recipients.Any(r => r.Address.Span.SequenceEqual(a.Span))).ToList();
        if (others.Count > 0) text.Append("  also done: ").AppendJoin(", ", others.Select(a => Printable.Text(a.Span))).Append('\n');

        Section(text, "Variables (-- tainted)");
        foreach (var variable in header.Variables)
        {
            text.Append(variable.Tainted ? "  --" : "  - ").Append(variable.Quoter is { } quoter ? $"({Printable.Text(quoter)})" : "").Append(Printable.Text(variable.FullName));
            if (variable.HasValue) text.Append(' ').Append(Printable.Text(variable.Value.Span));
            text.Append('\n');
        }

        Section(text, "Headers (* deleted, never sent)");
        foreach (var line in header.Headers)
        {
            var first = true;
            foreach (var part in line.Text.Span.TrimEnd((byte)'\n').Split((byte)'\n').ToTexts(line.Text.Span.TrimEnd((byte)'\n')))
            {
                text.Append(first ? $"{line.Flag} " : "  ").Append(line.IsDeleted ? Terminal.Paint(part, Terminal.Dim) : part).Append('\n');
                first = false;
            }
        }

        foreach (var entry in view.Ledger) Record(text, entry, now);
    }

    private static void Record(StringBuilder text, LedgerEntry entry, DateTimeOffset now)
    {
        Section(text, $"Ledger, intake {Printable.Text(entry.Intake)}");
        if (entry.FirstSeen > 0) Inner(text, "first seen", Amount.Time(DateTimeOffset.FromUnixTimeMilliseconds(entry.FirstSeen), now));
        if (entry.Failures > 0) Inner(text, "failures", $"{entry.Failures}, last: {Printable.Text(entry.LastFailure)}");
        if (entry.Deferred is { } deferral) Inner(text, deferral.IsPlanned ? "waits" : "deferred", $"{(deferral.IsOpenEnded ? "" : $"{Amount.Until(DateTimeOffset.FromUnixTimeMilliseconds(deferral.Next), now)}, ")}{Printable.Text($"{deferral.Pass} {deferral.Reason}".Trim())}");
        foreach (var ran in (entry.Ran ?? []).Where(r => r.Why is not null)) Inner(text, "skipped", Printable.Text($"{ran.Pass} ({ran.Why})"));
        if (entry.Held is { } held) Inner(text, "held", $"{Amount.Time(DateTimeOffset.FromUnixTimeMilliseconds(held.Since), now)}, {Printable.Text($"{held.Pass} {held.Reason}".Trim())}");
        foreach (var staged in entry.Staged) Inner(text, "staged", $"{staged.Id} in {Printable.Text(staged.Folder)}");
        if (entry.Expires > 0) Inner(text, "forgotten", Amount.Time(DateTimeOffset.FromUnixTimeMilliseconds(entry.Expires), now));
        foreach (var (address, how) in entry.Done) text.Append("    ").Append(Printable.Text(Encoding.Latin1.GetBytes(address))).Append("  ").Append(Printable.Text(how)).Append('\n');
    }

    private static string Locked(FoundMessage view) => view switch { { IsLocked: null } => "unknown", { IsLocked: false } => "no", { LockedBy: > 0 } => $"yes, by process {view.LockedBy}", _ => "yes" };

    private static string State(FoundRecipient found) => found.Source switch
    {
        ServedSource.NonRecipients => "done (non-recipients)",
        ServedSource.Journal => "done (journal)",
        ServedSource.Ledger => $"settled: {found.Outcome}",
        _ => "pending",
    };

    private static List<string> ToTexts(this MemoryExtensions.SpanSplitEnumerator<byte> ranges, ReadOnlySpan<byte> bytes)
    {
        var texts = new List<string>();
        foreach (var range in ranges) texts.Add(Printable.Text(Encoding.Latin1.GetString(bytes[range]).Contains('\t') ? Untabbed(bytes[range]) : bytes[range]));
        return texts;
    }

    // Folding is often a tab; escaped it would only be noise.
    private static byte[] Untabbed(ReadOnlySpan<byte> bytes)
    {
        var copy = bytes.ToArray();
        copy.AsSpan().Replace((byte)'\t', (byte)' ');
        return copy;
    }

    private static void Section(StringBuilder text, string heading) => text.Append('\n').Append(Terminal.Paint(heading, Terminal.Bold)).Append('\n');

    private static void Inner(StringBuilder text, string label, string value) => Line(text.Append("  "), label, value);

    private static void Line(StringBuilder text, string label, string value) => text.Append(label.PadRight(LabelWidth)).Append(value).Append('\n');
}
