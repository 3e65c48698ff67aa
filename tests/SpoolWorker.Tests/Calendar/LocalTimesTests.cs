using System.Globalization;
using SpoolWorker.Calendar;

namespace SpoolWorker.Tests.Calendar;

/// <summary>Times of day at both edges of daylight saving. In 2026 Berlin skips 02:00 to 03:00 on 29 March and has it twice on 25 October.</summary>
public class LocalTimesTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("2026-03-29 01:59", "2026-03-29T00:59Z")]
    [InlineData("2026-03-29 02:00", "2026-03-29T01:00Z")]
    [InlineData("2026-03-29 02:30", "2026-03-29T01:00Z")]
    [InlineData("2026-03-29 03:00", "2026-03-29T01:00Z")]
    [InlineData("2026-10-25 02:30", "2026-10-25T00:30Z")]
    [InlineData("2026-10-25 03:00", "2026-10-25T02:00Z")]
    public void A_time_of_day_is_one_moment(string local, string moment) => new LocalTimes(Berlin).At(Local(local)).Should().Be(Moment(moment));

    [Fact]
    public void A_gap_of_half_an_hour_ends_where_it_ends() =>
        new LocalTimes(TimeZoneInfo.FindSystemTimeZoneById("Australia/Lord_Howe")).At(Local("2026-10-04 02:10")).Should().Be(Moment("2026-10-03T15:30Z"));

    [Theory]
    [InlineData("0 30 2 * * ?", "2026-03-28T00:00Z", "2026-03-28T01:30Z 2026-03-29T01:00Z 2026-03-30T00:30Z")]
    [InlineData("0 30 2 * * ?", "2026-10-24T00:00Z", "2026-10-24T00:30Z 2026-10-25T00:30Z 2026-10-26T01:30Z")]
    [InlineData("0 0,30 2 * * ?", "2026-03-28T12:00Z", "2026-03-29T01:00Z 2026-03-30T00:00Z")]
    [InlineData("0 0 3 * * ?", "2026-03-28T12:00Z", "2026-03-29T01:00Z 2026-03-30T01:00Z")]
    [InlineData("0 */30 * * * ?", "2026-10-24T23:50Z", "2026-10-25T00:00Z 2026-10-25T00:30Z 2026-10-25T01:00Z 2026-10-25T01:30Z 2026-10-25T02:00Z")]
    [InlineData("0 */30 * * * ?", "2026-03-29T00:20Z", "2026-03-29T00:30Z 2026-03-29T01:00Z 2026-03-29T01:30Z")]
    [InlineData("0 15 8 ? * MON-FRI", "2026-11-27T12:00Z", "2026-11-30T07:15Z 2026-12-01T07:15Z")]
    public void A_schedule_of_a_time_of_day_runs_once_a_day_and_one_of_all_hours_in_all_hours(string cron, string from, string expected)
    {
        CronTimes.TryParse(cron, Berlin, Moment(from), out var times, out var fault).Should().BeTrue(fault);
        var at = Moment(from);
        foreach (var next in expected.Split(' '))
        {
            at = times!.After(at)!.Value;
            at.Should().Be(Moment(next));
        }
    }

    [Theory]
    [InlineData("0 30 2 * *", "not a cron expression")]
    [InlineData("", "not a cron expression")]
    [InlineData("0 0 0 30 2 ?", "never comes true")]
    [InlineData("0 0 0 1 1 ? 2020", "never comes true")]
    public void What_never_comes_true_is_refused(string cron, string reason)
    {
        CronTimes.TryParse(cron, Berlin, Moment("2026-11-01T00:00Z"), out _, out var fault).Should().BeFalse();
        fault.Should().StartWith(reason);
    }

    [Theory]
    [InlineData("22:00-06:00", "2026-11-28T20:59Z", "2026-11-28T21:00Z", "2026-11-29T05:00Z")]
    [InlineData("Mon-Fri 08:00-18:00, Sat 09:00-12:00", "2026-11-28T12:00Z", "2026-11-30T07:00Z", "2026-11-30T17:00Z")]
    [InlineData("Sat-Mon 23:00-01:00", "2026-11-27T23:30Z", "2026-11-28T22:00Z", "2026-11-29T00:00Z")]
    [InlineData("20:00-24:00", "2026-11-28T12:00Z", "2026-11-28T19:00Z", "2026-11-28T23:00Z")]
    [InlineData("02:15-02:45", "2026-10-24T12:00Z", "2026-10-25T00:15Z", "2026-10-25T00:45Z")]
    [InlineData("02:30-04:00", "2026-10-24T12:00Z", "2026-10-25T00:30Z", "2026-10-25T03:00Z")]
    [InlineData("02:15-02:45", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z")]
    [InlineData("02:30-04:00", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2026-03-29T02:00Z")]
    public void A_window_opens_and_closes_once_a_day(string text, string before, string opens, string closes)
    {
        DayWindows.TryParse(text, Berlin, out var window, out var fault).Should().BeTrue(fault);
        var from = Moment(opens);
        var minute = TimeSpan.FromMinutes(1);
        window!.Contains(Moment(before)).Should().BeFalse();
        window.NextAfter(Moment(before)).Should().Be(from);
        window.Contains(from - minute).Should().BeFalse();
        window.Contains(from).Should().BeTrue();
        window.Contains(Moment(closes) - minute).Should().BeTrue();
        window.Contains(Moment(closes)).Should().BeFalse();
        window.Contains(Moment(closes) + minute).Should().BeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("22-06")]
    [InlineData("22:00-25:00")]
    [InlineData("Mon 22:00")]
    [InlineData("Mo-Fr 08:00-18:00")]
    [InlineData("08:00-18:00,")]
    public void What_is_no_window_is_told_with_an_example(string text)
    {
        DayWindows.TryParse(text, Berlin, out _, out var fault).Should().BeFalse();
        fault.Should().Contain("is no window; write 22:00-06:00");
        DayWindows.TryParse("08:00-08:00", Berlin, out _, out fault).Should().BeFalse();
        fault.Should().Contain("empty window");
    }

    private static DateTime Local(string text) => DateTime.ParseExact(text, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static DateTimeOffset Moment(string text) => DateTimeOffset.ParseExact(text, "yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
