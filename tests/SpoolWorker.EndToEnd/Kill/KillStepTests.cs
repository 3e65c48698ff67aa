using SpoolWorker.Engine;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>The process is killed at every step of the commit protocol, at the first, a middle and the last message of a batch.</summary>
[Collection(KillSuite.Name)]
public class KillStepTests
{
    private const int Batch = 7;
    private const int Killed = 137;

    public static TheoryData<string, bool, bool, bool> Intakes => new()
    {
        // kind, links, split, long ids
        { "queuefile", false, false, false },
        { "queuefile", true, false, true },
        { "spool", false, false, true },
        { "spool", false, true, false },
    };

    [Theory]
    [MemberData(nameof(Intakes))]
    public void Killed_at_each_step_and_run_again_nothing_is_lost_or_doubled(string kind, bool links, bool split, bool longIds)
    {
        var turn = 0;
        foreach (var step in CrashPoint.Steps.Where(s => s != CrashPoint.Recovering))
        {
            foreach (var n in new[] { 1, Batch / 2, Batch })
            {
                turn++;
                // The steps of a group come once a group: with large groups there may be no second one.
                var ofGroup = step is CrashPoint.Synced or CrashPoint.Recorded or CrashPoint.Committed;
                if (ofGroup && n > 1 && turn % 2 == 1) continue;
                using var rig = new KillRig(new KillSetup
                {
                    Kind = kind, Links = links, SplitIntake = split, SplitTarget = split, LongIds = longIds,
                    TargetVersion = turn % 3 == 0 ? "4.99" : "4.96",
                    GroupSize = turn % 2 == 0 ? 1 : 64,
                    Workers = turn % 4 == 3 ? 1 : 4,
                    Sync = turn % 5 == 0 ? "fsync" : "auto",
                });
                rig.Feed(1000 * turn, Batch);

                var code = rig.RunOnce($"{step}:{n}");
                code.Should().Be(Killed, "{0}:{1} kills; the log:\n{2}", step, n, rig.Log);
                if (turn % 2 == 1) rig.Book.EximTakes(rig.Target);
                if (turn % 3 == 0 && links) ComeAgain(rig, 1000 * turn);
                if (turn % 4 == 1) rig.RunOnce($"{CrashPoint.Recovering}:1").Should().Be(Killed);
                if (turn % 8 == 1) rig.Book.EximTakes(rig.Target);

                rig.RunAndCheck();
            }
        }
    }

    // queuefile's retry: the same pair once more, for those that were taken
    private static void ComeAgain(KillRig rig, int from)
    {
        for (var n = from; n < from + Batch; n++)
        {
            var mail = KillMail.Make(n, rig.Setup.LongIds);
            if (!File.Exists($"{rig.Intake}/{mail.Id.HeaderName}") && !File.Exists($"{rig.Intake}/{mail.Id.BodyName}") && File.Exists($"{rig.Origin}/{mail.Id.HeaderName}")) rig.Feed(mail);
        }
    }
}
