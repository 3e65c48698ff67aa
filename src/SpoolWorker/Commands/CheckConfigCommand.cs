// spoolworker check-config: prints what ConfigurationCheck finds.
using System.CommandLine;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Diagnosing;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Json;

namespace SpoolWorker.Commands;

/// <summary>Checks a configuration against the world.</summary>
internal static class CheckConfigCommand
{
    private const string Examples = """
        spoolworker check-config
        spoolworker check-config --config appsettings.json --json
        """;

    private const string Notes = """
        Run it as the user the worker runs as: what may be written is asked for that user.

        EXIT CODES:
          0 all is well, warnings, or what could not be looked at   78 at least one error
        """;

    public static Command Create(CommonOptions common)
    {
        var form = new OutputFormOptions("finding");
        var command = new Command("check-config", "Check the configuration, the directories, the ledger and the Exims around them");
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            var loaded = common.Read(parsed);
            var findings = ConfigurationCheck.Of(loaded);
            switch (form.Of(parsed))
            {
                case OutputForm.Json:
                    ViewOutput.Print(ConfigurationCheck.View(loaded, findings), ViewJson.Default.CheckView);
                    break;
                case OutputForm.JsonLines:
                    ViewOutput.PrintRows(ConfigurationCheck.View(loaded, findings).Findings, ViewJson.Default.FindingView, OutputForm.JsonLines);
                    break;
                default:
                    Console.Out.Write(Table(loaded.Source, findings));
                    break;
            }
            return findings.Any(f => f.Severity == Severity.Error) ? ExitCode.Config : ExitCode.Ok;
        });
        return command.WithExamples(Examples, Notes);
    }

    /// <summary>The findings for people, the worst first.</summary>
    public static string Table(string source, IReadOnlyList<Finding> findings)
    {
        var table = new AlignedTable("", "", "");
        foreach (var finding in findings.OrderByDescending(f => f.Severity))
        {
            var (word, colour) = ReportText.Word(finding.Severity);
            table.Add(new Cell(word, colour), finding.Subject, finding.Text);
            if (finding.Cure.Length > 0) table.Add("", "", $"-> {finding.Cure}");
        }
        int Count(Severity severity) => findings.Count(f => f.Severity == severity);
        return $"{table}\n{source}: {Amount.Of(Count(Severity.Error), "error")}, {Amount.Of(Count(Severity.Warning), "warning")}{(Count(Severity.Unknown) is > 0 and var unknown ? $", {unknown} unknown" : "")}\n";
    }
}
