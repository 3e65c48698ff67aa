// The time at the head of a log line: `2026-11-23 21:32:31`, with `.037` (log_selector +millisec) and ` +0100` (log_timezone)
// where asked for (Exim's tod.c). Without a zone it is the local time of the host that wrote it. Nothing here throws.
namespace SpoolWorker.Passes.EximLog;

/// <summary>Times in Exim's logs.</summary>
public static class EximLogTime
{
    private const int Plain = 19, WithMillis = 23, Zone = 6;

    /// <summary>Reads a time.</summary>
    /// <param name="line">A line from its beginning.</param>
    /// <param name="local">The zone of times that name none.</param>
    /// <param name="time">The time.</param>
    /// <param name="length">Its bytes in the line.</param>
    public static bool TryRead(ReadOnlySpan<byte> line, TimeZoneInfo local, out DateTimeOffset time, out int length)
    {
        time = default;
        length = 0;
        if (line.Length < Plain || line[4] != '-' || line[7] != '-' || line[10] != ' ' || line[13] != ':' || line[16] != ':') return false;
        if (!TryNumber(line[..4], out var year) || !TryNumber(line[5..7], out var month) || !TryNumber(line[8..10], out var day)
            || !TryNumber(line[11..13], out var hour) || !TryNumber(line[14..16], out var minute) || !TryNumber(line[17..19], out var second)) return false;
        // 60: a leap second
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60) return false;
        length = Plain;
        var millis = 0;
        if (line.Length >= WithMillis && line[Plain] == '.' && TryNumber(line[(Plain + 1)..WithMillis], out millis)) length = WithMillis;
        var clock = new DateTime(year, month, day, hour, minute, Math.Min(second, 59)).AddMilliseconds(millis);
        var zone = line[length..];
        if (zone.Length >= Zone && zone[0] == ' ' && zone[1] is (byte)'+' or (byte)'-' && TryNumber(zone[2..4], out var hours) && TryNumber(zone[4..6], out var minutes)
            && hours <= 14 && minutes <= 59 && (zone.Length == Zone || zone[Zone] == ' '))
        {
            length += Zone;
            var offset = new TimeSpan(hours, minutes, 0);
            if (offset > TimeSpan.FromHours(14)) return false;
            return TryMake(clock, zone[1] == '-' ? -offset : offset, out time);
        }
        return TryMake(clock, local.GetUtcOffset(clock), out time);
    }

    // Near year 1 and 9999 an offset leads out of what can be said.
    private static bool TryMake(DateTime clock, TimeSpan offset, out DateTimeOffset time)
    {
        var utc = clock.Ticks - offset.Ticks;
        var fits = utc >= DateTime.MinValue.Ticks && utc <= DateTime.MaxValue.Ticks;
        time = fits ? new DateTimeOffset(clock, offset) : default;
        return fits;
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, out int number)
    {
        number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            number = number * 10 + (digit - '0');
        }
        return true;
    }
}
