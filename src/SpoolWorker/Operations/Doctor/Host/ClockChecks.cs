// The clock, against what keeps it and against the times of files that are written again and again.
using SpoolWorker.Characters;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>Findings about the clock.</summary>
internal static class ClockChecks
{
    private const string Subject = "clock";

    // File servers are a second or two off.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    public static IEnumerable<Finding> All(Settings settings, TimeProvider clock)
    {
        if (KernelClock.IsSynchronized is { } kept) yield return kept ? Finding.Ok(Subject, "synchronized") : HostKinds.ClockUnsynchronized.Warning(Subject, "the kernel says that nothing keeps the clock");
        var now = clock.GetUtcNow();
        foreach (var path in Paths(settings))
        {
            if (Posix.TryStatus(path, out var status) != 0 || status.Modified <= now + Slack) continue;
            yield return HostKinds.ClockBehind.Warning(Subject, $"{path} was changed {Amount.Age((long)(status.Modified - now).TotalSeconds)} from now");
            yield break;
        }
    }

    private static IEnumerable<string> Paths(Settings settings) =>
        new[] { settings.Ledger.Path, settings.Held.Path, settings.Corrupt.Path }.Where(p => p.Length > 0).Select(Places.Full).Append($"{Places.Full(settings.Ledger.Path)}/ledger.mdb")
            .Append(Places.TargetPath(settings.Target)).Concat(settings.Intakes.Where(i => i.Path.Length > 0).SelectMany(i => Places.IntakePaths(i))).Where(p => p.Length > 0);
}
