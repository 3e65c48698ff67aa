// Whether all is well, in the words and numbers of monitoring plugins (Nagios, Icinga): 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Operations.Jobs;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Operations.Status;

/// <summary>How bad it is; the numbers are exit codes.</summary>
internal enum StatusLevel
{
    Ok,
    Warning,
    Critical,
    Unknown,
}

/// <summary>The verdict.</summary>
/// <param name="Level">How bad.</param>
/// <param name="Reasons">Why; none when all is well.</param>
internal sealed record StatusVerdict(StatusLevel Level, IReadOnlyList<string> Reasons)
{
    /// <summary>The word of the first line.</summary>
    public string Word => Level.ToString().ToUpperInvariant();

    /// <param name="status">How it is.</param>
    /// <param name="warn">Limits of a warning.</param>
    /// <param name="critical">Limits of more than that.</param>
    /// <param name="unknown">What could not be found out; null: nothing.</param>
    public static StatusVerdict Of(StatusView status, IReadOnlyList<Threshold> warn, IReadOnlyList<Threshold> critical, string? unknown)
    {
        var reasons = new List<(StatusLevel Level, string Text)>();
        if (!status.Running) reasons.Add((StatusLevel.Critical, "no worker runs"));
        foreach (var fault in status.Worker?.Faults ?? []) reasons.Add((StatusLevel.Critical, fault));
        reasons.AddRange(critical.Where(t => t.IsPassed(status) == true).Select(t => (StatusLevel.Critical, t.Sentence(status))));
        reasons.AddRange(warn.Where(t => t.IsPassed(status) == true && !critical.Any(c => c.Figure == t.Figure && c.IsPassed(status) == true)).Select(t => (StatusLevel.Warning, t.Sentence(status))));
        foreach (var service in status.Services.Where(s => s.Breaker == "open")) reasons.Add((StatusLevel.Warning, $"the service of {service.Pass} is down"));
        foreach (var hold in status.Holds.Where(h => h.Fault is not null)) reasons.Add((StatusLevel.Warning, $"nothing is held by standing hold {hold.Number}, which cannot be read"));
        // It may be meant; that it is forgotten never is.
        foreach (var order in status.Orders.Where(o => o.Kind != OrderWords.Of(OrderKind.Skip))) reasons.Add((StatusLevel.Warning, order.Sentence));
        foreach (var job in status.Jobs)
            reasons.AddRange(JobFindingGroup.Of(job.Findings.Where(f => f.Level == JobViews.Bad)).Select(g => (StatusLevel.Warning, $"job {job.Name}: {g.Sentence}")));
        if (unknown is not null) reasons.Add((StatusLevel.Unknown, unknown));
        // A limit that cannot be looked at is no limit that is kept.
        if (status.Running) reasons.AddRange(warn.Concat(critical).Where(t => t.IsPassed(status) is null).Select(t => t.Figure.Name).Distinct().Select(name => (StatusLevel.Unknown, $"{name} is not known")));
        var level = new[] { StatusLevel.Critical, StatusLevel.Warning, StatusLevel.Unknown }.FirstOrDefault(l => reasons.Exists(r => r.Level == l), StatusLevel.Ok);
        return new StatusVerdict(level, [.. reasons.OrderBy(r => r.Level == StatusLevel.Critical ? 0 : r.Level == StatusLevel.Warning ? 1 : 2).Select(r => r.Text)]);
    }
}
