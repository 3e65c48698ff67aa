using SpoolWorker.Upkeep.Hints;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>When a database that is tidied is said to grow.</summary>
public sealed class HintsGrowthTests
{
    private static readonly TimeSpan Age = TimeSpan.FromDays(30);

    private readonly HintsOptions _options = new() { SmallBytes = 100 };
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(10_000);
    private Dictionary<string, long>? _last;

    [Fact]
    public void What_fills_for_an_age_and_then_stays_does_not_grow()
    {
        for (var day = 0; day < 200; day++) After(records: Math.Min(day, 30) * 1000 + day % 7 * 500).Should().BeNull("day {0}", day);
    }

    [Fact]
    public void What_becomes_more_than_twice_as_much_grows_until_that_is_what_it_has()
    {
        for (var day = 0; day < 61; day++) After(1000).Should().BeNull();
        After(2000).Should().BeNull("twice is not more than twice");
        After(2001).Should().Contain("it has 2001 records, and had 1000 records at the most in the 30d before");
        for (var day = 0; day < 27; day++) After(2001).Should().NotBeNull("day {0}", day);
        After(2001).Should().BeNull("an age on it is what was there before");
        for (var day = 0; day < 40; day++) After(2001).Should().BeNull();
    }

    [Fact]
    public void A_small_one_may_grow_and_a_large_one_is_told_at_once()
    {
        for (var day = 0; day < 70; day++) After(1, bytes: 100).Should().BeNull();
        After(1_000_000, bytes: 100).Should().BeNull();
        _last = null;
        _options.LargeBytes = 1 << 20;
        After(1, bytes: 1 << 20).Should().BeNull();
        After(1, bytes: (1 << 20) + 1).Should().Contain("more than Hints:LargeBytes");
    }

    [Fact]
    public void Where_nothing_is_counted_bytes_tell_and_a_date_set_back_begins_anew()
    {
        for (var day = 0; day < 61; day++) After(null, bytes: 10_000).Should().BeNull();
        After(null, bytes: 20_001).Should().Contain("it has 20K, and had 9.8K at the most");
        After(5000, bytes: 20_001).Should().BeNull("records are no bytes");
        for (var day = 0; day < 61; day++) After(5000);
        _now -= TimeSpan.FromDays(300);
        After(50_000).Should().BeNull();
        _last!.Should().NotContainKey(HintsGrowth.MostBefore);
    }

    // A run a day.
    private string? After(long? records, long bytes = 1 << 19)
    {
        var figures = new Dictionary<string, long> { [HintsGrowth.Bytes] = bytes };
        if (records is { } count) figures[HintsGrowth.Records] = count;
        HintsGrowth.Keep(figures, _last, Age, _now);
        _last = figures;
        _now += TimeSpan.FromDays(1);
        return HintsGrowth.FaultOf(figures, _options, Age);
    }
}
