// Times as operators write them: 200ms, 90s, 5m, 2h, 14d, or [d.]hh:mm:ss. A bare number is none: .NET takes it for days, most
// people for seconds, so it is a fault that says so.
using System.Globalization;
using System.Text.RegularExpressions;

namespace SpoolWorker.Passes.Ranges;

/// <summary>Reading and writing times of settings.</summary>
public static partial class Duration
{
    /// <summary>How times are written, for error texts.</summary>
    public const string Forms = "a time such as 90s, 5m, 2h, 14d or [d.]hh:mm:ss";

    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond),
    ];

    /// <summary>Reads a time.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="value">The time.</param>
    /// <param name="error">What to write instead; empty when it was read.</param>
    public static bool TryParse(string text, out TimeSpan value, out string error)
    {
        ArgumentNullException.ThrowIfNull(text);
        (value, error) = (default, "");
        if (Colons().IsMatch(text) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value)) return true;
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        if (digits > 0 && digits == text.Length)
        {
            error = $"a number without a unit is no time; say {text}s, {text}m, {text}h or {text}d";
            return false;
        }
        if (TryFraction(text, out error)) return false;
        var ticks = Units.FirstOrDefault(u => u.Unit == text[digits..]).Ticks;
        if (digits > 0 && ticks > 0 && long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= TimeSpan.MaxValue.Ticks / ticks)
        {
            value = TimeSpan.FromTicks(count * ticks);
            return true;
        }
        error = $"must be {Forms}";
        return false;
    }

    // Told in whole numbers of a smaller unit.
    private static bool TryFraction(string text, out string error)
    {
        error = "";
        const int Longest = 10_000;
        var length = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        if (!text.Contains('.', StringComparison.Ordinal) || !decimal.TryParse(text.AsSpan(0, length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number is <= 0 or > Longest) return false;
        string In(long ticks) => Text(TimeSpan.FromTicks((long)(number * ticks)));

        if (length == text.Length)
            error = $"a number without a unit is no time, and units go with whole ones; say {In(TimeSpan.TicksPerSecond)}, {In(TimeSpan.TicksPerMinute)}, {In(TimeSpan.TicksPerHour)} or {In(TimeSpan.TicksPerDay)}";
        else if (Units.FirstOrDefault(u => u.Unit == text[length..]).Ticks is > 0 and var unit)
            error = $"must be {Forms}, in whole numbers; for {text} say {In(unit)}";
        return error.Length > 0;
    }

    /// <summary>A time in the largest unit that holds it without a rest: 5m, 36h, 100ms.</summary>
    public static string Text(TimeSpan value)
    {
        var (unit, ticks) = value == TimeSpan.Zero ? ("s", 1) : Units.FirstOrDefault(u => value.Ticks % u.Ticks == 0);
        return ticks == 0 ? value.ToString("c", CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / ticks}{unit}");
    }

    // TimeSpan.Parse takes 25:00:00 for 25 days: hours end at 23.
    [GeneratedRegex(@"^(\d{1,7}\.)?([01]?\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?$")]
    private static partial Regex Colons();
}
