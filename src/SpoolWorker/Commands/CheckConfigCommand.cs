// spoolworker check-config: prints what ConfigurationCheck finds.
using System.CommandLine;
using SpoolWorker.Characters;
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
          0 all is well, or warnings only   78 at least one error
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
                    PrintTable(loaded.Source, findings);
                    break;
            }
            return findings.Any(f => f.Severity == Severity.Error) ? ExitCode.Config : ExitCode.Ok;
        });
        return command.WithExamples(Examples, Notes);
    }

    private static void PrintTable(string source, IReadOnlyList<Finding> findings)
    {
        var table = new AlignedTable("", "", "");
        foreach (var finding in findings.OrderByDescending(f => f.Severity))
        {
            var (word, colour) = finding.Severity switch { Severity.Error => ("ERROR", Terminal.Red), Severity.Warning => ("warning", Terminal.Yellow), _ => ("ok", Terminal.Green) };
            table.Add(new Cell(word, colour), finding.Subject, finding.Text);
            if (finding.Cure.Length > 0) table.Add("", "", $"-> {finding.Cure}");
        }
        Console.Out.Write(table.ToString());
        Console.Out.WriteLine();
        Console.Out.WriteLine($"{source}: {Amount.Of(findings.Count(f => f.Severity == Severity.Error), "error")}, {Amount.Of(findings.Count(f => f.Severity == Severity.Warning), "warning")}");
    }
}
