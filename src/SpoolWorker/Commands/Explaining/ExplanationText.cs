// A bounce explained to people: one sentence a recipient, then what it rests on.
using System.Text;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Explaining;
using SpoolWorker.Passes.BounceReading.Reports;

namespace SpoolWorker.Commands.Explaining;

/// <summary>Prints a report.</summary>
internal static class ExplanationText
{
    private const int LabelWidth = 14;

    public static string Of(BounceReport report, SrsReading srs)
    {
        var text = new StringBuilder();
        Line(text, "reported by", report.ReportingMta.Length > 0 ? report.ReportingMta : "not told");
        Line(text, "form", report.Form.Token());
        Line(text, "returned to", WithSrs(report.ReturnedTo, srs));
        Line(text, "failed mail", string.Join(", ", new[] { report.FailedMessageId, report.FailedSubject.Length > 0 ? $"\"{report.FailedSubject}\"" : "", report.FailedEximId.Length > 0 ? $"Exim id {report.FailedEximId}" : "" }.Where(p => p.Length > 0)));
        Line(text, "envelope id", report.EnvelopeId);
        Line(text, "arrived", report.ArrivalDate);
        foreach (var recipient in report.Recipients)
        {
            text.Append('\n').Append(Terminal.Paint(Printable.Text(Latin1(recipient.Address)), Terminal.Bold)).Append("  ").Append(Terminal.Paint(Verdict(recipient), Colour(recipient))).Append('\n');
            if (srs.Read(recipient.Address) is { } found) Line(text, "  srs", $"{found.Address} ({found.Note})");
            Line(text, "  original", WithSrs(recipient.Original, srs));
            if (recipient.Status is { } status) Line(text, "  status", recipient.Written is { } written && written != status ? $"{status} (written: {written})" : status.ToString());
            Line(text, "  said by", string.Join(' ', new[] { recipient.RemoteMta, recipient.RemoteAddress }.Where(p => p.Length > 0)));
            Line(text, "  answer", recipient.Reason);
            Line(text, "  greeting", recipient.Greeting);
            Line(text, "  ehlo", recipient.HeloResponse);
            if (recipient.EximDiagnostic != recipient.Reason) Line(text, "  exim", recipient.EximDiagnostic);
            Line(text, "  last tried", recipient.LastAttempt);
            Line(text, "  tried until", recipient.RetryUntil);
        }
        return text.ToString();
    }

    /// <summary>The sentence: what became of it, and why.</summary>
    public static string Verdict(BouncedRecipient recipient)
    {
        var what = recipient.Action switch
        {
            "failed" => "failed for good",
            "delayed" => "is delayed and still being tried",
            "delivered" => "was delivered",
            "relayed" => "was passed on to a host that reports nothing",
            "expanded" => "was passed on to the members of a list",
            _ => "is named, but not what became of it",
        };
        return recipient.Status is { Class: not 2 } ? $"{what}: {recipient.Meaning}" : what;
    }

    private static string WithSrs(string address, SrsReading srs) => srs.Read(address) is { } found ? $"{address}, which is {found.Address} ({found.Note})" : address;

    private static string Colour(BouncedRecipient recipient) => recipient.IsPermanent switch { true => Terminal.Red, false => Terminal.Yellow, null => Terminal.Green };

    // What a host answered may be long: wrapped and indented.
    private static void Line(StringBuilder text, string label, string value)
    {
        if (value.Length == 0) return;
        var first = true;
        foreach (var line in AlignedTable.Wrap(Printable.Text(Latin1(value)), Math.Max(40, Terminal.Width - LabelWidth)))
        {
            text.Append((first ? label : "").PadRight(LabelWidth)).Append(line).Append('\n');
            first = false;
        }
    }

    // Bytes of the report stand as characters of Latin-1.
    internal static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
}
