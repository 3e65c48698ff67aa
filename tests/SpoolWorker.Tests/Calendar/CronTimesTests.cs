using SpoolWorker.Calendar;

namespace SpoolWorker.Tests.Calendar;

/// <summary>Cron expressions as operators write them: each is understood, or one sentence says that it is not.</summary>
public sealed class CronTimesTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0 0 2 * * ?", "2026-11-30T01:00", "2026-12-01T01:00")]
    [InlineData("0\t0\t2\t*\t*\t?", "2026-11-30T01:00", "2026-12-01T01:00")]
    [InlineData("0\t0 2  *\t* ? ", "2026-11-30T01:00", "2026-12-01T01:00")]
    [InlineData(" 0 0 2 * * ?\n", "2026-11-30T01:00", "2026-12-01T01:00")]
    [InlineData("0 0 0 ? NOV-FEB fri", "2026-12-03T23:00", "2026-12-10T23:00")]
    [InlineData("0 0 22-6 * * ?", "2026-11-29T21:00", "2026-11-29T22:00")]
    [InlineData("0 0 0 LW * ?", "2026-11-29T23:00", "2026-12-30T23:00")]
    [InlineData("0 0 0 L-3 * ?", "2026-12-27T23:00", "2027-01-27T23:00")]
    [InlineData("0 0 0 15W * ?", "2026-12-14T23:00", "2027-01-14T23:00")]
    [InlineData("0 0 0 ? * 6#5", "2027-01-28T23:00", "2027-04-29T22:00")]
    [InlineData("0 0 0 ? * FRIL", "2026-12-24T23:00", "2027-01-28T23:00")]
    [InlineData("0 5/15 * * * ?", "2026-11-29T10:05", "2026-11-29T10:20")]
    [InlineData("0 0 0 29 2 ?", "2028-02-28T23:00", "2032-02-28T23:00")]
    [InlineData("0 0 0 1 * ? 2099", "2098-12-31T23:00", "2099-01-31T23:00")]
    public void What_is_understood_comes_when_it_says(string text, string first, string second)
    {
        CronTimes.TryParse(text, Berlin, Now, out var times, out var fault).Should().BeTrue(fault);
        var next = times!.After(Now);
        next.Should().Be(DateTimeOffset.Parse($"{first}Z", System.Globalization.CultureInfo.InvariantCulture));
        times.After(next!.Value).Should().Be(DateTimeOffset.Parse($"{second}Z", System.Globalization.CultureInfo.InvariantCulture));
    }

    // A tab between the fields and the words that Quartz knows ended the program with an exception at start.
    [Theory]
    [InlineData("@daily")]
    [InlineData("@hourly")]
    [InlineData("@every 5m")]
    [InlineData("")]
    [InlineData(" \t ")]
    [InlineData("0 0 2 * *")]
    [InlineData("0\t0\t2\t*\t*")]
    [InlineData("0 0 2 * * ? 2027 x")]
    [InlineData("0 0 24 * * ?")]
    [InlineData("0 0 0 ? * 2#6")]
    [InlineData("0 0 0 L-40 * ?")]
    [InlineData("0 0/70 * * * ?")]
    [InlineData("H 0 2 * * ?")]
    [InlineData("99999999999 0 0 * * ?")]
    public void What_is_not_understood_is_one_sentence(string text)
    {
        CronTimes.TryParse(text, Berlin, Now, out _, out var fault).Should().BeFalse();
        fault.Should().StartWith("not a cron expression (seconds minutes hours day month weekday)");
    }

    [Theory]
    [InlineData("0 0 0 31 4,6,9,11 ?")]
    [InlineData("0 0 0 30 2 ? *")]
    [InlineData("0 0 0 1 * ? 2020")]
    [InlineData("0 0 0 ? 2 MON#5 2027")]
    public void What_never_comes_is_said(string text)
    {
        CronTimes.TryParse(text, Berlin, Now, out _, out var fault).Should().BeFalse();
        fault.Should().StartWith("never comes true");
    }

    // The hour's star is told by its place, whatever stands between the fields.
    [Theory]
    [InlineData("0 30 * * * ?", 2)]
    [InlineData("0\t30\t*\t*\t*\t?", 2)]
    [InlineData("0 30 2 * * ?", 1)]
    [InlineData("0\t30 2 * * ?", 1)]
    public void The_hour_that_autumn_repeats_counts_for_what_runs_all_the_time(string text, int times)
    {
        CronTimes.TryParse(text, Berlin, Now, out var cron, out var fault).Should().BeTrue(fault);
        var (from, to, count) = (new DateTimeOffset(2027, 10, 31, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 10, 31, 2, 0, 0, TimeSpan.Zero), 0);
        for (var at = cron!.After(from); at < to; at = cron.After(at.Value)) count++;
        count.Should().Be(times);
    }
}
