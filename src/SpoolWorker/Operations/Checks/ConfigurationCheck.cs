// All faults of the configuration, then what disks, Exims and ledger say to it, each with its cure. Changes nothing. A check that
// cannot be made says so or is silent; it never stops the others.
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Views.Checks;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Checks;

/// <summary>Checks a configuration against the world.</summary>
internal static class ConfigurationCheck
{
    // Each check with the settings it looks at: where one of them has a fault, its default stands in its place, and what is found about that is not true.
    private static readonly (Func<Settings, IEnumerable<Finding>> Check, string[] LooksAt)[] Checks =
    [
        (DirectoryChecks.Intakes, ["Intakes:"]), (DirectoryChecks.Target, ["Target:Path", "Target:Owner", "Target:Group", "Target:Mode"]), (DirectoryChecks.Folders, ["Held:Path", "Corrupt:Path", "Ledger:Path"]),
        (DirectoryChecks.Room, ["Target:Path", "Ledger:Path"]), (EximChecks.Target, ["Target:"]), (EximChecks.Rivals, ["Intakes:"]), (SourceChecks.All, ["Intakes:", "Target:"]), (LedgerChecks.All, ["Ledger:"]),
        (ControlChecks.All, ["Control:", "Metrics:"]),
    ];

    /// <summary>All there is to say of a configuration, with whatever faults it has.</summary>
    public static IReadOnlyList<Finding> Of(LoadedConfiguration loaded)
    {
        var faults = loaded.Faults.Select(f => Fault(f, loaded.IsRead)).ToList();
        // Of a file that cannot be read nothing is known, and what is said of the defaults in its place would be false.
        return loaded.IsRead ? [.. faults, .. Findings(loaded.Settings, [.. faults.Select(f => f.Subject)]), .. PassChecks.Arc(loaded)] : faults;
    }

    public static CheckView View(LoadedConfiguration loaded, IReadOnlyList<Finding> findings) => new()
    {
        Configuration = loaded.Source,
        Findings =
        [
            .. findings.Select(f => new FindingView { Severity = SettingsReader.Dashed(f.Severity.ToString()), Subject = f.Subject, Text = f.Text, Cure = f.Cure.Length > 0 ? f.Cure : null }),
        ],
    };

    // "Section:Key = 'value': what is wrong. What to do"; faults of the file itself begin with its name.
    private static Finding Fault(string fault, bool isRead)
    {
        if (!isRead) return Finding.Error("configuration", fault, "nothing else was looked at; correct this, then check again");
        if (fault.StartsWith("no configuration file", StringComparison.Ordinal)) return Finding.Error("configuration", fault, "name the file the worker is started with");
        var key = fault.Split([' ', '='], 2)[0].TrimEnd(':');
        return Finding.Error(key, fault, fault.Contains(": no such key", StringComparison.Ordinal) ? "correct its name, or take it out" : "");
    }

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
}
