using Microsoft.Extensions.Logging;
using SpoolWorker.Calendar;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Schedule;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Schedule;

/// <summary>Schedules on a clock that the test moves, in the time of Berlin.</summary>
public sealed class ScheduledJobTests : IDisposable
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private readonly TempDirectory _folder = new();
    private readonly FakeClock _clock = new();
    private readonly LogLines _log = new();
    private readonly MessageLedger _ledger;
    private readonly List<DateTimeOffset> _runs = [];

    public ScheduledJobTests() => _ledger = MessageLedger.OpenForWorker(new LedgerOptions { Path = _folder, MapSize = 16 << 20 }, _clock.GetUtcNow());

    public void Dispose()
    {
        _ledger.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("2026-10-19T22:00Z", 7)]
    [InlineData("2026-03-23T23:00Z", 7)]
    [InlineData("2026-06-01T22:00Z", 7)]
    public async Task In_a_week_each_runs_as_often_as_its_time_comes(string from, int days)
    {
        At(from);
        var (daily, skipped, hourly, weekly) = (Job("0 0 6 * * ?", "daily"), Job("0 30 2 * * ?", "night"), Job("0 0 * * * ?", "hourly"), Job("0 0 9 ? * MON-FRI", "weekdays"));
        var counts = new Dictionary<string, int>();
        foreach (var (name, job) in new[] { ("daily", daily), ("night", skipped), ("hourly", hourly), ("weekdays", weekly) })
        {
            _runs.Clear();
            At(from);
            await job.TickAsync(default);
            var hours = (int)(new LocalTimes(Berlin).At(new LocalTimes(Berlin).Of(_clock.GetUtcNow()).AddDays(days)) - _clock.GetUtcNow()).TotalHours;
            for (var minute = 0; minute < hours * 60; minute++)
            {
                _clock.Advance(TimeSpan.FromMinutes(1));
                await job.TickAsync(default);
            }
            counts[name] = _runs.Count;
            if (name == "hourly") _runs.Count.Should().Be(hours, "each hour has one, also the one that is there twice");
            else _runs.Select(r => new LocalTimes(Berlin).Of(r).Date).Should().OnlyHaveUniqueItems("once a day");
        }
        counts["daily"].Should().Be(days);
        counts["night"].Should().Be(days, "also in the nights in which the clock is set");
        counts["weekdays"].Should().Be(5);
        _log.Count("was missed").Should().Be(0);
    }

    [Fact]
    public async Task What_was_missed_is_said_and_done_once()
    {
        var job = Job("0 0 6 * * ?");
        await job.TickAsync(default);
        _clock.Advance(TimeSpan.FromDays(3));
        for (var second = 0; second < 5; second++)
        {
            await job.TickAsync(default);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        _runs.Should().ContainSingle();
        _log.Count("schedule job: the run of 2026-11-24 05:00:00").Should().Be(1);
        _clock.Advance(TimeSpan.FromDays(1));
        await job.TickAsync(default);
        _runs.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_start_makes_up_for_what_was_missed_and_runs_nothing_that_never_ran()
    {
        await Job("0 0 6 * * ?").TickAsync(default);
        _runs.Should().BeEmpty();
        _ledger.Runs.Note("job", new JobRun(_clock.GetUtcNow().AddDays(-2).ToUnixTimeMilliseconds(), 1, 0));
        await Job("0 0 6 * * ?").TickAsync(default);
        _runs.Should().ContainSingle();
        await Job("0 0 6 * * ?").TickAsync(default);
        _runs.Should().ContainSingle("the ledger knows of it");
        _ledger.Runs.Find("job")!.Messages.Should().Be(7);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(-20)]
    public async Task A_date_that_is_set_back_stops_nothing_and_repeats_nothing(int hours)
    {
        var job = Job("0 0 6 * * ?");
        await job.TickAsync(default);
        _clock.Advance(TimeSpan.FromHours(18));
        await job.TickAsync(default);
        _runs.Should().ContainSingle();
        _clock.Jump(TimeSpan.FromHours(hours));
        await EveryMinuteAsync(job, TimeSpan.FromHours(-hours + 1));
        _runs.Should().ContainSingle("it has run at six already");
        await EveryMinuteAsync(job, TimeSpan.FromHours(24));
        _runs.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_date_that_is_set_back_by_weeks_is_taken_for_the_right_one()
    {
        var job = Job("0 0 6 * * ?");
        await job.TickAsync(default);
        _clock.Advance(TimeSpan.FromHours(18));
        await job.TickAsync(default);
        _clock.Jump(TimeSpan.FromDays(-30));
        await EveryMinuteAsync(job, TimeSpan.FromHours(24));
        _runs.Should().HaveCount(2);
    }

    [Fact]
    public async Task One_that_takes_too_long_is_not_run_twice_at_once_and_makes_up_once()
    {
        var job = Job("0 */10 * * * ?", "job", () => _clock.Advance(_runs.Count == 1 ? TimeSpan.FromMinutes(35) : TimeSpan.Zero));
        await job.TickAsync(default);
        _clock.Advance(TimeSpan.FromMinutes(10));
        await job.TickAsync(default);
        await job.TickAsync(default);
        await job.TickAsync(default);
        _runs.Should().HaveCount(2, "three times were missed meanwhile, and are made up for by one run");
        _log.Count("was missed").Should().Be(1);
    }

    [Fact]
    public async Task One_that_fails_is_tried_again_in_a_minute_and_is_no_run()
    {
        var fails = true;
        var job = Job("0 1 13 * * ?", "job", () =>
        {
            if (fails) throw new IOException("no such ledger");
        });
        await job.TickAsync(default);
        await EveryMinuteAsync(job, TimeSpan.FromMinutes(2));
        _runs.Should().HaveCount(2);
        _log.Count("schedule job failed: no such ledger").Should().Be(2);
        _ledger.Runs.Find("job").Should().BeNull();
        fails = false;
        await EveryMinuteAsync(job, TimeSpan.FromMinutes(3));
        _runs.Should().HaveCount(3);
    }

    [Fact]
    public async Task One_that_cannot_be_noted_is_not_run_again_before_its_time()
    {
        var job = Job("0 1 13 * * ?", "job", FillLedger);
        await job.TickAsync(default);
        await EveryMinuteAsync(job, TimeSpan.FromMinutes(5));
        _runs.Should().ContainSingle();
        _log.Count("schedule job has run, which cannot be noted: ").Should().Be(1);
        await EveryMinuteAsync(job, TimeSpan.FromDays(1));
        _runs.Should().HaveCount(2, "the next day is another run");
    }

    // Until not even a note fits.
    private void FillLedger()
    {
        foreach (var findings in new[] { 1000, 10, 1, 0 })
        {
            try
            {
                for (var n = 0; ; n++) _ledger.Runs.Note($"filler-{findings}-{n}", new JobReport(0, [.. Enumerable.Repeat(new JobFinding("subject", "kind", JobLevel.Well, new string('x', 400)), findings)]), null);
            }
            catch (LedgerException)
            {
                // so many fit
            }
        }
    }

    private void At(string moment) => _clock.Jump(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture) - _clock.GetUtcNow());

    private async Task EveryMinuteAsync(ScheduledJob job, TimeSpan time)
    {
        for (var minute = 0; minute < time.TotalMinutes; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            await job.TickAsync(default);
        }
    }

    private ScheduledJob Job(string cron, string name = "job", Action? work = null)
    {
        CronTimes.TryParse(cron, Berlin, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), out var times, out var fault).Should().BeTrue(fault);
        return new ScheduledJob(name, new JobPace(times!, null), _ =>
        {
            _runs.Add(_clock.GetUtcNow());
            work?.Invoke();
            return Task.FromResult(7);
        }, _ledger.Runs, new JobBook().Of(name), _clock, new Logger<ScheduledJob>(_log));
    }
}
