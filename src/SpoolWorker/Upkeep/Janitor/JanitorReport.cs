// What is told of all that was found: of each kind the oldest, each with its age, and how many more there are.
using System.Globalization;
using SpoolWorker.Ledger;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>Gathers what a run found.</summary>
/// <param name="listed">How many of a kind are named.</param>
internal sealed class JanitorReport(int listed)
{
    private readonly List<JobFinding> _others = [];
    private readonly List<(Litter Litter, string Note)> _litter = [];
    private readonly Dictionary<JanitorKind, int> _beyond = [];

    /// <summary>One that is told as it is.</summary>
    public void Add(JobFinding finding) => _others.Add(finding);

    /// <summary>What a look found.</summary>
    /// <param name="look">It.</param>
    /// <param name="note">What there is to add to one; empty: nothing.</param>
    public void Add(JanitorLook look, Func<Litter, string> note)
    {
        _litter.AddRange(look.Litter.Select(l => (l, note(l))));
        foreach (var (kind, count) in look.Beyond) _beyond[kind] = _beyond.GetValueOrDefault(kind) + count;
        foreach (var (path, why) in look.Unread) Add(new JobFinding(path, JanitorJob.Unread, JobLevel.Later, why));
    }

    /// <summary>All of it: what somebody has to act upon first, and of each kind the oldest first.</summary>
    public IReadOnlyList<JobFinding> Findings()
    {
        var all = new List<JobFinding>();
        foreach (var kind in JanitorKinds.All.OrderByDescending(k => k.IsStranded))
        {
            var found = _litter.Where(l => l.Litter.Kind == kind).OrderBy(l => l.Litter.Since).ToList();
            all.AddRange(found.Take(listed).Select(f => Of(f.Litter, f.Note)));
            if (found.Count - listed is var rest && Math.Max(rest, 0) + _beyond.GetValueOrDefault(kind) is var more and > 0) all.Add(Rest(kind, more));
        }
        foreach (var group in _others.GroupBy(f => (f.Kind, f.Level)))
        {
            all.AddRange(group.Take(listed));
            if (group.Count() - listed is var more and > 0) all.Add(new JobFinding(Others(more), group.Key.Kind, group.Key.Level, group.Key.Kind) { Others = more - 1 });
        }
        return all;
    }

    private static JobFinding Of(Litter litter, string note)
    {
        string[] parts = [litter.Detail, note];
        var lead = string.Join("; ", parts.Where(p => p.Length > 0));
        var sentence = litter.IsMovable ? litter.Kind.Sentence : litter.Kind.ByHand;
        return new JobFinding(litter.Path, litter.Kind.Name, litter.Kind.Level, lead.Length > 0 ? $"{lead}. {sentence}" : sentence) { Since = litter.Since.ToUnixTimeMilliseconds() };
    }

    private static JobFinding Rest(JanitorKind kind, int more) => new(Others(more), kind.Name, kind.Level, kind.Sentence) { Others = more - 1 };

    private static string Others(int more) => string.Create(CultureInfo.InvariantCulture, $"{more} more");
}
