namespace SpoolWorker.Engine.Orders;

/// <summary>How long something stands that an operator wants for a while. It ends by the date, which outlives a restart; within a process by the monotonic clock, as a
/// date that is set back must not make it longer, nor one that is set forth shorter.</summary>
/// <param name="End">A timestamp; null: it does not end by itself.</param>
internal readonly record struct Term(long? End)
{
    /// <summary>What is left of it now, and never more than was wanted, whatever the date is.</summary>
    /// <param name="since">When it began, Unix milliseconds.</param>
    /// <param name="until">When it ends, Unix milliseconds; 0: not by itself.</param>
    /// <param name="clock">Dates and timestamps.</param>
    public static Term Of(long since, long until, TimeProvider clock)
    {
        if (until == 0) return default;
        var left = TimeSpan.FromMilliseconds(Math.Clamp(until - clock.GetUtcNow().ToUnixTimeMilliseconds(), 0, Math.Max(0, until - since)));
        return new Term(clock.GetTimestamp() + (long)(left.TotalSeconds * clock.TimestampFrequency));
    }

    /// <summary>Whether it is over.</summary>
    public bool IsOver(TimeProvider clock) => End is { } end && clock.GetTimestamp() >= end;

    /// <summary>The date of its end as the date is now; null: it has none.</summary>
    public DateTimeOffset? DateOf(TimeProvider clock) => End is not { } end ? null
        : clock.GetTimestamp() is var now && now < end ? clock.GetUtcNow() + clock.GetElapsedTime(now, end) : clock.GetUtcNow();
}
