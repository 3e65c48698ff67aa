// Checks what a reader cannot see: paths, names, what fits together. Every fault names its key, the value and the cure; all are
// returned together. What can only be seen on disk of a healthy configuration (versions, daemons, links) is check-config's.
using System.Net;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Spool;

namespace SpoolWorker.Configuration;

/// <summary>Faults of a configuration.</summary>
internal static class SettingsValidator
{
    public static IEnumerable<string> Faults(Settings settings, IReadOnlyList<PassRegistration> knownPasses) =>
        [.. Intakes(settings), .. PlaceOverlaps.Of(settings), .. Target(settings), .. Passes(settings, knownPasses), .. PassHoursReader.Faults(settings, knownPasses), .. Results(settings, knownPasses), .. Folders(settings),
            .. Metrics(settings.Metrics), .. Control(settings.Control)];

    private static IEnumerable<string> Intakes(Settings settings)
    {
        if (settings.Intakes.Count == 0) yield return "Intakes: empty. Name at least one {Path, Kind}";
        for (var i = 0; i < settings.Intakes.Count; i++)
        {
            var intake = settings.Intakes[i];
            if (intake.Path.Length == 0)
            {
                yield return $"Intakes:{i}:Path = '': must be a directory";
                continue;
            }
            var path = Places.IntakePath(intake);
            if (intake.Kind != IntakeKind.Queuefile && path != Places.Full(intake.Path) && !Directory.Exists(path) && Directory.Exists(intake.Path) && HasPairs(intake.Path))
            {
                yield return $"Intakes:{i}:Path = '{intake.Path}': pairs lie in this directory itself, and those of an Exim lie in {path}. Name the spool directory or its input; a directory of your own call input, too";
            }
        }
    }

    private static bool HasPairs(string path)
    {
        try
        {
            using var directory = new SpoolDirectory(path);
            return directory.Messages().Any();
        }
        catch (IOException)
        {
            // Not ours to read: said when it is to be read.
            return false;
        }
    }

    private static IEnumerable<string> Target(Settings settings)
    {
        var target = settings.Target;
        if (target.Path.Length == 0) yield return "Target:Path = '': must be the spool directory of the Exim that delivers, or its input directory";
        else if (Places.TargetFault(target) is { } fault) yield return $"Target:Path = '{target.Path}': {fault}";
        if (!Places.TryMode(target.Mode, out _)) yield return $"Target:Mode = '{target.Mode}': must be an octal mode such as 0640";
        if (target.Owner.Length > 0 && !Places.TryUser(target.Owner, out _)) yield return $"Target:Owner = '{target.Owner}': no such user";
        if (target.Group.Length > 0 && !Places.TryGroup(target.Group, out _)) yield return $"Target:Group = '{target.Group}': no such group";
        if (target.EximVersion.Length > 0 && !EximVersion.TryParse(target.EximVersion, out _)) yield return $"Target:EximVersion = '{target.EximVersion}': must look like 4.96";
        if (target.Exim.Length > 0 && !File.Exists(target.Exim)) yield return $"Target:Exim = '{target.Exim}': no such file";
        if (target.EximConfig.Length > 0 && !File.Exists(target.EximConfig)) yield return $"Target:EximConfig = '{target.EximConfig}': no such file";
    }

    private static IEnumerable<string> Passes(Settings settings, IReadOnlyList<PassRegistration> known)
    {
        var order = new List<PassRegistration>();
        for (var i = 0; i < settings.Passes.Count; i++)
        {
            var name = settings.Passes[i].Name;
            if (settings.Passes.IndexOf(name) < i) yield return $"Passes:{i} = '{name}': named twice";
            if (known.FirstOrDefault(p => p.Name == name) is not { } pass)
            {
                yield return $"Passes:{i} = '{name}': no such pass. Known: {string.Join(", ", known.Select(p => p.Name))}";
                continue;
            }
            if (pass.Traits.HasFlag(PassTraits.BeforeHeaderEdits) && order.Find(p => p.Traits.HasFlag(PassTraits.EditsHeaders)) is { } editor)
                yield return $"Passes:{i} = '{name}': comes behind {editor.Name}, which edits header lines; {name} judges the message as received, so name it before {editor.Name}";
            // A signer may add its line behind another's: only arc-seal covers those of dkim-sign too.
            var ends = pass.Traits.HasFlag(PassTraits.AfterHeaderEdits) ? PassTraits.Last : PassTraits.AfterHeaderEdits;
            if (pass.Traits.HasFlag(PassTraits.EditsHeaders) && order.Find(p => p.Traits.HasFlag(ends)) is { } signer)
                yield return $"Passes:{i} = '{name}': edits header lines behind {signer.Name}, which signs them; name {signer.Name} last";
            order.Add(pass);
        }
    }

    private static IEnumerable<string> Results(Settings settings, IReadOnlyList<PassRegistration> known) =>
        ResultVariables.Faults(settings.Results.Write, [.. known.Where(p => settings.Passes.Contains(p.Name)).SelectMany(p => p.Results).Select(r => r.Name).Distinct()]);

    private static IEnumerable<string> Folders(Settings settings)
    {
        var engine = settings.Engine;
        if (engine.RetryMost < engine.RetryFirst) yield return $"Engine:RetryMost = '{Duration.Text(engine.RetryMost)}': must not be below Engine:RetryFirst ({Duration.Text(engine.RetryFirst)})";
        if (settings.Ledger.Path.Length == 0) yield return "Ledger:Path = '': must be a directory";
        if (settings.Ledger.Group.Length > 0 && !Places.TryGroup(settings.Ledger.Group, out _)) yield return $"Ledger:Group = '{settings.Ledger.Group}': no such group";
        if (settings.Held.Group.Length > 0 && !Places.TryGroup(settings.Held.Group, out _)) yield return $"Held:Group = '{settings.Held.Group}': no such group";
        if (settings.Held.Path.Length == 0) yield return "Held:Path = '': must be a directory";
        if (settings.Corrupt.Path.Length == 0) yield return "Corrupt:Path = '': must be a directory";
    }

    private static IEnumerable<string> Metrics(MetricsOptions metrics)
    {
        if (metrics.TextFile is not { Length: > 0 } file) yield break;
        if (!file.EndsWith(".prom", StringComparison.Ordinal)) yield return $"Metrics:TextFile = '{file}': node_exporter reads only names that end in .prom; call it so";
        if (!Directory.Exists(Path.GetDirectoryName(Places.Full(file)))) yield return $"Metrics:TextFile = '{file}': its directory is not there; make it, or name the one of node_exporter's --collector.textfile.directory";
    }

    private static IEnumerable<string> Control(ControlOptions control)
    {
        foreach (var (key, names) in new[] { ("Operators", control.Operators), ("Readers", control.Readers) })
        {
            for (var i = 0; i < names.Count; i++)
            {
                if (PeerNames.FaultOf(names[i]) is { } fault) yield return $"Control:{key}:{i} = '{names[i]}': {fault}";
            }
        }
        if (control is { Console: { Length: > 0 } console } && !Places.TryUser(console, out _)) yield return $"Control:Console = '{console}': no such user";
        if (control.Listen.Length > 0 && (!IPEndPoint.TryParse(control.Listen, out var listen) || listen.Port == 0)) yield return $"Control:Listen = '{control.Listen}': must be an address and a port, as in 127.0.0.1:9464 or [::1]:9464";
    }
}
