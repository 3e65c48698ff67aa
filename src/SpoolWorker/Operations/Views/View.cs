// What programs get: one record for each thing that is told, the same whether a command prints it or the control API sends it.
// The contract of them all (docs/json.md): names in camelCase; a schema number in each object that may stand alone; times in
// RFC 3339, UTC, with milliseconds; durations as numbers of seconds whose names say so; recipients an array of objects; what has
// nothing to say is left out, but for arrays, which are empty then. A string is exact: what writes it escapes it.
using System.Globalization;
using System.Text.Json.Serialization;

namespace SpoolWorker.Operations.Views;

/// <summary>An object that may stand alone, or on a line of its own.</summary>
internal abstract record View
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    // Exim's own times are as large as a file says.
    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>Version of the object's shape: another number when a field goes, or means something else. New fields may come at any time.</summary>
    [JsonPropertyOrder(-1)]
    public virtual int Schema => 1;

    /// <summary>A time as it stands in views.</summary>
    public static string TimeOf(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    /// <summary>As <see cref="TimeOf(DateTimeOffset)"/>, of seconds since 1970.</summary>
    public static string TimeOfSeconds(long seconds) => TimeOf(DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, LastSecond)));

    /// <summary>As <see cref="TimeOf(DateTimeOffset)"/>, of milliseconds since 1970.</summary>
    public static string TimeOfMilliseconds(long milliseconds) => TimeOf(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));

    /// <summary>The moment a time in a view stands for.</summary>
    public static DateTimeOffset Moment(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);

    /// <summary>A duration in seconds, as exact as a millisecond.</summary>
    public static double Seconds(TimeSpan duration) => Math.Round(duration.TotalSeconds, 3);
}
