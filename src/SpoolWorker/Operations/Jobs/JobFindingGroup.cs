// Things that the same is so with, told once: a job may find twenty of a kind.
using System.Globalization;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Operations.Jobs;

/// <summary>Findings with one text.</summary>
/// <param name="Kind">Their word.</param>
/// <param name="Text">What is so.</param>
/// <param name="Findings">The things.</param>
internal sealed record JobFindingGroup(string Kind, string Text, IReadOnlyList<JobFindingView> Findings)
{
    /// <summary>How many things that are.</summary>
    public int Count => Findings.Sum(f => f.Count ?? 1);

    /// <summary>As in "/spool/input/1xVVht-000477-0i-H and 4 more: -H without -D …".</summary>
    public string Sentence => Count == 1 ? $"{Findings[0].Subject}: {Text}" : string.Create(CultureInfo.InvariantCulture, $"{Findings[0].Subject} and {Count - 1} more: {Text}");

    /// <summary>The groups, in the order of the first of each.</summary>
    public static IEnumerable<JobFindingGroup> Of(IEnumerable<JobFindingView> findings) => findings.GroupBy(f => (f.Kind, f.Text)).Select(g => new JobFindingGroup(g.Key.Kind, g.Key.Text, [.. g]));
}
