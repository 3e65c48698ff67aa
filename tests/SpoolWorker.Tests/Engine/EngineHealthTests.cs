using SpoolWorker.Options;
using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Engine;

/// <summary>What counts as stuck, and what may rightly take long.</summary>
public sealed class EngineHealthTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task An_idle_engine_and_a_pass_that_takes_long_are_not_stuck()
    {
        await using var rig = new EngineRig();
        var end = new TaskCompletionSource<PassResult>();
        var hasBegun = false;
        rig.With(new TestPass("slow", (_, _) =>
        {
            Volatile.Write(ref hasBegun, true);
            return new ValueTask<PassResult>(end.Task);
        }), new PassOptions { Timeout = TimeSpan.FromHours(12) });
        rig.Start();
        rig.Clock.Advance(TimeSpan.FromDays(1));
        rig.Engine.Stuck(Limit).Should().BeEmpty("there is nothing to do");
        rig.Engine.NotReady.Should().Equal("the intakes have not been read yet");

        new PairFactory().In(rig.Intake);
        await rig.Engine.ScanAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => Volatile.Read(ref hasBegun), "it is in the pass");
        rig.Clock.Advance(TimeSpan.FromHours(1));
        rig.Engine.Stuck(Limit).Should().BeEmpty("a pass has its own time limit");
        rig.Engine.NotReady.Should().BeEmpty();

        end.SetResult(PassResult.Continue);
        await rig.DrainAsync();
        rig.Engine.Stuck(Limit).Should().BeEmpty();
    }

    [Fact]
    public async Task A_worker_that_does_not_come_back_is_stuck()
    {
        await using var rig = new EngineRig();
        rig.Start();
        using var go = new ManualResetEventSlim();
        rig.Engine.Outcomes.Published += _ => go.Wait();
        // Left by the worker itself, without a commit.
        new PairFactory { Options = "-frozen 1795446710\n" }.In(rig.Intake);
        await rig.Engine.ScanAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() =>
        {
            rig.Clock.Advance(Limit);
            return rig.Engine.Stuck(Limit).Count > 0;
        }, "it is seen");
        rig.Engine.Stuck(Limit).Should().ContainSingle().Which.Should().StartWith("workers with mail in hand: 1, and none has moved for ");

        go.Set();
        await EngineRig.UntilAsync(() => rig.Engine.Stuck(Limit).Count == 0, "it has come back");
    }

    [Fact]
    public async Task A_commit_that_does_not_come_back_is_stuck()
    {
        await using var rig = new EngineRig();
        rig.Start();
        using var go = new ManualResetEventSlim();
        rig.Engine.GroupFilled += _ => go.Wait();
        new PairFactory().In(rig.Intake);
        await rig.Engine.ScanAsync(CancellationToken.None);
        // The clock goes on also while the worker is still at it, which is told then.
        await EngineRig.UntilAsync(() =>
        {
            rig.Clock.Advance(Limit);
            return rig.Engine.Stuck(Limit) is [var only] && only.StartsWith("messages being committed: 1, and none has been for ", StringComparison.Ordinal);
        }, "it is seen, and nothing else is");

        go.Set();
        await rig.DrainAsync();
        rig.Engine.Stuck(Limit).Should().BeEmpty();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task A_scan_that_does_not_come_back_is_stuck()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        rig.Start();
        using var go = new ManualResetEventSlim();
        rig.Engine.Outcomes.Published += _ => go.Wait();
        // Half a hand-over is moved by the scan itself.
        var pair = new PairFactory().In(rig.Intake);
        File.Delete($"{rig.Intake}/{pair.HeaderName}");
        File.SetLastWriteTimeUtc($"{rig.Intake}/{pair.BodyName}", rig.Clock.GetUtcNow().UtcDateTime - rig.Settings.Engine.IncompleteAfter);
        var scan = Task.Run(() => rig.Engine.ScanAsync(CancellationToken.None));
        await EngineRig.UntilAsync(() =>
        {
            rig.Clock.Advance(Limit);
            return rig.Engine.Stuck(Limit).Count > 0;
        }, "it is seen");
        rig.Engine.Stuck(Limit).Should().ContainSingle().Which.Should().StartWith("the reading of the intakes has not ended for ");

        go.Set();
        await scan;
        rig.Engine.Stuck(Limit).Should().BeEmpty();
    }

    [Fact]
    public async Task A_worker_of_its_own_that_never_reads_again_is_stuck()
    {
        await using var rig = new EngineRig { Watch = true };
        rig.Start();
        await rig.Engine.ScanAsync(CancellationToken.None);
        rig.Clock.Advance(Limit + (2 * rig.Settings.Schedule.Scan));
        rig.Engine.Stuck(Limit).Should().BeEmpty();
        rig.Clock.Advance(2 * rig.Settings.Schedule.Scan);
        rig.Engine.Stuck(Limit).Should().ContainSingle().Which.Should().StartWith("the intakes were last read ");
    }
}
