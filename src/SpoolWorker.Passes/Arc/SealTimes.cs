// The options of a seal that concern time, in the words of Exim's arc_sign: "timestamps" and "expire[=[+]seconds]".
// Timestamps are on unless "no-timestamps" is among the options, since a large receiver passes over seals without t=.
using System.Globalization;

namespace SpoolWorker.Passes.Arc;

/// <summary>Which of t= and x= a set gets.</summary>
/// <param name="Timestamps">t= in the message signature and the seal.</param>
/// <param name="Expires">x= in the message signature.</param>
/// <param name="Seconds">The Unix time of x=, or the distance to it.</param>
/// <param name="IsOffset">Whether <paramref name="Seconds"/> counts from the time of sealing.</param>
public readonly record struct SealTimes(bool Timestamps, bool Expires, long Seconds, bool IsOffset)
{
    /// <summary>Exim's "one month".</summary>
    public const long DefaultOffset = 30L * 24 * 60 * 60;

    // RFC 6376, 3.5: verifiers must take t= and x= up to 10^12; nothing needs more.
    private const long MaxSeconds = 1_000_000_000_000;

    /// <summary>t= and no x=.</summary>
    public static SealTimes Default { get; } = new(true, false, 0, false);

    /// <summary>The x= of a set sealed at this time; null for none.</summary>
    public long? ExpiryAt(long now) => !Expires ? null : IsOffset ? now + Seconds : Seconds;

    /// <summary>Takes options, one each or joined by commas.</summary>
    public static bool TryParse(IEnumerable<string> options, out SealTimes times, out string error)
    {
        times = Default;
        error = "";
        foreach (var option in options.SelectMany(o => o.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            switch (option)
            {
                case "timestamps":
                    times = times with { Timestamps = true };
                    break;
                case "no-timestamps":
                    times = times with { Timestamps = false };
                    break;
                case "expire":
                    times = times with { Expires = true, Seconds = DefaultOffset, IsOffset = true };
                    break;
                default:
                    if (!option.StartsWith("expire=", StringComparison.Ordinal)) return Fail($"'{option}' is not an option; there are timestamps, no-timestamps, expire and expire=[+]SECONDS", out error);
                    var value = option.AsSpan("expire=".Length);
                    var isOffset = value.StartsWith("+", StringComparison.Ordinal);
                    if (!long.TryParse(isOffset ? value[1..] : value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 1 or > MaxSeconds)
                        return Fail($"'{option}': seconds must be a whole number above zero, as in expire=+3600 (from now) or expire=1893456000 (Unix time)", out error);
                    times = times with { Expires = true, Seconds = seconds, IsOffset = isOffset };
                    break;
            }
        }
        return true;
    }

    private static bool Fail(string reason, out string error)
    {
        error = reason;
        return false;
    }
}
