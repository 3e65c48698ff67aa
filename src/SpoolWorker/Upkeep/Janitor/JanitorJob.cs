// Looks for what lies about in spools and tells it. It moves only kinds that were asked for, after two looks at the place with a while between them, so that what an Exim is
// just removing is gone by the second, and each thing under Exim's lock after a third. One place, or one thing, that fails keeps no other from its turn.
using System.Globalization;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>The job.</summary>
internal sealed class JanitorJob(JanitorOptions options, JobSurroundings around) : IUpkeepJob
{
    /// <summary>Words of what it finds, beside the kinds.</summary>
    public const string Moved = "moved", Unread = "unread";

    /// <summary>For tests of the locks: what is never moved because of its age alone. No setting can make it less than a day.</summary>
    internal TimeSpan LeastAge { get; init; } = options.Age;

    /// <summary>For the same tests.</summary>
    internal TimeSpan BetweenLooks { get; init; } = TimeSpan.FromSeconds(2);

    public Task<IReadOnlyList<JobFinding>> RunAsync(bool isDry, CancellationToken cancellationToken) => Task.Run(() => RunPlacesAsync(isDry, cancellationToken), cancellationToken);

    private async Task<IReadOnlyList<JobFinding>> RunPlacesAsync(bool isDry, CancellationToken cancellationToken)
    {
        var report = new JanitorReport(options.Listed);
        var missesLongIds = new Lazy<bool>(() => EximVersion.Of(around.Settings.Target) is { SeesLongIds: false });
        var fix = JanitorKinds.All.Where(k => k.CanBeMoved && (around.Fix is { } one ? k.Name == one : options.Fix.Contains(k.Name))).ToHashSet();
        foreach (var place in JanitorPlace.Of(options, around.Settings))
        {
            using (place)
            {
                var look = At(place, () => missesLongIds.Value, cancellationToken);
                var first = look.Litter.FindAll(l => fix.Contains(l.Kind) && l.IsMovable);
                if (first.Count > 0 && !isDry)
                {
                    await Task.Delay(BetweenLooks, around.Clock, cancellationToken).ConfigureAwait(false);
                    look = At(place, () => missesLongIds.Value, cancellationToken);
                    Move(look, first, report, cancellationToken);
                }
                else report.Add(look, l => fix.Contains(l.Kind) && l.IsMovable ? $"to be moved to {Lost(l).Path}" : "");
                if (look.IsThere && look.Litter.Count == 0 && look.Unread.Count == 0) report.Add(new JobFinding(place.Directory.Path, JobFinding.Good, JobLevel.Well, "nothing lies about"));
            }
        }
        return report.Findings();
    }

    private JanitorLook At(JanitorPlace place, Func<bool> missesLongIds, CancellationToken cancellationToken) =>
        JanitorLook.At(place, new JanitorMeasure(around.Clock.GetUtcNow(), LeastAge, options.FrozenAge, missesLongIds), cancellationToken);

    private void Move(JanitorLook look, List<Litter> first, JanitorReport report, CancellationToken cancellationToken)
    {
        var before = first.ToLookup(l => l.Path);
        var notMoved = new Dictionary<Litter, string>();
        foreach (var litter in look.Litter.FindAll(l => before[l.Path].Any(l.IsSameAs)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = Lost(litter).Move(litter);
            if (result.Where is { } where) report.Add(new JobFinding(litter.Path, Moved, JobLevel.Well, $"{litter.Kind.Name}: moved to {where}"));
            if (result.IsFailure) report.Add(new JobFinding(litter.Path, litter.Kind.Name, JobLevel.Later, $"not moved: {result.Why}. {litter.Kind.Sentence}"));
            else if (result.Why is { } why) notMoved[litter] = $"not moved: {why}";
            if (result.Where is not null || result.Why is null || result.IsFailure) look.Litter.Remove(litter);
        }
        report.Add(look, l => notMoved.GetValueOrDefault(l, ""));
    }

    private LostAndFound Lost(Litter litter) =>
        new(litter.Tree, around.Clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), time => around.Clock.GetUtcNow() - time >= options.Age);
}
