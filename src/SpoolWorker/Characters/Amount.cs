// Ages, sizes and times as `exim -bp` and people write them. Cannot fail.
using System.Globalization;

namespace SpoolWorker.Characters;

/// <summary>Short forms of numbers.</summary>
internal static class Amount
{
    private const long Kilo = 1024, Mega = Kilo * Kilo, Giga = Mega * Kilo;
    private const long Minute = 60, Hour = 60 * Minute, Day = 24 * Hour;
    private const int Roomy = 10;

    /// <summary>25s, 12m, 3.5h, 4.2d.</summary>
    public static string Age(long seconds) => seconds switch
    {
        < 0 => "0s",
        < Minute => Whole(seconds, "s"),
        < Hour => Whole(seconds / Minute, "m"),
        < Day => Short(seconds, Hour, "h"),
        _ => Short(seconds, Day, "d"),
    };

    /// <summary>512, 2.9K, 14M.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < Kilo => Whole(bytes, ""),
        < Mega => Short(bytes, Kilo, "K"),
        < Giga => Short(bytes, Mega, "M"),
        _ => Short(bytes, Giga, "G"),
    };

    /// <summary>How long it is until then: in 23h, in 3.5d; "due" when that has come.</summary>
    public static string Until(DateTimeOffset time, DateTimeOffset now) => time > now ? $"in {Age((long)Math.Ceiling((time - now).TotalSeconds))}" : "due";

    /// <summary>Local time: the hour alone when it is today, else the date too.</summary>
    public static string Time(DateTimeOffset time, DateTimeOffset now)
    {
        var local = time.ToLocalTime();
        return local.ToString(local.Date == now.ToLocalTime().Date ? "HH:mm" : "MM-dd HH:mm", CultureInfo.InvariantCulture);
    }

    /// <summary>1 message, 2 messages.</summary>
    public static string Of(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    private static string Whole(long value, string unit) => value.ToString(CultureInfo.InvariantCulture) + unit;

    // Whole numbers only: lists have two of these a line, and formatting a fraction takes longer than the rest of the line.
    private static string Short(long value, long size, string unit)
    {
        if (value >= Roomy * size) return Whole(value / size + (value % size >= size / 2 ? 1 : 0), unit);
        var tenths = (10 * value + size / 2) / size;
        return Whole(tenths / 10, ".") + Whole(tenths % 10, unit);
    }
}
