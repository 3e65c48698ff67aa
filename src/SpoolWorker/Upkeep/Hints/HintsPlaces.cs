// Whose hints are looked after. A target is the input of a spool, an intake that of a second Exim's spool or of a named queue in one: they tell which Exims are at work here. Debian's
// daily job (/etc/cron.daily/exim4-base, by cron or by its timer) tidies the one spool of the exim command's own configuration: that one is left to it, unless it is named.
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Hints;

/// <summary>A spool whose hints are looked after.</summary>
/// <param name="Path">The spool directory.</param>
/// <param name="Tools">The directory of the tools; null: they were not found.</param>
/// <param name="LeftTo">Who else tidies it; null: nobody.</param>
internal sealed record HintsPlace(string Path, string? Tools, string? LeftTo);

/// <summary>Finds spools.</summary>
internal static class HintsPlaces
{
    /// <summary>The tools.</summary>
    public const string TidyTool = "exim_tidydb", DumpTool = "exim_dumpdb";

    private const string DailyJob = "/etc/cron.daily/exim4-base", DailyExim = "/usr/sbin/exim4";

    private static readonly string[] UsualPlaces = ["/usr/sbin", "/usr/exim/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>All of them, each once.</summary>
    public static IReadOnlyList<HintsPlace> Of(HintsOptions options, Settings settings)
    {
        if (options.Spools.Count > 0) return [.. options.Spools.Select(s => new HintsPlace(Places.Full(s.Path), ToolsOf(s.Tools.Length > 0 ? s.Tools : options.Tools, settings.Target), LeftTo: null))];
        var (found, daily) = (new List<string>(), DailySpool());
        foreach (var spool in Found(settings))
        {
            if (!found.Exists(f => f == spool || Places.IsSame(f + "/.", spool + "/."))) found.Add(spool);
        }
        return [.. found.Select(path => new HintsPlace(path, ToolsOf(options.Tools, settings.Target), daily is not null && (daily == path || Places.IsSame(daily + "/.", path + "/.")) ? DailyJob : null))];
    }

    private static IEnumerable<string> Found(Settings settings)
    {
        if (Places.TargetPath(settings.Target) is { Length: > 0 } target) yield return Places.SpoolOf(target);
        foreach (var intake in settings.Intakes.Where(i => i.Path.Length > 0 && i.Kind != IntakeKind.Queuefile))
        {
            foreach (var path in Places.IntakePaths(intake))
            {
                var above = Places.SpoolOf(path);
                // A named queue's is SPOOL/QUEUE/input (spool_in.c).
                yield return intake.Kind == IntakeKind.NamedQueue ? Places.SpoolOf(above) : above;
            }
        }
    }

    private static string? ToolsOf(string named, TargetOptions target)
    {
        if (named.Length > 0) return Places.Full(named);
        var beside = EximVersion.Command(target) is { } command ? Path.GetDirectoryName(Path.GetFullPath(command)) : null;
        return UsualPlaces.Prepend(beside ?? UsualPlaces[0]).FirstOrDefault(place => Posix.CanExecute($"{place}/{TidyTool}"));
    }

    private static string? DailySpool() =>
        Posix.CanExecute(DailyJob) && Posix.CanExecute($"/usr/sbin/{TidyTool}") && Posix.CanExecute(DailyExim) ? EximVersion.Setting(new TargetOptions { Exim = DailyExim }, "spool_directory") : null;
}
