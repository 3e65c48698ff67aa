// When something is to be done again: by a cron expression or after a time, and at random somewhat later, so that the hosts of a site do not all ask
// somebody at once.
namespace SpoolWorker.Calendar;

/// <summary>A pace.</summary>
/// <param name="Cron">By the date; null: by <paramref name="Every"/>.</param>
/// <param name="Every">From one beginning to the next; null: by the date.</param>
internal sealed record JobPace(CronTimes? Cron, TimeSpan? Every)
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>As it was written.</summary>
    public string Text => (Cron?.Text ?? $"every {Passes.Ranges.Duration.Text(Every!.Value)}") + (Hours is null ? "" : $", {Hours.Text}");

    /// <summary>The most it comes later, at random.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>The hours it comes in; null: any. What would come outside of them comes when they next open.</summary>
    public DayWindows? Hours { get; init; }

    /// <summary>What never ran is to run now. False: when its time comes.</summary>
    public bool RunsAtFirst { get; init; }

    /// <summary>How long after a failure it is tried again, the first time; twice as long each time after that.</summary>
    public TimeSpan AgainAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest that becomes.</summary>
    public TimeSpan AgainMost { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The moment after another at which its time comes; null: there is none.</summary>
    public DateTimeOffset? After(DateTimeOffset moment) => (Every is { } every ? moment + every : Cron!.After(moment)) is { } next ? InHours(next + Random.Shared.NextDouble() * Jitter) : null;

    /// <summary>That moment, or the next one within the hours.</summary>
    public DateTimeOffset InHours(DateTimeOffset moment) => Hours is null || Hours.Contains(moment) ? moment : Hours.NextAfter(moment);

    /// <summary>How long it is from one beginning to the next at the most, in the week after a moment; null: it goes by the date.</summary>
    public TimeSpan? PeriodFrom(DateTimeOffset moment)
    {
        if (Every is not { } longest || Hours is null) return Every;
        for (var at = moment; at < moment + Week;)
        {
            var next = Hours.NextAfter(at);
            if (next - at > longest) longest = next - at;
            at = next;
        }
        return longest;
    }

    /// <summary>After so many failures, how long to wait.</summary>
    public TimeSpan Again(int failures)
    {
        var wait = AgainAfter;
        for (var i = 1; i < failures && wait < AgainMost; i++) wait *= 2;
        return wait < AgainMost ? wait : AgainMost;
    }
}
