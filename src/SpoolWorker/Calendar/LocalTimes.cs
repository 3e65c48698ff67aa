// From the wall clock of a time zone to moments and back, at the two edges of daylight saving too: a time that spring skips is the first
// moment behind the gap, a time that autumn has twice is its first occurrence, so that what is to be done at a time of day is done once a
// day. Where both occurrences are wanted (what runs all the time) they are given in their order. Cannot fail.
namespace SpoolWorker.Calendar;

/// <summary>The wall clock of a zone.</summary>
internal sealed class LocalTimes(TimeZoneInfo zone)
{
    // No zone has changed its offset by more than a day, nor twice within two.
    private static readonly TimeSpan Near = TimeSpan.FromDays(1);

    /// <summary>What the wall clock shows.</summary>
    public DateTime Of(DateTimeOffset moment) => DateTime.SpecifyKind(TimeZoneInfo.ConvertTime(moment, zone).DateTime, DateTimeKind.Unspecified);

    /// <summary>The moment a time of the wall clock stands for, once a time.</summary>
    public DateTimeOffset At(DateTime local)
    {
        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(local)) return EndOfGap(local);
        // The first occurrence has the greater offset: it is earlier.
        return zone.IsAmbiguousTime(local) ? Moment(local, zone.GetAmbiguousTimeOffsets(local).Max()) : Moment(local, zone.GetUtcOffset(local));
    }

    /// <summary>All moments at which the wall clock shows a time: none, one or two.</summary>
    public IEnumerable<DateTimeOffset> AllOf(DateTime local)
    {
        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(local)) return [];
        return zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Order().Reverse().Select(offset => Moment(local, offset)) : [Moment(local, zone.GetUtcOffset(local))];
    }

    /// <summary>Whether the offset is the same a while before and behind a moment.</summary>
    public bool IsSteady(DateTimeOffset moment, TimeSpan around) => zone.GetUtcOffset(moment - around) == zone.GetUtcOffset(moment + around);

    private DateTimeOffset EndOfGap(DateTime local)
    {
        var before = zone.GetUtcOffset(Moment(local, TimeSpan.Zero) - Near);
        var (early, late) = (Moment(local, before) - Near, Moment(local, before));
        while (late - early > TimeSpan.FromSeconds(1))
        {
            var middle = early + TimeSpan.FromSeconds(Math.Floor((late - early).TotalSeconds / 2));
            if (zone.GetUtcOffset(middle) == before) early = middle;
            else late = middle;
        }
        return late;
    }

    private static DateTimeOffset Moment(DateTime local, TimeSpan offset) => new DateTimeOffset(local, offset).ToUniversalTime();
}
