// What a doctor found, for people: a first line that a monitoring system shows, then a paragraph a finding, the worst first. Fits 80 columns.
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor;
using SpoolWorker.Operations.Views.Checks;

namespace SpoolWorker.Commands.Diagnosing;

/// <summary>Writes reports.</summary>
internal static class ReportText
{
    private const int Columns = 80;
    private const string More = ", ...";

    /// <param name="report">What was found.</param>
    /// <param name="source">The configuration.</param>
    /// <param name="all">What is well, too.</param>
    public static string Of(DoctorReport report, string source, bool all)
    {
        var text = new StringBuilder(First(report)).Append('\n');
        var table = new AlignedTable("", "") { Width = Terminal.IsTerminal ? Math.Min(Terminal.Width, 2 * Columns) : Columns };
        foreach (var (finding, acknowledged) in report.Findings.Where(f => all || f.Finding.Kind is not null)) Add(table, finding, acknowledged);
        if (table.Rows > 0) text.Append('\n').Append(table).Append('\n');
        var well = report.Findings.Count(f => f.Finding.Kind is null);
        table = new AlignedTable("") { Width = Columns };
        table.Add($"{(source.Length > 0 ? source : "no configuration file")}: {Amount.Of(well, "look")} found nothing wrong{(all || well == 0 ? "" : " (--all shows them)")}");
        return text.Append(table).ToString();
    }

    private static string First(DoctorReport report)
    {
        var (errors, warnings, unknown) = (report.Count(Severity.Error), report.Count(Severity.Warning), report.Count(Severity.Unknown));
        var (mended, known) = (report.Findings.Count(f => f.Finding.Fixed is not null), report.Findings.Count(f => f.Acknowledged is not null));
        var counts = new List<string>();
        if (errors > 0) counts.Add(Amount.Of(errors, "error"));
        if (warnings > 0) counts.Add(Amount.Of(warnings, "warning"));
        if (unknown > 0) counts.Add($"{unknown} unknown");
        if (mended > 0) counts.Add($"{mended} mended");
        if (known > 0) counts.Add($"{known} acknowledged");
        var line = $"{report.Level.ToString().ToUpperInvariant()} - {(counts.Count == 0 ? "nothing is wrong" : string.Join(", ", counts))}";
        var (separator, left) = (": ", report.Counting.Select(f => f.Kind!.Name).Distinct().ToList());
        // As many names as the line takes.
        while (left.Count > 0)
        {
            if (line.Length + separator.Length + left[0].Length + (left.Count > 1 ? More.Length : 0) > Columns) return line + More;
            line += separator + left[0];
            separator = ", ";
            left.RemoveAt(0);
        }
        return line;
    }

    /// <summary>The word of a severity, with its colour.</summary>
    public static (string Word, string Colour) Word(Severity severity) => severity switch
    {
        Severity.Error => ("ERROR", Terminal.Red),
        Severity.Warning => ("warning", Terminal.Yellow),
        Severity.Unknown => ("unknown", Terminal.Yellow),
        _ => ("ok", Terminal.Green),
    };

    private static void Add(AlignedTable table, Finding finding, AcknowledgementView? acknowledged)
    {
        var (word, colour) = acknowledged is not null ? ("known", Terminal.Dim) : finding.Fixed is not null ? ("mended", Terminal.Green) : Word(finding.Severity);
        if (finding.Kind is { } kind)
        {
            table.Add(new Cell(word, colour), new Cell(kind.Name, acknowledged is null ? Terminal.Bold : Terminal.Dim));
            table.Add("", $"{finding.Subject}: {SafeText.Of(finding.Text)}");
        }
        else
        {
            table.Add(new Cell(word, colour), $"{finding.Subject}: {SafeText.Of(finding.Text)}");
        }
        if (finding.Fixed is { } done) table.Add("", $"=> {SafeText.Of(done)}");
        else if (acknowledged is null && finding.Cure.Length > 0) table.Add("", $"-> {finding.Cure.Replace("`", "", StringComparison.Ordinal)}");
        if (finding.NotFixed is { } why) table.Add("", $"=> not mended: {SafeText.Of(why)}");
        else if (finding is { Repair: not null, Fixed: null } && acknowledged is null) table.Add("", "-> --fix does it");
        if (acknowledged is { } by) table.Add("", $"acknowledged by {SafeText.Of(by.Actor)} until {by.Until[..10]}: {SafeText.Of(by.Note)}");
    }
}
