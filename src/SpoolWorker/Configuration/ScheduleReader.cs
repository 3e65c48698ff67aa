// What is done by the clock, as the configuration has it, and when jobs beside Exim run: read for the worker and for `list --jobs`, and looked through at start. A schedule that can
// never act is a fault: its time never comes, its pass does not run, or never defers anything.
using SpoolWorker.Calendar;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Upkeep;

namespace SpoolWorker.Configuration;

/// <summary>Mail that is judged again by the clock.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">Its key in the configuration.</param>
/// <param name="Times">When.</param>
/// <param name="Of">Which mail.</param>
/// <param name="Pass">What this pass deferred; null: what fits the condition.</param>
/// <param name="Where">The condition as it was written; empty: all.</param>
/// <param name="From">Held mail: the pass it is judged from; null: the first.</param>
internal sealed record JobPlan(string Name, string Key, CronTimes Times, ReprocessOf Of, string? Pass, string Where, string? From);

/// <summary>Reads <c>Schedule</c>.</summary>
internal static class ScheduleReader
{
    // It is part of a key of the ledger, which LMDB limits to 511 bytes.
    private const int MostNameCharacters = 100;

    /// <summary>The schedules; nothing may be wrong with them.</summary>
    public static IReadOnlyList<JobPlan> Plans(Settings settings)
    {
        CronTimes Times(string cron) => PassHoursReader.Cron(settings.Schedule, cron);

        return
        [
            .. settings.Schedule.Passes.Select(p => new JobPlan(p.Key, $"Schedule:Passes:{p.Key}", Times(p.Value), ReprocessOf.Deferred, p.Key, "", null)),
            .. settings.Schedule.Reprocess.Select((o, i) => new JobPlan(NameOf(o, i), $"Schedule:Reprocess:{i}", Times(o.Cron), o.Of, null, o.Where, o.From == ReprocessOptions.Start ? null : o.From)),
        ];
    }

    /// <summary>What is wrong with them, each with its key.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="known">All passes there are.</param>
    /// <param name="options">The settings of passes, by pass; those that were not read are missing.</param>
    public static IEnumerable<string> Faults(Settings settings, IReadOnlyList<PassRegistration> known, IReadOnlyDictionary<string, PassOptions> options)
    {
        string? CronFault(string cron) => PassHoursReader.TryCron(settings.Schedule, cron, out _, out var fault) ? null : fault;

        foreach (var (pass, cron) in settings.Schedule.Passes)
        {
            if (WhyNeverDeferred(pass, settings, known, options) is { } never) yield return $"Schedule:Passes:{pass}: {never}";
            if (CronFault(cron) is { } fault) yield return $"Schedule:Passes:{pass} = '{cron}': {fault}";
        }
        var names = new HashSet<string>(settings.Schedule.Passes.Keys);
        if (settings.Digest.To.Count > 0) names.Add(DigestReader.Name);
        for (var i = 0; i < settings.Schedule.Reprocess.Count; i++)
        {
            var (job, key) = (settings.Schedule.Reprocess[i], $"Schedule:Reprocess:{i}");
            if (CronFault(job.Cron) is { } fault) yield return $"{key}:Cron = '{job.Cron}': {fault}";
            if (job.Name.Length > MostNameCharacters) yield return $"{key}:Name = '{job.Name}': must have at most {MostNameCharacters} characters";
            else if (!names.Add(NameOf(job, i))) yield return $"{key}:Name = '{NameOf(job, i)}': another schedule is called that";
            if (job.Where.Length > 0 && !Condition.TryParse(job.Where, ConditionNames.OfMail(() => known), out _, out var error)) yield return $"{key}:Where = '{job.Where}': {error}";
            if (job.From == ReprocessOptions.Start) continue;
            if (job.Of == ReprocessOf.Deferred) yield return $"{key}:From = '{job.From}': deferred mail begins at the first pass; leave it out, or say Of: held";
            else if (FaultOfStep(job.From, settings, known) is { } step) yield return $"{key}:From = '{job.From}': {step}";
        }
    }

    private static string NameOf(ReprocessOptions job, int index) => job.Name.Length > 0 ? job.Name : $"reprocess-{index}";

