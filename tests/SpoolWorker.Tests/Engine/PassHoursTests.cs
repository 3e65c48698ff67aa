using SpoolWorker.Calendar;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Writing;

namespace SpoolWorker.Tests.Engine;

/// <summary>Passes that do not run all day: what comes to them waits for their hours. The rig's clock starts on Monday at 12:00 UTC.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class PassHoursTests : IAsyncLifetime
{
    private readonly EngineRig _rig = new();
    private readonly List<Outcome> _outcomes = [];
    private int _first, _night;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task What_comes_to_a_pass_outside_its_window_waits_there_and_goes_on_when_it_opens()
    {
        await StartedAsync(Window("22:00-06:00"));
        await _rig.DrainAsync();
        (_first, _night).Should().Be((1, 0));
        var entry = _rig.Ledger.Find(_rig.Intake, new PairFactory().MessageId)!;
        (entry.Deferrals, entry.Failures).Should().Be((0, 0));
        entry.Deferred!.IsPlanned.Should().BeTrue();
        entry.Deferred.Next.Should().Be(At(22, 0).ToUnixTimeMilliseconds());
        _outcomes.Single().Text.Should().Be("waits");
        _outcomes.Single().Reason.Should().Be("waits for its hours (22:00-06:00)");
        (_rig.Engine.Waiting.Deferred, _rig.Engine.Waiting.Planned).Should().Be((0, 1));

        await LaterAsync(TimeSpan.FromMinutes(599));
        (_first, _night).Should().Be((1, 0), "it is not looked at again before its time");
        await LaterAsync(TimeSpan.FromMinutes(1));
        (_first, _night).Should().Be((2, 1));
        _rig.EximDelivers().Should().Equal("bob@r.example");
    }

    [Fact]
    public async Task A_batch_takes_what_has_come_by_its_time_and_leaves_what_comes_later()
    {
        // Nightly; the pass behind it finds its service down, so that the batch comes a second time.
        var isDown = true;
        _rig.With(Counting("first", () => _first++));
        _rig.With(Counting("night", () => _night++), hours: Cron("0 0 22 * * ?"));
        _rig.With(new TestPass("service", _ => isDown ? PassResult.Unavailable("down") : PassResult.Continue));
        new PairFactory { Id = PairFactory.ShortId(1) }.In(_rig.Intake);
        _rig.Start();
        await _rig.DrainAsync();
        await LaterAsync(TimeSpan.FromHours(10));
        _night.Should().Be(1);
        new PairFactory { Id = PairFactory.ShortId(2) }.In(_rig.Intake);
        isDown = false;
        await LaterAsync(TimeSpan.FromMinutes(30));
        _night.Should().Be(2, "the first was in the batch, and the second came behind it");
        EngineRig.Names(_rig.Intake).Should().Equal($"{PairFactory.ShortId(2)}-D", $"{PairFactory.ShortId(2)}-H");
        await LaterAsync(TimeSpan.FromHours(24));
        _night.Should().Be(3);
        EngineRig.Names(_rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_restart_keeps_the_wait_and_goes_by_the_hours_there_are_then()
    {
        await StartedAsync(Window("22:00-06:00"));
        await _rig.DrainAsync();
        await _rig.RestartAsync();
        await _rig.DrainAsync();
        (_first, _night).Should().Be((1, 0));
        await LaterAsync(TimeSpan.FromHours(10));
        _night.Should().Be(1);
    }

    [Fact]
    public async Task An_operators_retry_goes_past_the_hours()
    {
        await StartedAsync(Window("22:00-06:00"));
        await _rig.DrainAsync();
        _rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Retry, Intake = _rig.Intake, Id = new PairFactory().MessageId.ToString() }]);
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
        _night.Should().Be(1);
        _rig.EximDelivers().Should().Equal("bob@r.example");
    }

    [Fact]
    public async Task So_does_a_run_that_was_told_to()
    {
        await StartedAsync(Window("22:00-06:00"));
        await _rig.DrainAsync();
        await _rig.RestartAsync();
        _rig.Engine.IgnoresHours = true;
        await _rig.DrainAsync();
        _night.Should().Be(1, "also for what waits since before");
    }

    [Fact]
    public async Task A_date_that_is_set_forth_opens_the_window_and_one_set_back_keeps_it_closed()
    {
        await StartedAsync(Window("22:00-06:00"));
        await _rig.DrainAsync();
        await _rig.Engine.RetryAsync(default);
        _rig.Clock.Jump(TimeSpan.FromHours(11));
        await LaterAsync(TimeSpan.Zero);
        _night.Should().Be(1);
        new PairFactory { Id = PairFactory.ShortId(2) }.In(_rig.Intake);
        _rig.Clock.Jump(TimeSpan.FromHours(-4));
        await LaterAsync(TimeSpan.Zero);
        _night.Should().Be(1);
        await LaterAsync(TimeSpan.FromHours(3));
        _night.Should().Be(2);
    }

    [Fact]
    public async Task Recipients_that_an_earlier_pass_has_decided_about_do_not_wait()
    {
        _rig.With(TestPass.PerRecipient("judge", r => r.StartsWith('h') ? Disposition.Hold("smells") : r.StartsWith('d') ? Disposition.Defer("later") : Disposition.Continue));
        _rig.With(Counting("night", () => _night++), hours: Window("22:00-06:00"));
        new PairFactory { Recipients = ["a@r.example", "h@r.example", "d@r.example"] }.In(_rig.Intake);
        await _rig.DrainAsync();
        EngineRig.Pairs(_rig.Held).Single().Pending.Should().Equal("h@r.example");
        var entry = _rig.Ledger.Find(_rig.Intake, new PairFactory().MessageId)!;
        entry.Deferrals.Should().Be(1, "a pass has deferred one of them");
        entry.Deferred!.IsPlanned.Should().BeFalse();
        entry.Done.Keys.Should().Equal("h@r.example");
        entry.CameTo.Should().ContainKey("night");
    }

    [Fact]
    public async Task A_planned_wait_makes_no_message_older_for_its_sender()
    {
        var isDown = true;
        _rig.Dsn = new DsnFeature(new DsnOptions { DelayWarning = [TimeSpan.FromHours(4)], GiveUpAfter = TimeSpan.FromHours(8) });
        _rig.With(Counting("night", () => _night++), hours: Window("22:00-23:00"));
        _rig.With(new TestPass("service", _ => isDown ? PassResult.Unavailable("down") : PassResult.Continue));
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        // The service is down behind the window: ten hours of planned wait are no delay, and what comes now is one of minutes.
        await LaterAsync(TimeSpan.FromHours(10));
        _night.Should().Be(1);
        EngineRig.Pairs(_rig.Target).Should().BeEmpty("nobody is told of a delay, or given up");
        var entry = _rig.Ledger.Find(_rig.Intake, new PairFactory().MessageId)!;
        entry.Waited.Should().Be((long)TimeSpan.FromHours(10).TotalMilliseconds);
        // Closed meanwhile: the wait goes on as planned, and is told by nobody.
        await LaterAsync(TimeSpan.FromHours(22));
        EngineRig.Pairs(_rig.Target).Should().BeEmpty();
        isDown = false;
        await LaterAsync(TimeSpan.FromHours(2));
        _rig.EximDelivers().Should().Equal("bob@r.example");
    }

    [Fact]
    public async Task A_window_opens_on_ten_thousand_waiting_messages_and_each_goes_once()
    {
        const int Messages = 10_000;
        _rig.With(Counting("night", () => Interlocked.Increment(ref _night)), hours: Window("22:00-06:00"));
        for (var i = 0; i < Messages; i++) new PairFactory { Id = PairFactory.ShortId(i), Recipients = [$"u{i}@r.example"] }.In(_rig.Intake);
        await _rig.DrainAsync();
        (_night, _rig.Engine.Waiting.Planned).Should().Be((0, Messages));
        _rig.Clock.Advance(TimeSpan.FromHours(10));
        var opened = _rig.Engine.RetryAsync(default);
        // New mail does not wait behind the batch.
        new PairFactory { Id = PairFactory.LongId(1), Recipients = ["new@r.example"] }.In(_rig.Intake);
        await opened;
        await _rig.DrainAsync();
        _night.Should().Be(Messages + 1);
        _rig.EximDelivers().Should().HaveCount(Messages + 1).And.OnlyHaveUniqueItems();
        EngineRig.Names(_rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public void What_lets_nothing_through_is_a_fault_at_start()
    {
        string[] Faults(params string[] settings) => [.. ConfigurationLoader.Load(ConfigurationFile.None, settings, CommonOptions.Known()).Faults.Where(f => f.StartsWith("Passes", StringComparison.Ordinal) || f.StartsWith("Schedule", StringComparison.Ordinal))];
        Faults("--Passes:0:Name=dcc", "--Passes:0:Window=22:00-06:00", "--Passes:1=rules", "--Schedule:TimeZone=Europe/Berlin").Should().BeEmpty();
        Faults("--Passes:0:Name=dcc", "--Passes:0:Window=22:00-22:00").Should().ContainSingle().Which.Should().StartWith("Passes:0:Window = '22:00-22:00'");
        Faults("--Passes:0:Name=dcc", "--Passes:0:Cron=0 0 0 30 2 ?").Should().ContainSingle().Which.Should().Be("Passes:0:Cron = '0 0 0 30 2 ?': never comes true; take another day, month or year");
        Faults("--Passes:0:Name=dcc", "--Passes:0:Cron=0 0 2 * * ?", "--Passes:0:Window=22:00-06:00").Should().ContainSingle().Which.Should().Contain("has a Cron as well");
        Faults("--Passes:0:Name=dsn", "--Passes:0:Window=22:00-06:00").Should().ContainSingle().Which.Should().Contain("is no step that messages come to");
        Faults("--Passes:0:Name=dccc").Should().ContainSingle().Which.Should().StartWith("Passes:0 = 'dccc': no such pass");
        Faults("--Passes:0:Nam=dcc").Should().Contain(f => f.StartsWith("Passes:0:Nam: no such key. Known here: Name, Cron, Window", StringComparison.Ordinal));
        Faults("--Schedule:TimeZone=Mars/Olympus").Should().ContainSingle().Which.Should().StartWith("Schedule:TimeZone = 'Mars/Olympus': no such time zone");
    }

    private static DateTimeOffset At(int hour, int minute) => new(2026, 11, 23, hour, minute, 0, TimeSpan.Zero);

    private static PassHours Window(string text) => new(null, DayWindows.TryParse(text, TimeZoneInfo.Utc, out var window, out var fault) ? window : throw new ArgumentException(fault));

    private static PassHours Cron(string text) => new(CronTimes.TryParse(text, TimeZoneInfo.Utc, At(0, 0), out var cron, out var fault) ? cron : throw new ArgumentException(fault), null);

    private static TestPass Counting(string name, Action count) => new(name, _ =>
    {
        count();
        return PassResult.Continue;
    });

    private async Task StartedAsync(PassHours hours)
    {
        _rig.With(Counting("first", () => _first++));
        _rig.With(Counting("night", () => _night++), hours: hours);
        new PairFactory().In(_rig.Intake);
        _rig.Start();
        _rig.Engine.Outcomes.Published += _outcomes.Add;
        await Task.CompletedTask;
    }

    // As the timer of deferred messages does.
    private async Task LaterAsync(TimeSpan by)
    {
        _rig.Clock.Advance(by);
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
    }
}
