using SpoolWorker.Calendar;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Generations;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Engine;

/// <summary>Other passes put in force while mail is in hand.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class GenerationTests : IAsyncLifetime
{
    private static readonly PassOptions Impatient = new() { BreakAfter = 2, BreakFor = TimeSpan.FromMinutes(10) };

    private readonly EngineRig _rig = new();
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _seen = new();
    private readonly List<string> _ended = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task A_message_ends_with_the_passes_it_began_with_and_these_with_it()
    {
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _rig.With(new TestPass("first", async (context, _) =>
        {
            entered.TrySetResult();
            await go.Task;
            return PassResult.Continue;
        }));
        _rig.With(new TestPass("second", context => Saw("old", context)));
        new PairFactory { Id = PairFactory.ShortId(1) }.In(_rig.Intake);
        _rig.Start();
        var drained = _rig.DrainAsync();
        await entered.Task;
        _rig.Engine.Replace(Set("old ended", new TestPass("first", _ => PassResult.Continue), new TestPass("second", context => Saw("new", context)))).Should().Be(2);
        // Its own end belongs to the one behind it: the first was given none.
        _rig.Engine.Replace(Set("new ended", new TestPass("second", context => Saw("newest", context))));
        await EngineRig.UntilAsync(() => Ended("old ended"), "nobody has begun with the second generation");
        new PairFactory { Id = PairFactory.ShortId(2) }.In(_rig.Intake);
        await _rig.Engine.ScanAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => _seen.Contains($"newest {PairFactory.ShortId(2)}"), "the second is judged while the first is in hand");
        go.SetResult();
        await drained;
        await _rig.DrainAsync();
        _seen.Should().BeEquivalentTo($"newest {PairFactory.ShortId(2)}", $"old {PairFactory.ShortId(1)}");
        Ended("new ended").Should().BeFalse("it is in force");
        _rig.Engine.Generation.Should().Be(3);
        EngineRig.Pairs(_rig.Target).Should().HaveCount(2);
    }

    [Fact]
    public async Task A_pass_that_was_left_to_itself_keeps_its_generation()
    {
        var go = new TaskCompletionSource();
        _rig.Start();
        _rig.Engine.Replace(Set("ended", (new TestPass("deaf", async (_, _) =>
        {
            await go.Task;
            return PassResult.Continue;
        }), new PassOptions { Timeout = TimeSpan.FromMilliseconds(10), OnUnavailable = OnUnavailable.Skip })));
        new PairFactory().In(_rig.Intake);
        var drained = _rig.DrainAsync();
        await EngineRig.UntilAsync(() =>
        {
            _rig.Clock.Advance(TimeSpan.FromMilliseconds(20));
            return drained.IsCompleted;
        }, "the pass runs out of time");
        _rig.Engine.Replace(Set("next ended", new TestPass("none", _ => PassResult.Continue)));
        // Its end waits for the pass: nothing to wait for tells that it has not come.
        await Task.Delay(50);
        Ended("ended").Should().BeFalse();
        go.SetResult();
        await EngineRig.UntilAsync(() => Ended("ended"), "it ends with the pass");
    }

    [Fact]
    public async Task What_the_old_passes_have_left_waiting_goes_on_whatever_hangs_in_them()
    {
        DayWindows.TryParse("22:00-06:00", TimeZoneInfo.Utc, out var window, out _).Should().BeTrue();
        var (entered, go, end) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        _rig.With(new TestPass("deaf", async (_, _) =>
        {
            await end.Task;
            return PassResult.Continue;
        }), new PassOptions { Timeout = TimeSpan.FromMilliseconds(10), OnUnavailable = OnUnavailable.Skip });
        _rig.With(new TestPass("gate", async (_, _) =>
        {
            entered.TrySetResult();
            await go.Task;
            return PassResult.Continue;
        }));
        _rig.With(new TestPass("night", _ => PassResult.Continue), hours: new PassHours(null, window));
        new PairFactory().In(_rig.Intake);
        _rig.Start();
        var drained = _rig.DrainAsync();
        await EngineRig.UntilAsync(() =>
        {
            _rig.Clock.Advance(TimeSpan.FromMilliseconds(20));
            return entered.Task.IsCompleted;
        }, "the deaf pass runs out of time");
        _rig.Engine.Replace(Set("", new TestPass("other", context => Saw("other", context))));
        go.SetResult();
        await drained;
        // The old passes end beside us.
        await EngineRig.UntilAsync(() =>
        {
            _rig.Engine.RetryAsync(CancellationToken.None).GetAwaiter().GetResult();
            return !_seen.IsEmpty;
        }, "it waits for hours that are gone");
        await _rig.DrainAsync();
        _rig.EximDelivers().Should().Equal("bob@r.example");
        end.SetResult();
    }

    [Fact]
    public async Task A_breaker_stays_as_it_is_where_its_limits_do()
    {
        _rig.With(new TestPass("dcc", _ => PassResult.Unavailable("down")), Impatient);
        _rig.Start();
        for (var i = 1; i <= 3; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(_rig.Intake);
        await _rig.DrainAsync();
        var since = _rig.Engine.Breakers.Single().Since;
        _rig.Engine.Breakers.Single().State.Should().Be("open");
        _rig.Clock.Advance(TimeSpan.FromSeconds(5));

        _rig.Engine.Replace(Set("", (new TestPass("rules", _ => PassResult.Continue), new PassOptions()), (new TestPass("dcc", context => Saw("dcc", context)), Impatient)));
        _rig.Engine.Breakers.Select(b => (b.Pass, b.State)).Should().Equal(("rules", "closed"), ("dcc", "open"));
        _rig.Engine.Breakers[1].Since.Should().Be(since);
        new PairFactory { Id = PairFactory.ShortId(4) }.In(_rig.Intake);
        await _rig.DrainAsync();
        _seen.Should().BeEmpty("its service is down, whatever configuration asks it");

        _rig.Engine.Replace(Set("", (new TestPass("dcc", context => Saw("dcc", context)), new PassOptions { BreakAfter = 3 })));
        _rig.Engine.Breakers.Single().State.Should().Be("closed", "its limits are others");
        new PairFactory { Id = PairFactory.ShortId(5) }.In(_rig.Intake);
        await _rig.DrainAsync();
        _seen.Should().Equal($"dcc {PairFactory.ShortId(5)}");
    }

    [Fact]
    public async Task What_waits_for_hours_that_are_gone_goes_on_and_what_a_pass_deferred_that_is_gone_comes_at_its_time()
    {
        DayWindows.TryParse("22:00-06:00", TimeZoneInfo.Utc, out var window, out _).Should().BeTrue();
        _rig.With(TestPass.PerRecipient("grey", address => address == "grey@r.example" ? Disposition.Defer("greylisted") : Disposition.Continue));
        _rig.With(new TestPass("night", _ => PassResult.Continue), hours: new PassHours(null, window));
        new PairFactory { Id = PairFactory.ShortId(1) }.In(_rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(2), Recipients = ["grey@r.example"] }.In(_rig.Intake);
        await _rig.DrainAsync();
        (_rig.Engine.Waiting.Planned, _rig.Engine.Waiting.Deferred).Should().Be((1, 1));
        _rig.Engine.Replace(Set("", new TestPass("other", context => Saw("other", context))));
        await _rig.Engine.RetryAsync(CancellationToken.None);
        await _rig.DrainAsync();
        _seen.Should().Equal($"other {PairFactory.ShortId(1)}");
        _rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await _rig.Engine.RetryAsync(CancellationToken.None);
        await _rig.DrainAsync();
        _seen.Should().Equal($"other {PairFactory.ShortId(1)}", $"other {PairFactory.ShortId(2)}");
        _rig.EximDelivers().Should().BeEquivalentTo("bob@r.example", "grey@r.example");
    }

    [Fact]
    public async Task A_pause_stays_and_keeps_nobody_at_a_pass_that_is_gone()
    {
        _rig.With(new TestPass("dcc", context => Saw("dcc", context)));
        new PairFactory().In(_rig.Intake);
        _rig.Start();
        _rig.Orders.Give(new OrderRow { Kind = OrderKind.Pause, Scope = OrderScope.Pass, Name = "dcc", Since = _rig.Clock.GetUtcNow().ToUnixTimeMilliseconds(), Actor = "alice", Reason = "moved" });
        await _rig.DrainAsync();
        _rig.Engine.Waiting.Planned.Should().Be(1);
        _rig.Engine.Replace(Set("", new TestPass("first", context => Saw("first", context)), new TestPass("dcc", context => Saw("dcc", context))));
        await _rig.Engine.RetryAsync(CancellationToken.None);
        await _rig.DrainAsync();
        _seen.Should().BeEmpty("it waits at dcc still");
        _rig.Engine.Replace(Set("", new TestPass("first", context => Saw("first", context))));
        await _rig.Engine.RetryAsync(CancellationToken.None);
        await _rig.DrainAsync();
        _seen.Should().Equal($"first {new PairFactory().Id}");
        _rig.EximDelivers().Should().Equal("bob@r.example");
    }

    [Fact]
    public void A_generation_ends_once_and_is_not_taken_any_more()
    {
        var ended = new System.Collections.Concurrent.ConcurrentBag<int>();
        var line = new GenerationLine<int>(1, value =>
        {
            ended.Add(value);
            return Task.CompletedTask;
        });
        // Takers and replacers at once: each value ends exactly once, and never in a taker's hands.
        Parallel.For(0, 8, part =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (part == 0 && i % 100 == 0) line.Replace(i + 2);
                var taken = line.Take();
                ended.Contains(taken.Value).Should().BeFalse();
                taken.Release();
                if (ended.Count > 150) return;
            }
        });
        SpinWait.SpinUntil(() => line.Live.Count == 1, TimeSpan.FromSeconds(30)).Should().BeTrue();
        ended.Should().OnlyHaveUniqueItems();
        line.Live.Should().Equal(line.Current.Value);
    }

    private PassSet Set(string end, params IMessagePass[] passes) => Set(end, [.. passes.Select(p => (p, new PassOptions()))]);

    private PassSet Set(string end, params (IMessagePass Pass, PassOptions Options)[] passes) =>
        new(new PassChain(passes.Select(p => new ConfiguredPass(p.Pass, p.Options)), _rig.Clock, new Microsoft.Extensions.Logging.Logger<PassChain>(_rig.Log), orders: _rig.Orders))
        {
            End = () =>
            {
                lock (_ended) _ended.Add(end);
            },
        };

    private bool Ended(string end)
    {
        lock (_ended) return _ended.Contains(end);
    }

    private PassResult Saw(string who, PassContext context)
    {
        _seen.Enqueue($"{who} {context.Message.Id}");
        return PassResult.Continue;
    }
}