    private static string? WhyNeverDeferred(string pass, Settings settings, IReadOnlyList<PassRegistration> known, IReadOnlyDictionary<string, PassOptions> options)
    {
        if (FaultOfStep(pass, settings, known) is { } fault) return fault;
        // What cannot be read has its own fault.
        return known.First(p => p.Name == pass).Traits.HasFlag(PassTraits.NeverDefers) && options.TryGetValue(pass, out var own) && own.OnUnavailable == OnUnavailable.Skip
            ? $"{pass} never defers a message, as its OnUnavailable is skip; take the schedule out" : null;
    }

    private static string? FaultOfStep(string pass, Settings settings, IReadOnlyList<PassRegistration> known) =>
        !settings.PassNames.Contains(pass) ? "is not among Passes" : known.FirstOrDefault(p => p.Name == pass) is { Create: null } ? $"{pass} is no step that messages come to, and never defers one" : null;
}

/// <summary>A job that runs.</summary>
/// <param name="Job">It.</param>
/// <param name="Options">Its settings.</param>
/// <param name="Pace">How often.</param>
internal sealed record UpkeepPlan(JobRegistration Job, object Options, JobPace Pace);

/// <summary>Reads <c>Schedule:Jobs</c>.</summary>
internal static class JobReader
{
    // What is wanted oftener is no upkeep; what comes less often than in a month is forgotten.
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1), Most = TimeSpan.FromDays(31);

    // Where a cron expression says when: an outage is over within this.
    private static readonly TimeSpan AgainMost = TimeSpan.FromHours(1);

    /// <summary>The jobs that their settings want to run; nothing may be wrong with those.</summary>
    public static IReadOnlyList<UpkeepPlan> Plans(LoadedConfiguration loaded, IReadOnlyList<JobRegistration> known) =>
        [.. known.Where(j => loaded.Sections.TryGetValue(j.Options, out var options) && j.IsOn(options)).Select(j => new UpkeepPlan(j, loaded.Sections[j.Options], PaceOf(loaded, j)))];

    /// <summary>How often a job runs, whether it is on or not.</summary>
    public static JobPace PaceOf(LoadedConfiguration loaded, JobRegistration job)
    {
        var (schedule, every) = (loaded.Settings.Schedule, job.Every);
        var isCron = schedule.Jobs.TryGetValue(job.Name, out var text) && !Duration.TryParse(text, out every, out _);
        var pace = isCron ? new JobPace(PassHoursReader.Cron(schedule, text!), null) { AgainMost = AgainMost } : new JobPace(null, every) { AgainMost = every };
        var hours = loaded.Sections.TryGetValue(job.Options, out var options) ? job.Hours(options, PassHoursReader.ZoneOf(schedule, out _)) : null;
        return pace with { Jitter = schedule.Jitter, RunsAtFirst = true, Hours = hours };
    }

    /// <summary>What is wrong with them, each with its key.</summary>
    public static IEnumerable<string> Faults(Settings settings, IReadOnlyList<JobRegistration> known)
    {
        var schedule = settings.Schedule;
        foreach (var (name, text) in schedule.Jobs)
        {
            var key = $"Schedule:Jobs:{name}";
            if (!known.Any(j => j.Name == name)) yield return $"{key} = '{text}': no such job. Known: {string.Join(", ", known.Select(j => j.Name))}";
            else if (Duration.TryParse(text, out var every, out _))
            {
                if (every < Least || every > Most) yield return $"{key} = '{text}': must be {Duration.Text(Least)} to {Duration.Text(Most)}, or a cron expression";
            }
            else if (!PassHoursReader.TryCron(schedule, text, out _, out var fault)) yield return $"{key} = '{text}': no time such as 1h, and {fault}";
        }
        // Their last runs stand under their names.
        for (var i = 0; i < schedule.Reprocess.Count; i++)
        {
            if (known.Any(j => j.Name == schedule.Reprocess[i].Name)) yield return $"Schedule:Reprocess:{i}:Name = '{schedule.Reprocess[i].Name}': a job is called that";
        }
    }
}
