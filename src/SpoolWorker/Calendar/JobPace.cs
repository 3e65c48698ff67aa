// When something is to be done again: by a cron expression or after a time, and at random somewhat later, so that the hosts of a site do not all ask
// somebody at once.
namespace SpoolWorker.Calendar;

/// <summary>A pace.</summary>
/// <param name="Cron">By the date; null: by <paramref name="Every"/>.</param>
/// <param name="Every">From one beginning to the next; null: by the date.</param>
internal sealed record JobPace(CronTimes? Cron, TimeSpan? Every)
{
    /// <summary>As it was written.</summary>
    public string Text => Cron?.Text ?? $"every {Passes.Ranges.Duration.Text(Every!.Value)}";

    /// <summary>The most it comes later, at random.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>What never ran is to run now. False: when its time comes.</summary>
    public bool RunsAtFirst { get; init; }

    /// <summary>How long after a failure it is tried again, the first time; twice as long each time after that.</summary>
    public TimeSpan AgainAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest that becomes.</summary>
    public TimeSpan AgainMost { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The moment after another at which its time comes; null: there is none.</summary>
    public DateTimeOffset? After(DateTimeOffset moment) => (Every is { } every ? moment + every : Cron!.After(moment)) is { } next ? next + Random.Shared.NextDouble() * Jitter : null;

    /// <summary>After so many failures, how long to wait.</summary>
    public TimeSpan Again(int failures)
    {
        var wait = AgainAfter;
        for (var i = 1; i < failures && wait < AgainMost; i++) wait *= 2;
        return wait < AgainMost ? wait : AgainMost;
    }
}
