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
        rig.With(new TestPass("slow", (_, _) => new ValueTask<PassResult>(end.Task)), new PassOptions { Timeout = TimeSpan.FromHours(12) });
        rig.Start();
        rig.Clock.Advance(TimeSpan.FromDays(1));
        rig.Engine.Stuck(Limit).Should().BeEmpty("there is nothing to do");
        rig.Engine.NotReady.Should().Equal("the intakes have not been read yet");

        new PairFactory().In(rig.Intake);
        await rig.Engine.ScanAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => rig.Engine.Busy == 1, "it is in hand");
        rig.Clock.Advance(TimeSpan.FromHours(1));
        rig.Engine.Stuck(Limit).Should().BeEmpty("a pass has its own time limit");
        rig.Engine.NotReady.Should().BeEmpty();

        end.SetResult(PassResult.Continue);
        await rig.DrainAsync();
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
