using SpoolWorker.Calendar;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Orders;
using SpoolWorker.Passes;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Telemetry;

namespace SpoolWorker.Tests.Orders;

/// <summary>Pauses of the worker, an intake and a pass: what waits, what goes on, and what is told. The rig's clock starts on Monday at 12:00 UTC.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class PauseTests : IAsyncLifetime
{
    private readonly EngineRig _rig = new();
    private readonly List<Outcome> _outcomes = [];
    private int _first, _dcc;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task A_paused_worker_takes_nothing_lives_and_goes_on_when_it_is_resumed()
    {
        Start();
        _rig.Orders.Give(Order(OrderScope.Worker));
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        (_first, _rig.Engine.Busy).Should().Be((0, 0));
        _outcomes.Should().NotContain(o => o.IsNews, "nobody is told of each message that waits");
        _rig.Engine.LastScan.Should().NotBeNull("the intakes are read all the same");
        _rig.Clock.Advance(TimeSpan.FromHours(3));
        await _rig.Engine.ScanAsync(default);
        _rig.Engine.Stuck(TimeSpan.FromMinutes(2)).Should().BeEmpty("it is not stuck");
        _rig.Engine.Obstacles.Should().BeEmpty();
        _rig.Engine.NotReady.Should().Equal("the worker is paused by alice: moved");

        using var metrics = new MeterRig(_rig);
        metrics["spoolworker_paused_seconds{what=\"worker\",name=\"\"}"].Should().Be(10800);
        metrics["spoolworker_waiting_messages{state=\"paused\"}"].Should().Be(1);
        metrics["spoolworker_oldest_unplanned_age_seconds"].Should().Be(0);

        _rig.Orders.TakeBack(o => o.Scope == OrderScope.Worker, Order(OrderScope.Worker));
        await EngineRig.UntilAsync(() => EngineRig.Names(_rig.Intake).Length == 0, "it goes on by itself");
        _rig.EximDelivers().Should().Equal("bob@r.example");
        _rig.Engine.NotReady.Should().BeEmpty();
        _rig.Ledger.Verbs.Audit(0, 10).Select(r => (r.Verb, r.Actor, r.Id)).Should().Equal((VerbKind.Pause, "alice", ""), (VerbKind.Resume, "alice", ""));
    }

    [Fact]
    public async Task A_pause_outlives_the_process_and_ends_by_itself_when_its_time_is_over()
    {
        Start();
        _rig.Orders.Give(Order(OrderScope.Worker, time: TimeSpan.FromHours(2)));
        new PairFactory().In(_rig.Intake);
        await _rig.RestartAsync();
        await _rig.DrainAsync();
        _first.Should().Be(0);
        _rig.Log.Count("order: the worker is paused by alice until 2026-11-23 14:00Z: moved").Should().Be(2, "at the giving and at the start");
        // A date that is set back makes it no longer.
        _rig.Clock.Jump(TimeSpan.FromHours(-5));
        _rig.Clock.Advance(TimeSpan.FromHours(2));
        await _rig.Engine.RetryAsync(default);
        await EngineRig.UntilAsync(() => EngineRig.Names(_rig.Intake).Length == 0, "it goes on by itself");
        _rig.Ledger.Orders.All().Should().BeEmpty();
        _rig.Ledger.Verbs.Audit(0, 10)[^1].Told.Should().StartWith("its time is over: the worker is paused");
    }

    [Fact]
    public async Task A_command_beside_the_worker_tells_it_by_the_ledger()
    {
        Start();
        _rig.Ledger.Orders.Give(Order(OrderScope.Worker), new VerbRow { Verb = VerbKind.Pause, Intake = "", Id = "" });
        await _rig.Engine.RetryAsync(default);
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        _first.Should().Be(0);
    }

    [Fact]
    public async Task A_run_that_ends_by_itself_is_told_by_the_ledger_too()
    {
        Start();
        _rig.Ledger.Orders.Give(Order(OrderScope.Worker), new VerbRow { Verb = VerbKind.Pause, Intake = "", Id = "" });
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        _first.Should().Be(0);
    }

    [Fact]
    public void What_was_ordered_beside_it_and_not_seen_yet_is_taken_back()
    {
        Start();
        _rig.Ledger.Orders.Give(Order(OrderScope.Worker), new VerbRow { Verb = VerbKind.Pause, Intake = "", Id = "" });
        OrderActs.Do(_rig.Orders, new OrderGround([], [], []), new OrderRequest { Verb = OrderVerb.Resume }, _rig.Clock.GetUtcNow()).Changed.Should().BeTrue();
        _rig.Ledger.Orders.All().Should().BeEmpty();
    }

    [Fact]
    public async Task A_date_that_is_set_forth_does_not_have_what_waits_at_a_pass_looked_at_all_the_time()
    {
        Start();
        _rig.Orders.Give(Order(OrderScope.Pass, "dcc", TimeSpan.FromHours(2)));
        _rig.Clock.Jump(TimeSpan.FromHours(5));
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        (_dcc, _rig.Engine.Waiting.Planned, _rig.Engine.Waiting.NextTry).Should().Be((0, 1, TimeSpan.FromHours(2)));
    }

    [Fact]
    public async Task Only_the_mail_of_a_paused_intake_waits()
    {
        var other = _rig.Make("other/input");
        _rig.Settings.Intakes.Add(new SpoolWorker.Options.IntakeOptions { Path = other, Kind = SpoolWorker.Options.IntakeKind.Spool });
        Start();
        _rig.Orders.Give(Order(OrderScope.Intake, other));
        new PairFactory { Id = PairFactory.ShortId(1) }.In(_rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(2) }.In(other);
        await _rig.DrainAsync();
        EngineRig.Names(_rig.Intake).Should().BeEmpty();
        EngineRig.Names(other).Should().HaveCount(2);
        _rig.Engine.NotReady.Should().ContainSingle().Which.Should().Be($"intake {other} is paused by alice: moved");
    }

    [Fact]
    public async Task What_comes_to_a_paused_pass_waits_there_and_counts_for_nothing()
    {
        Start();
        _rig.Orders.Give(Order(OrderScope.Pass, "dcc"));
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        (_first, _dcc).Should().Be((1, 0));
        var entry = Entry;
        (entry.Deferrals, entry.Failures, entry.Deferred!.IsPlanned, entry.Deferred.IsOpenEnded).Should().Be((0, 0, true, true));
        _outcomes.Last(o => o.IsNews).Should().Match<Outcome>(o => o.Text == "waits" && o.Reason == "waits: pass dcc is paused by alice: moved");
        (_rig.Engine.Waiting.Planned, _rig.Engine.Waiting.NextTry).Should().Be((1, null));
        await _rig.RestartAsync();
        await _rig.DrainAsync();
        (_first, _dcc).Should().Be((1, 0), "the wait is known, and no pass is asked again");
        _rig.Orders.TakeBack(o => o.Name == "dcc", Order(OrderScope.Pass, "dcc"));
        await EngineRig.UntilAsync(() => EngineRig.Names(_rig.Intake).Length == 0, "it goes on by itself");
        _dcc.Should().Be(1);
    }

    [Fact]
    public async Task A_pass_with_hours_keeps_to_them_when_its_pause_ends()
    {
        Start(new PassHours(null, DayWindows.TryParse("22:00-06:00", TimeZoneInfo.Utc, out var window, out _) ? window : null));
        _rig.Orders.Give(Order(OrderScope.Pass, "dcc", TimeSpan.FromHours(1)));
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        Entry.Deferred!.Next.Should().Be(_rig.Clock.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds());
        _rig.Clock.Advance(TimeSpan.FromHours(1));
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
        _dcc.Should().Be(0);
        _rig.Clock.Advance(TimeSpan.FromHours(9));
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
        _dcc.Should().Be(1);
    }

    [Fact]
    public async Task Verbs_are_done_in_a_paused_worker_but_for_retry()
    {
        Start();
        _rig.Orders.Give(Order(OrderScope.Worker));
        var (retried, released) = (new PairFactory { Id = PairFactory.ShortId(1) }.In(_rig.Intake), new PairFactory { Id = PairFactory.ShortId(2), Recipients = ["eve@r.example"] }.In(_rig.Intake));
        var rows = _rig.Ledger.Verbs.Add([Verb(VerbKind.Retry, retried), Verb(VerbKind.Release, released)]);
        await _rig.Engine.RetryAsync(default);
        await EngineRig.UntilAsync(() => _rig.Ledger.Verbs.Waiting().Count == 0, "both are settled");
        await EngineRig.UntilAsync(() => !EngineRig.Names(_rig.Intake).Contains(released.HeaderName), "released");
        var settled = _rig.Ledger.Verbs.Find(rows);
        settled[0]!.Should().Match<VerbRow>(r => r.Result == VerbResult.NotNow && r.Told.StartsWith("the worker is paused by alice: moved; a retry does not go past that"));
        settled[1]!.Result.Should().Be(VerbResult.Done);
        _rig.EximDelivers().Should().Equal("eve@r.example");
    }

    [Fact]
    public async Task A_retry_goes_to_a_paused_pass_and_waits_there_and_a_release_past_it_is_refused()
    {
        Start();
        _rig.Orders.Give(Order(OrderScope.Pass, "dcc"));
        var pair = new PairFactory().In(_rig.Intake);
        var rows = _rig.Ledger.Verbs.Add([Verb(VerbKind.Retry, pair), Verb(VerbKind.Release, pair)]);
        await _rig.Engine.RetryAsync(default);
        await EngineRig.UntilAsync(() => _rig.Ledger.Verbs.Waiting().Count == 0, "both are settled");
        var settled = _rig.Ledger.Verbs.Find(rows);
        settled[0]!.Told.Should().Be("deferred: waits: pass dcc is paused by alice: moved");
        settled[1]!.Should().Match<VerbRow>(r => r.Result == VerbResult.NotNow && r.Told.Contains("pass dcc is paused by alice"));
        _dcc.Should().Be(0);
        EngineRig.Names(_rig.Target).Should().BeEmpty();
    }

    [Fact]
    public async Task A_drain_ends_with_the_process_and_a_pause_beside_it_does_not()
    {
        Start();
        _rig.Orders.Give(Order(OrderScope.Worker) with { Kind = OrderKind.Drain });
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        (_first, _rig.Engine.Busy).Should().Be((0, 0));
        _rig.Engine.NotReady.Should().Equal("the worker is drained by alice: moved");
        await _rig.Engine.RetryAsync(default);
        _rig.Orders.PauseOfWorker.Should().NotBeNull("a look at the ledger does not end it");
        await _rig.RestartAsync();
        await _rig.DrainAsync();
        _first.Should().Be(1);
    }

    [Fact]
    public async Task Orders_that_come_and_go_beside_the_work_lose_nothing_and_double_nothing()
    {
        const int Messages = 400;
        var random = new Random(7);
        Start();
        var feeding = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
            {
                new PairFactory { Id = PairFactory.ShortId(i), Recipients = [$"u{i}@r.example"] }.In(_rig.Intake);
                if (i % 40 == 0) await _rig.Engine.ScanAsync(default);
            }
        });
        for (var i = 0; i < 60; i++)
        {
            var order = random.Next(4) switch
            {
                0 => Order(OrderScope.Worker),
                1 => Order(OrderScope.Intake, _rig.Intake),
                2 => Order(OrderScope.Pass, "dcc"),
                _ => Order(OrderScope.Pass, "dcc", TimeSpan.FromHours(1)) with { Kind = OrderKind.Skip },
            };
            _rig.Orders.Give(order);
            // So that something happens between the two.
            await Task.Delay(random.Next(10));
            _rig.Orders.TakeBack(o => o.IsOfSame(order), order).Should().HaveCount(1);
        }
        await feeding;
        _rig.Ledger.Orders.All().Should().BeEmpty();
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
        await EngineRig.UntilAsync(() => EngineRig.Names(_rig.Intake).Length == 0, "all go on");
        _rig.EximDelivers().Should().HaveCount(Messages).And.OnlyHaveUniqueItems();
        _rig.Engine.Waiting.Planned.Should().Be(0);
    }

    [Fact]
    public async Task A_run_that_ends_by_itself_keeps_to_a_pause()
    {
        Start();
        _rig.Orders.Give(Order(OrderScope.Worker));
        await _rig.RestartAsync();
        new PairFactory().In(_rig.Intake);
        _rig.Engine.IgnoresHours = true;
        await _rig.DrainAsync();
        _first.Should().Be(0);
    }

    private SpoolWorker.Ledger.LedgerEntry Entry => _rig.Ledger.Find(_rig.Intake, new PairFactory().MessageId)!;

    private OrderRow Order(OrderScope scope, string name = "", TimeSpan? time = null)
    {
        var now = _rig.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        return new OrderRow { Kind = OrderKind.Pause, Scope = scope, Name = name, Since = now, Until = time is { } span ? now + (long)span.TotalMilliseconds : 0, Actor = "alice", Reason = "moved" };
    }

    private VerbRow Verb(VerbKind verb, PairFactory pair) => new() { Verb = verb, Intake = _rig.Intake, Id = pair.Id, AlsoWaiting = true };

    private void Start(PassHours? hours = null)
    {
        _rig.With(new TestPass("first", _ => Counted(ref _first)));
        _rig.With(new TestPass("dcc", _ => Counted(ref _dcc)), hours: hours);
        _rig.Start();
        _rig.Engine.Outcomes.Published += outcome =>
        {
            lock (_outcomes) _outcomes.Add(outcome);
        };
    }

    private static PassResult Counted(ref int count)
    {
        Interlocked.Increment(ref count);
        return PassResult.Continue;
    }
}
