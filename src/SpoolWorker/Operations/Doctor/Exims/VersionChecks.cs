// Faults of Exim by its version, where its own ChangeLog (doc/doc-txt/ChangeLog) says so and the way of our mail is concerned. Distributions mend
// faults without another version, which nothing here can see: then the finding is to be acknowledged.
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Operations.Doctor.Exims;

/// <summary>Findings about versions.</summary>
internal static class VersionChecks
{
    private sealed record KnownBug(EximVersion MendedIn, Func<LoadedConfiguration, bool> Concerns, string Text);

    private static readonly KnownBug[] Bugs =
    [
        new(new EximVersion(4, 98), c => c.Settings.Target.Wake == WakeMethod.Notify,
            "a notification that arrives close to the time of a scheduled queue run can end all further ones, more likely on a busy host (mended in 4.98: JH/11, Bug 3046)"),
        new(new EximVersion(4, 97), c => c.Settings.Passes.Contains("srs") && c.PassOptions.GetValueOrDefault("srs") is SrsOptions srs && srs.FormatWords.Contains(SrsFormat.Exim.Token()),
            "${srs_encode} of Exim itself gives a bad result on one day in 1024 (mended in 4.97: JH/27); addresses the worker makes are good"),
    ];

    public static IEnumerable<Finding> All(EximScene scene, LoadedConfiguration loaded)
    {
        if ((scene.Command is { } command ? EximVersion.Of(command) : EximVersion.Of(scene.Settings.Target)) is not { } version) yield break;
        foreach (var bug in Bugs.Where(b => version.IsBefore(b.MendedIn) && b.Concerns(loaded))) yield return EximKinds.KnownBug.Warning("Target:Exim", $"Exim {version}: {bug.Text}");
    }
}
