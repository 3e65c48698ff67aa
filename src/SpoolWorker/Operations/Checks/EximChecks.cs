// Does the target's Exim fit: version and ids, layout, a daemon to wake; and does nobody deliver from an intake past us.
using SpoolWorker.Characters;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Checks;

/// <summary>Findings about Exims.</summary>
internal static class EximChecks
{
    public static IEnumerable<Finding> Target(Settings settings)
    {
        var target = settings.Target;
        var path = Places.TargetPath(target);
        var spool = Places.SpoolOf(path);
        var command = EximVersion.Command(target);
        var version = EximVersion.Of(target);
        if (version is null)
            yield return TargetKinds.VersionUnknown.Warning("Target:EximVersion", "the target's Exim cannot be asked for its version: message ids of 23 characters are renewed to 16", "set Target:Exim to its command, or Target:EximVersion");
        else
            yield return Finding.Ok("Target:EximVersion", $"Exim {version}{(command is null ? "" : $" ({command})")}: sees message ids of {(version.Value.SeesLongIds ? "16 and 23" : "16")} characters");

        if (target.MessageId == MessageIdPolicy.Keep && version is not { SeesLongIds: true })
            yield return TargetKinds.IdUnseen.Warning("Target:MessageId", $"keep, but {(version is null ? "an Exim of unknown version" : $"Exim {version}")} may not see message ids of 23 characters: those are renewed all the same", "set Target:EximVersion if it is 4.97 or later");

        if (EximVersion.Setting(target, "spool_directory") is { } configured && !Places.IsTargetOf(target))
        {
            if (target.EximConfig.Length > 0) yield return TargetKinds.SpoolDiffers.Error("Target:EximConfig", $"its spool_directory is {configured}, Target:Path is in {spool}", "correct one of them");
            else yield return TargetKinds.SpoolDiffers.Warning("Target:EximConfig", $"the exim command's own spool_directory is {configured}, Target:Path is in {spool}", "set Target:EximConfig to the configuration of the Exim that delivers from Target:Path");
        }
        else
        {
            foreach (var finding in Layout(target, path)) yield return finding;
        }
        foreach (var finding in Wake(target, spool, command)) yield return finding;
    }

    private static IEnumerable<Finding> Layout(TargetOptions target, string path)
    {
        if (!Directory.Exists(path)) yield break;
        SpoolLayout found;
        try
        {
            found = SpoolDirectory.DetectLayout(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break;
        }
        var ours = target.Layout switch { TargetLayout.Flat => SpoolLayout.Flat, TargetLayout.Split => SpoolLayout.Split, _ => found };
        var answer = EximProbe.Ask(target, "-bP", "split_spool_directory")?.Trim();
        if (answer is not ("split_spool_directory" or "no_split_spool_directory"))
        {
            yield return Finding.Ok("Target:Layout", $"{Word(ours)}; Exim cannot be asked");
            yield break;
        }
        var exims = answer[0] == 'n' ? SpoolLayout.Flat : SpoolLayout.Split;
        if (ours == exims) yield return Finding.Ok("Target:Layout", $"{Word(exims)}, as Exim has it");
        else if (exims == SpoolLayout.Split) yield return Finding.Ok("Target:Layout", "flat; Exim splits, and finds both");
        else yield return TargetKinds.Layout.Error("Target:Layout", "split, but this Exim has no split_spool_directory and would not look into the subdirectories", "set Target:Layout to flat");
    }

    private static string Word(SpoolLayout layout) => layout == SpoolLayout.Split ? "split" : "flat";

    private static IEnumerable<Finding> Wake(TargetOptions target, string spool, string? command)
    {
        switch (target.Wake)
        {
            case WakeMethod.None:
                yield return Finding.Ok("Target:Wake", "none: Exim's queue runner finds the messages");
                break;
            case WakeMethod.Exec when command is null:
                yield return TargetKinds.CommandMissing.Error("Target:Wake", "exec, and there is no exim command", "set Target:Exim");
                break;
            case WakeMethod.Exec:
                yield return Posix.CanExecute(command) ? Finding.Ok("Target:Wake", $"exec: {command} -Mc") : TargetKinds.CommandMissing.Error("Target:Wake", $"{command} cannot be executed", "set Target:Exim to the exim command");
                break;
            default:
                if (EximProbe.IsListening(spool, out var size))
                    yield return Finding.Ok("Target:Wake", $"notify: a daemon listens at @{spool}/exim_daemon_notify{(size >= 0 ? $", {Amount.Of(size, "message")} in its queue" : "")}");
                else
                    yield return TargetKinds.NotListening.Warning("Target:Wake", $"notify, and no daemon listens at @{spool}/exim_daemon_notify: {(command is null ? "messages wait for Exim's queue runner" : $"{command} -Mc is run instead")}",
                        "start the target's Exim with -bd -q30m; a daemon started with -oX but without -oP makes no socket");
                break;
        }
    }

    /// <summary>Whether an Exim delivers from an intake, past the worker.</summary>
    public static IEnumerable<Finding> Rivals(Settings settings)
    {
        var running = EximProcesses.Of(settings.Target);
        for (var i = 0; i < settings.Intakes.Count; i++)
        {
            if (settings.Intakes[i].Kind == IntakeKind.Queuefile || settings.Intakes[i].Path.Length == 0) continue;
            foreach (var path in Places.IntakePaths(settings.Intakes[i]))
            {
                // <spool>/input, or <spool>/<queue>/input
                var spool = Places.SpoolOf(path);
                var queue = "";
                if (settings.Intakes[i].Kind == IntakeKind.NamedQueue)
                {
                    queue = Path.GetFileName(spool);
                    spool = Places.SpoolOf(spool);
                }
                foreach (var line in running.Where(p => p.Spool == spool && p.RunsQueue(queue)).Select(p => p.Line).Take(1))
                {
                    yield return TargetKinds.Rival.Error($"Intakes:{i}", $"an Exim runs the queue of {path} and delivers past the worker: {SafeText.Of(line)}",
                        queue.Length > 0 ? $"run no queue runner for the queue '{queue}'" : "start the receiving Exim without -q");
                }
            }
        }
    }
}
