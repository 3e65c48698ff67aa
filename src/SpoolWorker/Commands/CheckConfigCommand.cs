// spoolworker check-config: all faults of the configuration, then what disks, Exims and ledger say to it, each with its
// cure. Changes nothing. A check that cannot be made says so or is silent; it never stops the others.
using System.CommandLine;
using SpoolWorker.Commands.Checks;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Options;

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
        var json = CommonOptions.Json();
        var command = new Command("check-config", "Check the configuration, the directories, the ledger and the Exims around them") { json };
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            var loaded = common.Read(parsed);
            var faults = loaded.Faults.Select(f => Fault(f, loaded.IsRead)).ToList();
            // Of a file that cannot be read nothing is known, and what is said of the defaults in its place would be false.
            var findings = loaded.IsRead ? [.. faults, .. Findings(loaded.Settings, [.. faults.Select(f => f.Subject)]), .. PassChecks.Arc(loaded)] : faults;
            if (parsed.GetValue(json)) PrintJson(loaded.Source, findings);
            else PrintTable(loaded.Source, findings);
            return findings.Any(f => f.Severity == Severity.Error) ? ExitCode.Config : ExitCode.Ok;
        });
        return command.WithExamples(Examples, Notes);
    }

    // "Section:Key = 'value': what is wrong. What to do"; faults of the file itself begin with its name.
    private static Finding Fault(string fault, bool isRead)
    {
        if (!isRead) return Finding.Error("configuration", fault, "nothing else was looked at; correct this, then check again");
        if (fault.StartsWith("no configuration file", StringComparison.Ordinal)) return Finding.Error("configuration", fault, "name the file the worker is started with");
        var key = fault.Split([' ', '='], 2)[0].TrimEnd(':');
        return Finding.Error(key, fault, fault.Contains(": no such key", StringComparison.Ordinal) ? "correct its name, or take it out" : "");
    }

    // Each check with the settings it looks at: where one of them has a fault, its default stands in its place, and what is found about that is not true.
    private static readonly (Func<Settings, IEnumerable<Finding>> Check, string[] LooksAt)[] Checks =
    [
        (DirectoryChecks.Intakes, ["Intakes:"]), (DirectoryChecks.Target, ["Target:Path", "Target:Owner", "Target:Group", "Target:Mode"]), (DirectoryChecks.Folders, ["Held:Path", "Corrupt:Path", "Ledger:Path"]),
        (DirectoryChecks.Room, ["Target:Path", "Ledger:Path"]), (EximChecks.Target, ["Target:"]), (EximChecks.Rivals, ["Intakes:"]), (SourceChecks.All, ["Intakes:", "Target:"]), (LedgerChecks.All, ["Ledger:"]),
    ];

    private static IEnumerable<Finding> Findings(Settings settings, IReadOnlyList<string> faulty) =>
        Checks.Where(c => !c.LooksAt.Any(key => faulty.Any(f => f.StartsWith(key, StringComparison.OrdinalIgnoreCase)))).SelectMany(c => Guarded(c.Check, settings));

    // With faults in the configuration a check may meet anything: an empty path, a name of nobody.
    private static List<Finding> Guarded(Func<Settings, IEnumerable<Finding>> check, Settings settings)
    {
        var findings = new List<Finding>();
        try
        {
            foreach (var finding in check(settings)) findings.Add(finding);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            findings.Add(Finding.Warning(check.Method.DeclaringType!.Name.Replace("Checks", "", StringComparison.Ordinal), $"cannot be checked further: {e.Message}", "correct what is named above, then check again"));
        }
        return findings;
    }

    private static void PrintTable(string source, List<Finding> findings)
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

    private static void PrintJson(string source, List<Finding> findings) => Json.Print(json =>
    {
        json.WriteStartObject();
        json.WriteString("configuration", source);
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("severity", SettingsReader.Dashed(finding.Severity.ToString()));
            json.WriteString("subject", finding.Subject);
            json.WriteString("text", finding.Text);
            if (finding.Cure.Length > 0) json.WriteString("cure", finding.Cure);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    });
}
