// The hours of passes as the configuration has them: read for the worker, and looked through at start. Hours that let nothing through, or that
// nothing would go by, are faults.
using System.Diagnostics.CodeAnalysis;
using SpoolWorker.Calendar;
using SpoolWorker.Options;
using SpoolWorker.Passes;

namespace SpoolWorker.Configuration;

/// <summary>Reads <c>Cron</c> and <c>Window</c> of <c>Passes</c>.</summary>
internal static class PassHoursReader
{
    /// <summary>What is wrong with them, each with its key.</summary>
    public static IEnumerable<string> Faults(Settings settings, IReadOnlyList<PassRegistration> known)
    {
        var zone = ZoneOf(settings.Schedule, out var noZone);
        if (noZone is not null) yield return noZone;
        for (var i = 0; i < settings.Passes.Count; i++)
        {
            var entry = settings.Passes[i];
            if (entry.Cron.Length + entry.Window.Length == 0) continue;
            if (entry.Cron.Length > 0 && entry.Window.Length > 0) yield return $"Passes:{i}:Window = '{entry.Window}': {entry.Name} has a Cron as well; leave one of the two";
            else if (known.FirstOrDefault(p => p.Name == entry.Name) is { Create: null }) yield return $"Passes:{i} = '{entry.Name}': is no step that messages come to, and has no hours; name it alone";
            if (entry.Cron.Length > 0 && !TryCron(settings.Schedule, entry.Cron, out _, out var fault)) yield return $"Passes:{i}:Cron = '{entry.Cron}': {fault}";
            if (entry.Window.Length > 0 && !DayWindows.TryParse(entry.Window, zone, out _, out fault)) yield return $"Passes:{i}:Window = '{entry.Window}': {fault}";
        }
    }

    /// <summary>The hours of a pass; null: it runs all day.</summary>
    public static PassHours? Of(Settings settings, string pass)
    {
        var zone = ZoneOf(settings.Schedule, out _);
        if (settings.Passes.Find(p => p.Name == pass) is not { } entry) return null;
        if (entry.Window.Length > 0 && DayWindows.TryParse(entry.Window, zone, out var window, out _)) return new PassHours(null, window);
        return entry.Cron.Length > 0 && TryCron(settings.Schedule, entry.Cron, out var cron, out _) ? new PassHours(cron, null) : null;
    }

    /// <summary>Reads a cron expression of the configuration: by the clock of its zone, and to come true after now.</summary>
    public static bool TryCron(ScheduleOptions schedule, string cron, [NotNullWhen(true)] out CronTimes? times, [NotNullWhen(false)] out string? fault) =>
        CronTimes.TryParse(cron, ZoneOf(schedule, out _), TimeProvider.System.GetUtcNow(), out times, out fault);

    /// <summary>As <see cref="TryCron"/>, of one with which nothing may be wrong.</summary>
    public static CronTimes Cron(ScheduleOptions schedule, string cron) => TryCron(schedule, cron, out var times, out var fault) ? times : throw new ArgumentException(fault, nameof(cron));

    /// <summary>The zone schedules go by; this host's where none, or none that is known, is named.</summary>
    public static TimeZoneInfo ZoneOf(ScheduleOptions schedule, out string? fault)
    {
        fault = null;
        if (schedule.TimeZone.Length == 0) return TimeZoneInfo.Local;
        if (TimeZoneInfo.TryFindSystemTimeZoneById(schedule.TimeZone, out var zone)) return zone;
        fault = $"Schedule:TimeZone = '{schedule.TimeZone}': no such time zone; name one of /usr/share/zoneinfo, such as Europe/Berlin or UTC (Debian: tzdata), or leave it empty for this host's";
        return TimeZoneInfo.Local;
    }
}
