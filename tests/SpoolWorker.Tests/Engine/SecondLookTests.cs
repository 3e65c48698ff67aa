using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>A message's key while looks at it overlap: none is lost, none forgets what another has found.</summary>
public class SecondLookTests
{
    [Fact]
    public async Task A_second_look_that_comes_before_the_first_has_ended_is_not_lost()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory().In(rig.Intake);
        var data = Posix.Open($"{rig.Intake}/{pair.BodyName}", Posix.O_RDWR);
        Posix.TryLock(data, pair.MessageId.BodyOffset, "").Should().BeTrue();
        rig.Start();
        // A busy machine: the worker is not scheduled again before the time of the second look.
        rig.Engine.Outcomes.Published += outcome =>
        {
            if (outcome.Is(OutcomeKind.NotReady)) Thread.Sleep(20);
        };

        await rig.DrainAsync();

        data.Dispose();
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task What_an_undone_commit_forgets_it_forgets_while_the_message_is_still_its_own()
    {
        await using var rig = new EngineRig();
        // A ledger that is full: the group is undone.
        rig.Settings.Ledger.MapSize = 1 << 20;
        var pair = new PairFactory { Recipients = [.. Enumerable.Range(0, 16_000).Select(i => $"recipient-number-{i}@receiver.example")] }.In(rig.Intake);
        var busy = -1;
        rig.Log.OnLine = line =>
        {
            if (line.Contains($"{pair.Id} stays", StringComparison.Ordinal)) busy = rig.Engine.Busy;
        };

        await rig.DrainAsync();

        busy.Should().Be(1, "its key is let go last; the log was {0}", rig.Log.All);
    }
}
