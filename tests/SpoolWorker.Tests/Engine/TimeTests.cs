using Microsoft.Extensions.Logging;
using SpoolWorker.Passes;
using SpoolWorker.Schedule;

namespace SpoolWorker.Tests.Engine;

/// <summary>The date is set back and forth: what must go on goes on, and nothing comes all at once.</summary>
public class TimeTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(-1440)]
    [InlineData(-7)]
    [InlineData(7)]
    [InlineData(1440)]
    public async Task A_deferred_message_waits_its_time_whatever_the_date_does(int minutes)
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.RetryFirst = TimeSpan.FromMinutes(10);
        var pass = rig.With(new TestPass("judge", c => c.Attempt == 1 ? PassResult.For(Disposition.Defer("later")) : PassResult.Continue));
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        rig.Clock.Advance(TimeSpan.FromMinutes(5));
        rig.Clock.Jump(TimeSpan.FromMinutes(minutes));
        await rig.Engine.RetryAsync(CancellationToken.None);
        await rig.DrainAsync();
        pass.Calls.Should().Be(1, "5 minutes have gone by, and it waits for 8 at least");

        rig.Clock.Advance(TimeSpan.FromMinutes(7.5));
        await rig.Engine.RetryAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => rig.Engine.Busy == 0, "the message is judged");

        pass.Calls.Should().Be(2, "12 minutes have gone by, and that is the longest it waits");
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task After_a_restart_with_the_date_set_back_a_message_waits_no_longer_than_was_decided_and_comes_not_at_once()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.RetryFirst = TimeSpan.FromMinutes(10);
        var pass = rig.With(new TestPass("judge", c => c.Attempt == 1 ? PassResult.For(Disposition.Defer("later")) : PassResult.Continue));
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        rig.Clock.Jump(TimeSpan.FromDays(-3));
        await rig.RestartAsync();
        await rig.DrainAsync();
        pass.Calls.Should().Be(1);

        rig.Clock.Advance(TimeSpan.FromMinutes(12.5));
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task Timers_go_on_when_the_date_is_set_back()
    {
        var clock = new FakeClock();
        var runs = 0;
        using var timers = new Timers([new TimedWork("count", Period, _ => Task.FromResult(Interlocked.Increment(ref runs)))], new JobBook(), clock, new Logger<Timers>(new LogLines()));
        await timers.StartAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => runs == 1, "it runs at once");
        clock.Jump(TimeSpan.FromDays(-30));
        await AdvanceAsync(clock, Period, () => runs == 2);
        clock.Jump(TimeSpan.FromDays(60));
        clock.Advance(TimeSpan.FromSeconds(1));
        await AdvanceAsync(clock, Period, () => runs == 3);
        await timers.StopAsync(CancellationToken.None);

        runs.Should().Be(3, "once a period, however the date was set");
    }

    [Fact]
    public async Task A_work_that_fails_says_so_once_and_is_tried_again()
    {
        var clock = new FakeClock();
        var log = new LogLines();
        var runs = 0;
        using var timers = new Timers([new TimedWork("read", Period, _ => ++runs < 4 ? throw new IOException("no such file") : Task.CompletedTask)], new JobBook(), clock, new Logger<Timers>(log));
        await timers.StartAsync(CancellationToken.None);
        for (var i = 1; i < 4; i++)
        {
            var before = i;
            await EngineRig.UntilAsync(() => runs == before, "it runs");
            await AdvanceAsync(clock, Period, () => runs == before + 1);
        }
        await timers.StopAsync(CancellationToken.None);

        log.Count("read failed: no such file").Should().Be(1);
    }

    [Fact]
    public async Task The_stop_waits_for_a_work_that_runs_even_when_the_host_does_not()
    {
        var end = new TaskCompletionSource();
        var runs = false;
        using var timers = new Timers([new TimedWork("expire", Period, async _ =>
        {
            runs = true;
            await end.Task;
        })], new JobBook(), new FakeClock(), new Logger<Timers>(new LogLines()));
        await timers.StartAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => runs, "it runs");

        var stopped = timers.StopAsync(new CancellationToken(canceled: true));

        stopped.IsCompleted.Should().BeFalse("what the work uses is closed next");
        end.SetResult();
        await stopped.WaitAsync(TimeSpan.FromSeconds(30));
    }

    // The timer may not be armed yet: it is when the run before it has ended.
    private static async Task AdvanceAsync(FakeClock clock, TimeSpan by, Func<bool> isSo)
    {
        clock.Advance(by);
        await EngineRig.UntilAsync(isSo, "the timer rings");
    }
}
