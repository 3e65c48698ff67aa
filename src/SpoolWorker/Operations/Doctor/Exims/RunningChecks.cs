// Do the Exims run that bring mail and take it away, and do they try again what was deferred?
using SpoolWorker.Characters;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Doctor.Exims;

/// <summary>Findings about the processes.</summary>
internal static class RunningChecks
{
    private const string Subject = "Target:Path";

    public static IEnumerable<Finding> All(EximScene scene)
    {
        var delivering = scene.Delivering;
        // Where nobody is woken it may be no Exim at all that takes from there.
        if (delivering.Count > 0 || scene.Settings.Target.Wake != WakeMethod.None) yield return Delivering(scene, delivering);
        if (delivering.Count > 0 && !delivering.Any(p => p.RunsQueue("")))
            yield return EximKinds.NoQueueRunner.Warning(Subject, $"{Shown(delivering[0])}: no queue runner of {scene.Spool} is seen");
        foreach (var finding in Configured(scene)) yield return finding;
        for (var i = 0; i < scene.Settings.Intakes.Count; i++)
        {
            foreach (var spool in SpoolsOf(scene.Settings.Intakes[i]).Where(s => s != scene.Spool && Directory.Exists(s) && !scene.Running.Any(p => p.Spool == s)))
                yield return EximKinds.ReceiverNotRunning.Warning($"Intakes:{i}", $"no Exim of {spool} is seen to run");
        }
    }

    /// <summary>Spool directories of the Exims that fill an intake; of queuefile's it is not known.</summary>
    public static IEnumerable<string> SpoolsOf(IntakeOptions intake) => intake.Kind == IntakeKind.Queuefile || intake.Path.Length == 0 ? []
        : Places.IntakePaths(intake).Select(path => intake.Kind == IntakeKind.NamedQueue ? Places.SpoolOf(Places.SpoolOf(path)) : Places.SpoolOf(path)).Distinct();

    private static Finding Delivering(EximScene scene, IReadOnlyList<EximProcess> delivering)
    {
        if (delivering.Count > 0) return Finding.Ok(Subject, string.Join("; ", delivering.Select(Shown)));
        // Of another container, or hidden: it answers all the same.
        return Places.HasDaemon(scene.Spool) || EximProbe.IsListening(scene.Spool, out _) ? Finding.Ok(Subject, $"an Exim of {scene.Spool} answers; its process cannot be seen")
            : EximKinds.NotRunning.Error(Subject, $"no Exim of {scene.Spool} is seen to run");
    }

    private static IEnumerable<Finding> Configured(EximScene scene)
    {
        var wanted = scene.Settings.Target.EximConfig;
        if (wanted.Length == 0 || scene.Delivering.FirstOrDefault(p => p.IsDaemon) is not { } daemon) yield break;
        var has = daemon.Config.Length > 0 ? daemon.Config : scene.Command is { } command ? FreshnessChecks.FileOf(command) ?? "" : "";
        if (has.Length > 0 && has != Path.GetFullPath(wanted) && !Places.IsSame(has, wanted))
            yield return EximKinds.ConfigurationDiffers.Warning("Target:EximConfig", $"{Shown(daemon)} has {has}, not {wanted}");
    }

    private static string Shown(EximProcess process) => $"process {process.Id}, {SafeText.Of(process.Line)}";
}
