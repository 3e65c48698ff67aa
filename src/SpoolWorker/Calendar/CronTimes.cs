// When a cron expression (Quartz: seconds first) comes true. Quartz reads it and counts on the wall clock; what a time of the wall clock is at the
// edges of daylight saving is decided here, alike for windows and batches. An expression whose
// hour begins with '*' runs all the time, also through the hour that autumn repeats; any other is done once a day.
using System.Diagnostics.CodeAnalysis;
using Quartz;

namespace SpoolWorker.Calendar;

/// <summary>A cron expression in a time zone.</summary>
internal sealed class CronTimes
{
    // Changes of offset are an hour, rarely two or half of one; what lies farther from one is not moved by it.
    private static readonly TimeSpan Edge = TimeSpan.FromHours(3);

    // Blank or tab, as Quartz separates them; the seventh is the year.
    private const int LeastFields = 6, MostFields = 7, Hour = 2;

    private readonly CronExpression _expression;
    private readonly LocalTimes _times;
    private readonly bool _runsAllTheTime;

    private CronTimes(CronExpression expression, string text, LocalTimes times)
    {
        // In UTC every time of the wall clock is there once: so it counts on a clock without edges.
        (_expression, _times, Text) = (expression.WithTimeZone(TimeZoneInfo.Utc), times, text);
        _runsAllTheTime = Fields(text)[Hour].StartsWith('*');
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Reads one.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="zone">Whose wall clock it goes by.</param>
    /// <param name="now">It has to come true after this.</param>
    /// <param name="times">The expression.</param>
    /// <param name="fault">What is wrong with it.</param>
    public static bool TryParse(string text, TimeZoneInfo zone, DateTimeOffset now, [NotNullWhen(true)] out CronTimes? times, [NotNullWhen(false)] out string? fault)
    {
        (times, fault) = (null, null);
        // Quartz knows words in their place too (@daily), which say nothing of the hour.
        if (Fields(text).Length is < LeastFields or > MostFields || !CronExpression.TryParse(text, out var expression) || expression is null) fault = "not a cron expression (seconds minutes hours day month weekday), as in '0 */10 * * * ?'";
        else if (new CronTimes(expression, text, new LocalTimes(zone)) is var found && found.After(now) is null) fault = "never comes true; take another day, month or year";
        else times = found;
        return times is not null;
    }

    /// <summary>The first moment after another; null: there is none.</summary>
    public DateTimeOffset? After(DateTimeOffset moment)
    {
        var local = _times.Of(moment);
        if (_times.IsSteady(moment, Edge) && Wall(local) is { } next && next - local < Edge) return _times.At(next);
        // Near an edge the order of the wall clock is not that of time: all that may be meant is looked at.
        DateTimeOffset? first = null;
        for (var wall = Wall(local - Edge); wall is { } at; wall = Wall(at))
        {
            foreach (var found in _runsAllTheTime ? _times.AllOf(at) : [_times.At(at)])
            {
                if (found > moment && (first is null || found < first)) first = found;
            }
            if (first is not null && at - local > Edge) break;
        }
        return first;
    }

    private static string[] Fields(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private DateTime? Wall(DateTime local) => _expression.GetNextValidTimeAfter(new DateTimeOffset(local, TimeSpan.Zero))?.DateTime;
}
