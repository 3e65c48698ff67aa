// The outcome of dcc check for people.
using System.Globalization;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes;

namespace SpoolWorker.Commands.Dcc;

/// <summary>Prints a <see cref="DccCheckView"/>.</summary>
internal static class DccCheckText
{
    private const int LabelWidth = 10;

    public static string Of(DccCheckView view, bool verbose)
    {
        var text = new StringBuilder();
        if (verbose)
        {
            foreach (var line in view.Lines()) text.Append("> ").Append(Shown(line.Span)).Append('\n');
            text.Append(CultureInfo.InvariantCulture, $"> ({Amount.Of(view.Request.Body.Length, "byte")} of body)\n");
            foreach (var line in Encoding.Latin1.GetString(view.Reply.Raw.Span).TrimEnd('\n').Split('\n')) text.Append("< ").Append(Shown(Encoding.Latin1.GetBytes(line))).Append('\n');
            text.Append('\n');
        }
        if (view.Plan.Unavailable is { } unavailable) Line(text, "worker", Terminal.Paint($"would not ask: {unavailable}", Terminal.Yellow));
        else if (view.Plan.Skipped is { } skipped) Line(text, "worker", Terminal.Paint($"would not ask: {skipped}", Terminal.Yellow));
        if (view.Finding is not { } finding)
        {
            Line(text, "answer", Terminal.Paint($"none: {Printable.Text(view.Reply.Reason)}", Terminal.Red));
            Line(text, "policy", view.OnUnavailable == OnUnavailable.Defer ? "defer (OnUnavailable)" : "go on without DCC (OnUnavailable)");
            return text.ToString();
        }
        Line(text, "daemon", string.Create(CultureInfo.InvariantCulture, $"{Printable.Text(finding.Address)}, {view.Milliseconds:0.0} ms"));
        Line(text, "answer", $"{finding.Overall.ToLetter()} {DccPolicy.Letters(finding.Letters)}");
        Line(text, "header", finding.Header is { } header ? Printable.Text(Encoding.Latin1.GetBytes(DccText.Unfolded(header))) : "none");
        if (!view.Acts) Line(text, "policy", "none: Mode is report-only");
        foreach (var edit in view.Edits) Line(text, edit is HeaderEdit.Delete ? "remove" : "add", Edit(edit));
        foreach (var note in view.Plan.Notes) Line(text, "note", Terminal.Paint(Printable.Text(note), Terminal.Yellow));
        text.Append('\n');
        var table = new AlignedTable("recipient", "letter", "policy", "reason");
        foreach (var verdict in view.Verdicts)
        {
            var colour = verdict.Letter switch { DccLetter.Accept => Terminal.Green, DccLetter.Reject => Terminal.Red, _ => Terminal.Yellow };
            table.Add(Printable.Text(verdict.Recipient.Address.Span), new Cell(verdict.Letter.ToLetter().ToString(), colour), DccCheckView.Word(view.Acts ? verdict.Action : DccAction.Accept), DccPolicy.Reason(verdict.Letter));
        }
        return text.Append(table).ToString();
    }

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
