// What is done by the clock: schedules, the hours of passes, and jobs beside Exim. From configuration and ledger alone, whether a worker runs or not.
using SpoolWorker.Calendar;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Options;
using SpoolWorker.Upkeep;

namespace SpoolWorker.Operations.Jobs;

/// <summary>Lists jobs.</summary>
internal static class JobRows
{
    /// <summary>Sections of the configuration they are of.</summary>
    public static IReadOnlyList<string> Keys { get; } = ["Schedule", "Digest", "Passes", "Ledger"];

    /// <summary>The jobs beside Exim, on or not.</summary>
    /// <param name="loaded">A configuration with nothing wrong in the schedule.</param>
    /// <param name="known">The jobs there are.</param>
    /// <param name="ledger">Where last runs and orders stand; null: they are not known.</param>
    /// <param name="now">Now.</param>
    public static IReadOnlyList<ScheduleView> Upkeep(LoadedConfiguration loaded, IReadOnlyList<JobRegistration> known, LedgerGlance? ledger, DateTimeOffset now)
    {
        var on = JobReader.Plans(loaded, known).Select(p => p.Job.Name).ToHashSet();
        var pauses = (ledger?.Orders() ?? []).Where(o => o is { Kind: OrderKind.Pause, Scope: OrderScope.Job } && !o.HasEnded(now)).ToList();
        return [.. known.Select(job => Of(job, JobReader.PaceOf(loaded, job) with { Jitter = TimeSpan.Zero }, on.Contains(job.Name), ledger, now) with
        {
            Paused = pauses.Find(o => o.Name == job.Name)?.Sentence,
        })];
    }

    private static ScheduleView Of(JobRegistration job, JobPace pace, bool isOn, LedgerGlance? ledger, DateTimeOffset now)
    {
        var (last, report) = (ledger?.Job(job.Name), ledger?.Report(job.Name));
        // One that never ran well runs at the next start.
        var next = last is null ? pace.InHours(now) : pace.After(DateTimeOffset.FromUnixTimeMilliseconds(last.Began));
        return new ScheduleView
        {
            Name = job.Name,
            Kind = "upkeep",
            When = pace.Text,
            Next = isOn && next is { } moment ? View.TimeOf(moment < now ? pace.InHours(now) : moment) : null,
            Last = last is null ? null : View.TimeOfMilliseconds(last.Began),
            Messages = report?.Findings.Count,
            TookSeconds = last is null ? null : View.Seconds(TimeSpan.FromMilliseconds(last.Took)),
            Summary = job.Summary,
            On = isOn,
            Findings = report is null ? null : [.. report.Findings.Select(JobViews.Of)],
        };
    }

    /// <summary>All there are: schedules, the digest, then passes with hours.</summary>
    /// <param name="settings">Settings that nothing is wrong with.</param>
    /// <param name="ledger">Where last runs stand; null: they are not known.</param>
    /// <param name="now">Now.</param>
    public static IReadOnlyList<ScheduleView> All(Settings settings, LedgerGlance? ledger, DateTimeOffset now) =>
        [.. ScheduleReader.Plans(settings).Select(plan => Of(plan, ledger?.Job(plan.Name), now)),
            .. DigestReader.Plan(settings) is { } digest ? [Of(digest, ledger?.Job(DigestReader.Name), now)] : Array.Empty<ScheduleView>(),
            .. settings.PassNames.Select(pass => OfHours(settings, pass, now)).OfType<ScheduleView>()];

    private static ScheduleView Of(JobPlan plan, JobRun? last, DateTimeOffset now) => new()
    {
        Name = plan.Name,
        Kind = "reprocess",
        When = plan.Times.Text,
        Of = plan.Of == ReprocessOf.Held ? "held" : "deferred",
        Pass = plan.Pass,
        Where = plan.Where.Length > 0 ? plan.Where : null,
        From = plan.From,
        Next = plan.Times.After(now) is { } next ? View.TimeOf(next) : null,
        Last = last is null ? null : View.TimeOfMilliseconds(last.Began),
        Messages = last?.Messages,
        TookSeconds = last is null ? null : View.Seconds(TimeSpan.FromMilliseconds(last.Took)),
    };

    private static ScheduleView Of(DigestPlan plan, JobRun? last, DateTimeOffset now) => new()
    {
        Name = DigestReader.Name,
        Kind = "digest",
        When = plan.Times.Text,
        Of = "held",
        Where = plan.Where.Length > 0 ? plan.Where : null,
        To = [.. plan.To.Select(t => t.Address)],
        Next = plan.Times.After(now) is { } next ? View.TimeOf(next) : null,
        Last = last is null ? null : View.TimeOfMilliseconds(last.Began),
        Messages = last?.Messages,
        TookSeconds = last is null ? null : View.Seconds(TimeSpan.FromMilliseconds(last.Took)),
    };

    private static ScheduleView? OfHours(Settings settings, string pass, DateTimeOffset now)
    {
        if (PassHoursReader.Of(settings, pass) is not { } hours) return null;
        return new ScheduleView
        {
            Name = pass,
            Kind = hours.Window is null ? "batch" : "window",
            When = hours.Window?.Text ?? hours.Cron!.Text,
            Open = hours.Window?.Contains(now),
            Next = View.TimeOf(hours.NextAfter(now)),
        };
    }
}
