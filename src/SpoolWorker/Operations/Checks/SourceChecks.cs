// Does queuefile hand over from the very spool the worker requeues into? Then that Exim's queue runner hands the requeued
// message over again under its old id, and what looks like a repetition is removed: mail is lost. Seen in two ways: an Exim
// of that spool has a queuefile transport into the intake, or a -D in the intake is a link to one in the target. An error
// that keeps the worker from starting; where it can be seen only later the pairs are held.
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Checks;

/// <summary>Findings about the spool that queuefile hands over from.</summary>
internal static class SourceChecks
{
    // A look at some pairs tells: where one is a link into the target, so are all that were handed over by link.
    private const int MostPairs = 1000;
    private const string Cure = "give the worker a target spool of its own: another spool_directory, with an Exim that delivers from it and has no queuefile routers";

    public static IEnumerable<Finding> All(Settings settings)
    {
        var intakes = settings.Intakes.Select((options, i) => (options, i)).Where(x => x.options.Kind == IntakeKind.Queuefile && x.options.Path.Length > 0).ToList();
        if (intakes.Count == 0 || settings.Target.Path.Length == 0) yield break;
        var handed = Directories(settings.Target).ToList();
        foreach (var (options, i) in intakes)
        {
            foreach (var path in Places.IntakePaths(options))
            {
                if (handed.FirstOrDefault(d => Leads(d, path)) is { } directory)
                    yield return PlaceKinds.TargetFillsIntake.Error($"Intakes:{i}", $"{path} is filled by the Exim whose spool is the target: its queuefile transport has directory = {directory}; it would hand requeued mail over again, and that mail is lost", Cure);
                else if (Linked(path, settings) is { } id)
                    yield return PlaceKinds.TargetFillsIntake.Error($"Intakes:{i}", $"{path} is filled from the target's own spool: {id.BodyName} is the same file in both; requeued mail would be handed over again, and that mail is lost", Cure);
            }
        }
    }

    // `directory` of all queuefile transports of the target's Exim: as the settings name it, and with the configuration it has by default.
    private static IEnumerable<string> Directories(TargetOptions target)
    {
        foreach (var asked in new[] { target, new TargetOptions { Path = target.Path, Exim = target.Exim } }.DistinctBy(t => t.EximConfig))
        {
            if (!Places.IsTargetOf(asked) || EximProbe.Ask(asked, "-bP", "transports") is not { } transports) continue;
            var isQueuefile = false;
            foreach (var line in transports.Split('\n', StringSplitOptions.TrimEntries))
            {
                const string Directory = "directory = ";
                if (line.EndsWith(" transport:", StringComparison.Ordinal)) isQueuefile = false;
                else if (line == "driver = queuefile") isQueuefile = true;
                else if (isQueuefile && line.StartsWith(Directory, StringComparison.Ordinal)) yield return line[Directory.Length..];
            }
        }
    }

    // Exim expands it: what comes before the first variable has to fit, and is all that can be known.
    private static bool Leads(string directory, string path)
    {
        var literal = directory.Split('$')[0];
        return literal.Length == directory.Length ? Places.Full(literal) == path || Places.IsSame(literal, path) : literal.Length > 1 && (path + "/").StartsWith(literal, StringComparison.Ordinal);
    }

    // The worker itself links -D into the target: one that it has staged or committed and, killed, not yet removed from the intake tells nothing. Nor does
    // one without -H there, of which no Exim hands anything over: a power cut has taken the staged -H and left the link.
    private static MessageId? Linked(string intake, Settings settings)
    {
        using var from = new SpoolDirectory(intake);
        using var to = new SpoolDirectory(Places.TargetPath(settings.Target));
        if (!Directory.Exists(from.Path) || !Directory.Exists(to.Path)) return null;
        LedgerGlance? ledger = null;
        try
        {
            foreach (var id in from.Names('D').Take(MostPairs))
            {
                if (from.FolderWith(id, 'D') is not { } one || to.FolderWith(id, 'D') is not { } other || !Places.IsSame($"{one}/{id.BodyName}", $"{other}/{id.BodyName}")) continue;
                if (!Posix.Exists($"{other}/{id.HeaderName}")) continue;
                ledger ??= LedgerGlance.Open(settings.Ledger);
                if (ledger?.Find(intake, id) is null) return id;
            }
            return null;
        }
        finally
        {
            ledger?.Dispose();
        }
    }
}
