// The outcome of dcc check for people.
using System.Globalization;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Dcc;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;

namespace SpoolWorker.Commands.Dcc;

/// <summary>Prints a <see cref="DccInquiry"/>.</summary>
internal static class DccCheckText
{
    private const int LabelWidth = 10;

    public static string Of(DccInquiry inquiry, bool verbose)
    {
        var text = new StringBuilder();
        if (verbose)
        {
            foreach (var line in inquiry.RequestLines()) text.Append("> ").Append(Shown(line.Span)).Append('\n');
            text.Append(CultureInfo.InvariantCulture, $"> ({Amount.Of(inquiry.Request.Body.Length, "byte")} of body)\n");
            foreach (var line in inquiry.ReplyLines()) text.Append("< ").Append(Shown(line)).Append('\n');
            text.Append('\n');
        }
        if (inquiry.WouldNotAsk is { } reason) Line(text, "worker", Terminal.Paint($"would not ask: {reason}", Terminal.Yellow));
        if (inquiry is not { Finding: { } finding, Judgement: { } judgement })
        {
            Line(text, "answer", Terminal.Paint($"none: {Printable.Text(inquiry.Reply.Reason)}", Terminal.Red));
            Line(text, "policy", inquiry.OnUnavailable == OnUnavailable.Defer ? "defer (OnUnavailable)" : "go on without DCC (OnUnavailable)");
            return text.ToString();
        }
        Line(text, "daemon", string.Create(CultureInfo.InvariantCulture, $"{Printable.Text(finding.Address)}, {inquiry.Duration.TotalMilliseconds:0.0} ms"));
        Line(text, "answer", $"{finding.Overall.ToLetter()} {DccPolicy.Letters(finding.Letters)}");
        Line(text, "header", finding.Header is { } header ? Printable.Text(Encoding.Latin1.GetBytes(DccText.Unfolded(header))) : "none");
        if (!inquiry.Acts) Line(text, "policy", "none: Mode is report-only");
        foreach (var edit in judgement.Result.Headers) Line(text, edit is HeaderEdit.Delete ? "remove" : "add", Edit(edit));
        foreach (var note in inquiry.Plan.Notes) Line(text, "note", Terminal.Paint(Printable.Text(note), Terminal.Yellow));
        text.Append('\n');
        var table = new AlignedTable("recipient", "letter", "policy", "reason");
        foreach (var verdict in judgement.Verdicts)
        {
            var colour = verdict.Letter switch { DccLetter.Accept => Terminal.Green, DccLetter.Reject => Terminal.Red, _ => Terminal.Yellow };
            table.Add(Printable.Text(verdict.Recipient.Address.Span), new Cell(verdict.Letter.ToLetter().ToString(), colour), Word(inquiry.Acts ? verdict.Action : DccAction.Accept), DccPolicy.Reason(verdict.Letter));
        }
        return text.Append(table).ToString();
    }

    // Of a setting: as-reject, report-only.
    private static string Word(DccAction action) => SettingsReader.Dashed(action.ToString());

    private static string Edit(HeaderEdit edit)
    {
        var line = edit switch { HeaderEdit.Delete delete => delete.Line, HeaderEdit.AddAtEnd add => add.Line, HeaderEdit.AddOnTop add => add.Line, _ => throw new ArgumentOutOfRangeException(nameof(edit), edit, "not a header edit") };
        return Printable.Text(Encoding.Latin1.GetBytes(DccText.Unfolded(line)));
    }

    // Folding is a tab; escaped it would only be noise.
    private static string Shown(ReadOnlySpan<byte> line)
    {
        var copy = line.ToArray();
        copy.AsSpan().Replace((byte)'\t', (byte)' ');
        return Printable.Text(copy);
    }

    private static void Line(StringBuilder text, string label, string value) => text.Append(label.PadRight(LabelWidth)).Append(value).Append('\n');
}
