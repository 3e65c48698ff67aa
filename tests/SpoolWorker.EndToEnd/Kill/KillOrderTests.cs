using SpoolWorker.Engine.Commit;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>
/// A worker that is killed at a step of the commit protocol keeps to its orders: what waits at a paused pass waits on and goes once when it is resumed, and what goes on without a
/// pass goes once, with one mark.
/// </summary>
[Collection(KillSuite.Name)]
public class KillOrderTests
{
    private const int Killed = 137, Batch = 6;

    public static TheoryData<string> Steps => [CrashPoint.Claimed, CrashPoint.PassesRun, CrashPoint.Recorded, CrashPoint.Renamed, CrashPoint.HeaderRemoved, CrashPoint.Removed];

    [Theory]
    [MemberData(nameof(Steps))]
    public void Killed_at_each_step_it_keeps_to_its_orders(string step)
    {
        // The pass is there, and decides about nobody.
        using var rig = new KillRig(new KillSetup { Holds = true, Refused = "nobody@nowhere.example", Kind = step.Length % 2 == 0 ? "queuefile" : "spool", GroupSize = step.Length % 3 == 0 ? 1 : 64 });
        rig.Verb(["pause", "--pass", "rules"]).Should().Be(0, "the log:\n{0}", rig.Log);
        rig.Feed(1, Batch);
        RunKilled(rig, step);
        KillBook.Pairs(rig.Intake).Select(p => p.Mark).Order().Should().Equal(rig.Book.Fed.Keys.Order(), "the log:\n{0}", rig.Log);
        KillBook.Pairs(rig.Target).Should().BeEmpty();

        rig.Verb(["resume", "--pass", "rules"]).Should().Be(0, "the log:\n{0}", rig.Log);
        RunKilled(rig, step);
        KillBook.Pairs(rig.Target).Should().HaveCount(Batch).And.OnlyContain(p => Marks(p) == 0, "the log:\n{0}", rig.Log);
        rig.Check();

        rig.Verb(["skip", "rules", "--for", "1h"]).Should().Be(0, "the log:\n{0}", rig.Log);
        rig.Feed(1 + Batch, Batch);
        RunKilled(rig, step);
        // By their marks: -H is another one now.
        var all = KillBook.Pairs(rig.Target);
        all.Select(p => p.Mark).Order().Should().Equal(rig.Book.Fed.Keys.Order(), "the log:\n{0}", rig.Log);
        all.Count(p => Marks(p) == 1).Should().Be(Batch, "the log:\n{0}", rig.Log);
        rig.IntakeIsEmpty.Should().BeTrue("the log:\n{0}", rig.Log);
    }

    private static void RunKilled(KillRig rig, string step)
    {
        // What waits comes to fewer steps.
        rig.RunOnce($"{step}:1").Should().BeOneOf([Killed, 0], "the log:\n{0}", rig.Log);
        rig.RunOnce($"{step}:2").Should().BeOneOf([Killed, 0], "the log:\n{0}", rig.Log);
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
    }

    private static int Marks(FoundPair pair) => pair.Header.Headers.Count(h => !h.IsDeleted && h.Is("X-SpoolWorker-Skipped"u8));
}
