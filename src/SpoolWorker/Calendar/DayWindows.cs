// Hours of the day, on all days or some: `22:00-06:00`, `Mon-Fri 08:00-18:00, Sat 09:00-12:00`. A window that ends before it begins ends on
// the next day, and belongs to the day it begins on. At the edges of daylight saving begin and end are those of LocalTimes; a window that
// lies in the hour that spring skips opens behind it for as long as it is.
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace SpoolWorker.Calendar;

/// <summary>Windows of the week.</summary>
internal sealed class DayWindows
{
    private const int DaysAWeek = 7;
    private static readonly string[] DayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    private readonly LocalTimes _times;
    private readonly IReadOnlyList<Window> _windows;

    private DayWindows(LocalTimes times, string text, IReadOnlyList<Window> windows) => (_times, Text, _windows) = (times, text, windows);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Reads them.</summary>
    public static bool TryParse(string text, TimeZoneInfo zone, [NotNullWhen(true)] out DayWindows? windows, [NotNullWhen(false)] out string? fault)
    {
        var found = new List<Window>();
        (windows, fault) = (null, null);
        foreach (var part in text.Split(','))
        {
            if (!TryWindow(part, out var window, out fault)) return false;
            found.Add(window);
        }
        windows = new DayWindows(new LocalTimes(zone), text, found);
        return true;
    }

    /// <summary>Whether a moment lies in one of them.</summary>
    public bool Contains(DateTimeOffset moment) => Around(moment, -1, 0).Any(span => span.From <= moment && moment < span.To);

    /// <summary>When the next one opens, after a moment.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset moment) => Around(moment, -1, DaysAWeek + 1).Select(span => span.From).Where(from => from > moment).Min();

    private IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Around(DateTimeOffset moment, int firstDay, int lastDay)
    {
        var today = _times.Of(moment).Date;
        for (var day = firstDay; day <= lastDay; day++)
        {
            foreach (var window in _windows)
            {
                if (!window.Days[(int)today.AddDays(day).DayOfWeek]) continue;
                var begin = today.AddDays(day) + window.From;
                var (from, to) = (_times.At(begin), _times.At(begin + window.Length));
                yield return (from, to > from ? to : from + window.Length);
            }
        }
    }

    private static bool TryWindow(string text, out Window window, [NotNullWhen(false)] out string? fault)
    {
        window = default;
        fault = $"'{text.Trim()}' is no window; write 22:00-06:00 or Mon-Fri 08:00-18:00, several with commas between";
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 0 or > 2 || parts[^1].Split('-') is not [var begin, var end] || !TryTime(begin, out var from) || !TryTime(end, out var to)) return false;
        var days = Enumerable.Repeat(parts.Length == 1, DaysAWeek).ToArray();
        if (parts.Length == 2 && !TryDays(parts[0], days)) return false;
        if (from == to || from == TimeSpan.FromDays(1))
        {
            fault = $"'{text.Trim()}' is an empty window; the whole day is 00:00-24:00";
            return false;
        }
        window = new Window(days, from, to > from ? to - from : to - from + TimeSpan.FromDays(1));
        fault = null;
        return true;
    }

    private static bool TryTime(string text, out TimeSpan time)
    {
        time = TimeSpan.FromDays(1);
        return text == "24:00" || TimeSpan.TryParseExact(text, @"hh\:mm", CultureInfo.InvariantCulture, out time);
    }

    private static bool TryDays(string text, bool[] days)
    {
        var ends = text.Split('-');
        var (first, last) = (DayOf(ends[0]), DayOf(ends[^1]));
        if (ends.Length > 2 || first < 0 || last < 0) return false;
        for (var day = first; ; day = (day + 1) % DaysAWeek)
        {
            days[day] = true;
            if (day == last) return true;
        }
    }

    private static int DayOf(string name) => Array.FindIndex(DayNames, day => day.Equals(name, StringComparison.OrdinalIgnoreCase));

    private readonly record struct Window(bool[] Days, TimeSpan From, TimeSpan Length);
}
