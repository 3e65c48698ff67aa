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
        < Day => Short((double)seconds / Hour, "h"),
        _ => Short((double)seconds / Day, "d"),
    };

    /// <summary>512, 2.9K, 14M.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < Kilo => Whole(bytes, ""),
        < Mega => Short((double)bytes / Kilo, "K"),
        < Giga => Short((double)bytes / Mega, "M"),
        _ => Short((double)bytes / Giga, "G"),
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

    private static string Short(double value, string unit) => value.ToString(value < Roomy ? "0.0" : "0", CultureInfo.InvariantCulture) + unit;
}
