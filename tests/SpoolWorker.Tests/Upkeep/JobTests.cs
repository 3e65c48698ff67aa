using Microsoft.Extensions.Logging;
using SpoolWorker.Calendar;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Schedule;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Upkeep;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>Jobs beside Exim by the clock: how often, after a failure, at a start, paused, and beside a run by hand.</summary>
public sealed class JobTests : IDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1), Minute = TimeSpan.FromMinutes(1);

    private readonly TempDirectory _folder = new();
    private readonly FakeClock _clock = new();
    private readonly LogLines _log = new();
    private readonly MessageLedger _ledger;
    private readonly JobBook _book = new();
    private readonly List<DateTimeOffset> _runs = [];
    private Func<IReadOnlyList<JobFinding>> _finds = () => [new("a", JobFinding.Good, JobLevel.Well, "fine")];
    private bool _isPaused;

    public JobTests() => _ledger = MessageLedger.OpenForWorker(new LedgerOptions { Path = _folder, MapSize = 16 << 20 }, _clock.GetUtcNow());

    public void Dispose()
    {
        _ledger.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task One_that_never_ran_runs_at_the_start_and_then_at_its_pace()
    {
        await ForAsync(Work(), 5 * Hour);
        _runs.Should().HaveCount(6);
        await Work().TickAsync(default);
        _runs.Should().HaveCount(6, "the ledger knows when it ran last");
        _clock.Advance(2 * Hour);
        await Work().TickAsync(default);
        _runs.Should().HaveCount(7, "the last success is too old");
        _log.Count("job job: a: fine").Should().Be(1, "it is said when it is otherwise");
    }

    [Fact]
    public async Task What_was_not_done_is_tried_again_soon_and_less_and_less_often()
    {
        _finds = () => [new("a", "odd", JobLevel.Later, "not now"), new("b", "odd", JobLevel.Later, "nor this")];
        await ForAsync(Work(), 3 * Hour);
        var waits = _runs.Zip(_runs.Skip(1), (a, b) => (int)Math.Round((b - a).TotalMinutes)).ToList();
        waits.Should().StartWith([1, 2, 4, 8, 16, 32, 60]);
        var state = _book.All.Single();
        (state.Fault, state.Succeeded, state.Failures).Should().Be(("a: not now (and 1 more)", null, _runs.Count));
        _ledger.Runs.Find("job").Should().BeNull("a failure is no run");
        _ledger.Runs.Report("job")!.Findings.Should().HaveCount(2);
        _finds = () => [new("a", "odd", JobLevel.Bad, "act")];
        await ForAsync(Work(), Hour);
        (_book.All.Single().Fault, _book.All.Single().Report!.Findings.Single().Level).Should().Be((null, JobLevel.Bad), "what somebody has to act upon is no reason to run again");
        _log.Count("job job: a: act").Should().Be(1);
    }

    [Fact]
    public async Task A_pause_keeps_it_from_running_and_is_made_up_for_once()
    {
        var work = Work();
        await work.TickAsync(default);
        _book.All.Single().Period.Should().Be(Hour);
        _isPaused = true;
        await ForAsync(work, 5 * Hour);
        (_runs.Count, _book.All.Single().Period).Should().Be((1, null), "nobody waits for it");
        _isPaused = false;
        await ForAsync(work, 10 * Minute);
        _runs.Should().HaveCount(2);
        _log.Count("was missed").Should().Be(1);
    }

    [Fact]
    public async Task It_never_runs_twice_at_once_and_a_run_by_hand_counts()
    {
        var work = Work();
        await work.TickAsync(default);
        // A command is at work.
        var path = Path.Combine(_folder, "job-job.lock");
        using (var other = Owned.OpenFile(path, Posix.O_RDWR))
        {
            Posix.TryLockWhole(other, path).Should().BeTrue();
            await ForAsync(work, Hour + Minute);
            _runs.Should().ContainSingle();
            _book.All.Single().Fault.Should().Be("a run of it by hand is still at work");
            (await Runner(log: null).RunAsync(TimeSpan.Zero, default)).Should().BeNull();
        }
        _finds = () => [new("a", "odd", JobLevel.Well, "by hand")];
        (await Runner(log: null).RunAsync(TimeSpan.Zero, default))!.Fault.Should().BeNull();
        await work.TickAsync(default);
        var state = _book.All.Single();
        (state.Fault, state.Report!.Findings.Single().Text, state.Next > _clock.GetUtcNow() + 59 * Minute).Should().Be((null, "by hand", true));
        _runs.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_bug_of_it_stops_nothing_and_is_told_with_its_stack()
    {
        _finds = () => throw new InvalidOperationException("a bug");
        await ForAsync(Work(), 4 * Minute);
        _runs.Count.Should().Be(3);
        _log.Count("schedule job failed: a bug").Should().Be(3);
    }

    [Fact]
    public async Task A_date_that_is_set_back_keeps_it_waiting_for_one_interval_at_most()
    {
        var work = Work();
        await ForAsync(work, 2 * Hour);
        var before = _runs.Count;
        _clock.Jump(TimeSpan.FromHours(-20));
        await ForAsync(work, 2 * Hour + Minute);
        _runs.Count.Should().BeInRange(before + 2, before + 3);
    }

    [Fact]
    public async Task One_with_hours_runs_in_them_alone_and_misses_nothing_outside()
    {
        DayWindows.TryParse("01:00-05:00", TimeZoneInfo.Utc, out var hours, out _).Should().BeTrue();
        var pace = new JobPace(null, Hour) { AgainMost = Hour, RunsAtFirst = true, Hours = hours };
        var work = new UpkeepWork(Registration, Runner(new Logger<JobRunner>(_log)), pace, _ledger.Runs, _book.Of("job", Hour), () => false, _clock, new Logger<ScheduledJob>(_log));
        _clock.Jump(new DateTimeOffset(2026, 11, 29, 13, 0, 0, TimeSpan.Zero) - _clock.GetUtcNow());
        await ForAsync(work, Hour);
        (_runs.Count, _book.All.Single().Next, _book.All.Single().Period).Should().Be((0, new DateTimeOffset(2026, 11, 30, 1, 0, 0, TimeSpan.Zero), TimeSpan.FromDays(1)), "the alert waits for them, too");
        await ForAsync(work, 47 * Hour);
        _runs.Select(r => r.Hour).Should().Equal(1, 2, 3, 4, 1, 2, 3, 4);
        // A fault is tried again in them, too; the worker was down in between.
        _finds = () => [new("a", "odd", JobLevel.Later, "not now")];
        await ForAsync(work, 24 * Hour);
        _runs.Should().OnlyContain(r => r.Hour >= 1 && r.Hour < 5);
        _clock.Advance(5 * TimeSpan.FromDays(1));
        var before = _runs.Count;
        await ForAsync(work, Hour);
        _runs.Should().HaveCount(before, "it is noon");
        _log.Count("was missed").Should().Be(0);
    }

    [Fact]
    public void What_comes_later_at_random_comes_within_its_time()
    {
        var pace = new JobPace(null, Hour) { Jitter = 10 * Minute };
        var waits = Enumerable.Range(0, 200).Select(_ => (pace.After(_clock.GetUtcNow())!.Value - _clock.GetUtcNow()).TotalMinutes).ToList();
        waits.Should().OnlyContain(w => w >= 60 && w < 70);
        (waits.Max() - waits.Min()).Should().BeGreaterThan(5);
    }

    [Theory]
    [InlineData("--Schedule:Jobs:ocsp=30m", null)]
    [InlineData("--Schedule:Jobs:ocsp=0 0 3 * * ?", null)]
    [InlineData("--Schedule:Jobs:ocsp=5s", "Schedule:Jobs:ocsp = '5s': must be 1m to 31d, or a cron expression")]
    [InlineData("--Schedule:Jobs:ocsp=often", "Schedule:Jobs:ocsp = 'often': no time such as 1h, and not a cron expression")]
    [InlineData("--Schedule:Jobs:oscp=1h", "Schedule:Jobs:oscp = '1h': no such job. Known: ")]
    [InlineData("--Schedule:Jitter=2h", "Schedule:Jitter = '2h': must be")]
    [InlineData("--Ocsp:Certificates:0:Proof=/a", "Ocsp:Certificates:0:Certificate = '': must be the file of a certificate")]
    [InlineData("--Ocsp:Certificates:0:Certificate=/a", "Ocsp:Certificates:0:Proof = '': must be the file that tls_ocsp_file names")]
    [InlineData("--Ocsp:Mode=rw", "Ocsp:Mode = 'rw': must be an octal mode")]
    [InlineData("--Ocsp:Proxy=proxy:3128", "Ocsp:Proxy = 'proxy:3128': must be a URL")]
    [InlineData("--Ocsp:Owner=nobody-of-that-name", "Ocsp:Owner = 'nobody-of-that-name': no such user")]
    [InlineData("--Hints:Hours=Mon-Fri 22:00-05:00", null)]
    [InlineData("--Hints:Hours=at night", "Hints:Hours = 'at night': 'at night' is no window")]
    [InlineData("--Hints:Ages:tls=2h", null)]
    [InlineData("--Hints:Ages:tls=5", "Hints:Ages:tls = '5': a number without a unit is no time")]
    [InlineData("--Hints:Ages:tls=5m", "Hints:Ages:tls = '5m': must be 1h to 3650d")]
    [InlineData("--Hints:Ages:retries=1d", "Hints:Ages:retries = '1d': no such database; exim_tidydb knows retry, misc,")]
    [InlineData("--Hints:Databases:0=../retry", "Hints:Databases:0 = '../retry': exim_tidydb knows retry, misc,")]
    [InlineData("--Hints:Spools:0:Tools=/usr/sbin", "Hints:Spools:0:Path = '': must be a spool directory")]
    [InlineData("--Hints:Age=1m", "Hints:Age = '1m': must be 1h to 3650d")]
    [InlineData("--Hints:TimeLimit=2h", "Hints:TimeLimit = '2h': must be 1s to 1h")]
    public void What_cannot_be_meant_is_a_fault(string setting, string? says)
    {
        var faults = ConfigurationLoader.Load(ConfigurationFile.None, [setting], CommonOptions.Known()).Faults.Where(f => f.StartsWith("Schedule:J", StringComparison.Ordinal) || f.StartsWith("Ocsp", StringComparison.Ordinal) || f.StartsWith("Hints", StringComparison.Ordinal)).ToList();
        if (says is null) faults.Should().BeEmpty();
        else faults.Should().ContainSingle().Which.Should().StartWith(says);
    }

    private UpkeepWork Work() => new(Registration, Runner(new Logger<JobRunner>(_log)), new JobPace(null, Hour) { AgainMost = Hour, RunsAtFirst = true }, _ledger.Runs, _book.Of("job", Hour), () => _isPaused, _clock, new Logger<ScheduledJob>(_log));

    private JobRunner Runner(ILogger? log) => new("job", new Made(this), _ledger.Runs, _folder, _clock, log);

    private static JobRegistration Registration => new("job", "a test", "Job", typeof(object), Hour, ["good", "odd"]) { IsOn = _ => true, Create = (_, _) => throw new NotSupportedException() };

    private async Task ForAsync(UpkeepWork work, TimeSpan time)
    {
        for (var until = _clock.GetUtcNow() + time; _clock.GetUtcNow() <= until; _clock.Advance(TimeSpan.FromSeconds(30))) await work.TickAsync(default);
    }

    private sealed class Made(JobTests test) : IUpkeepJob
    {
        public Task<IReadOnlyList<JobFinding>> RunAsync(bool isDry, CancellationToken cancellationToken)
        {
            test._runs.Add(test._clock.GetUtcNow());
            return Task.FromResult(test._finds());
        }
    }
}
