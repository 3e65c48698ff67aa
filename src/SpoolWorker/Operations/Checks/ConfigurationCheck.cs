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
    public static IReadOnlyList<Finding> Of(LoadedConfiguration loaded) => [.. Parts(loaded).SelectMany(p => p.Look())];

    /// <summary>The same one by one, each under the name of what it looks at.</summary>
    public static IEnumerable<(string Name, Func<IReadOnlyList<Finding>> Look)> Parts(LoadedConfiguration loaded)
    {
        var faults = loaded.Faults.Select(f => Fault(f, loaded.IsRead)).ToList();
        yield return ("configuration", () => faults);
        // Of a file that cannot be read nothing is known, and what is said of the defaults in its place would be false.
        if (!loaded.IsRead) yield break;
        foreach (var (check, _) in Checks.Where(c => !c.LooksAt.Any(key => faults.Any(f => f.Subject.StartsWith(key, StringComparison.OrdinalIgnoreCase)))))
            yield return ($"{check.Method.DeclaringType!.Name.Replace("Checks", "", StringComparison.Ordinal)} {check.Method.Name}".ToLowerInvariant(), () => Guarded(check, loaded.Settings));
        yield return ("passes", () => [.. PassChecks.Arc(loaded)]);
    }

    public static FindingView View(Finding finding) => new()
    {
        Name = finding.Kind?.Name,
        Severity = SettingsReader.Dashed(finding.Severity.ToString()),
        Subject = finding.Subject,
        Text = finding.Text,
        Cure = finding.Cure.Length > 0 ? finding.Cure : null,
        Fixed = finding.Fixed,
        NotFixed = finding.NotFixed,
    };

    public static CheckView View(LoadedConfiguration loaded, IReadOnlyList<Finding> findings) => new()
    {
        Configuration = loaded.Source,
        Findings = [.. findings.Select(View)],
    };

    // "Section:Key = 'value': what is wrong. What to do"; faults of the file itself begin with its name.
    private static Finding Fault(string fault, bool isRead)
    {
        if (!isRead) return ConfigurationKinds.Fault.Error("configuration", fault, "nothing else was looked at; correct this, then check again");
        if (fault.StartsWith("no configuration file", StringComparison.Ordinal)) return ConfigurationKinds.Fault.Error("configuration", fault, "name the file the worker is started with");
        var key = fault.Split([' ', '='], 2)[0].TrimEnd(':');
        return ConfigurationKinds.Fault.Error(key, fault, fault.Contains(": no such key", StringComparison.Ordinal) ? "correct its name, or take it out" : "");
    }

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
            findings.Add(ConfigurationKinds.Incomplete.Unknown(check.Method.DeclaringType!.Name.Replace("Checks", "", StringComparison.Ordinal), $"cannot be checked further: {e.Message}", "correct what is named above, then check again"));
        }
        return findings;
    }
}
