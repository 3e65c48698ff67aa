using SpoolWorker.Engine.Commit;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>The process is killed at every step of the commit protocol, at the first, a middle and the last message of a batch.</summary>
[Collection(KillSuite.Name)]
public class KillStepTests
{
    private const int Batch = 7;
    private const int Killed = 137;

    public static TheoryData<string, bool, bool, bool, bool> Intakes => new()
    {
        // kind, links, split, long ids, bounces
        { "queuefile", false, false, false, false },
        { "queuefile", true, false, true, true },
        { "spool", false, false, true, false },
        { "spool", false, true, false, true },
    };

    [Theory]
    [MemberData(nameof(Intakes))]
    public void Killed_at_each_step_and_run_again_nothing_is_lost_or_doubled(string kind, bool links, bool split, bool longIds, bool bounces)
    {
        var cases = CrashPoint.Steps.Where(s => s != CrashPoint.Recovering).SelectMany(step => new[] { 1, Batch / 2, Batch }.Select(n => (Step: step, N: n)))
            .Select((c, i) => (c.Step, c.N, Turn: i + 1))
            // The steps of a group come once a group: with large groups there may be no second one.
            .Where(c => c.N == 1 || c.Turn % 2 == 0 || c.Step is not (CrashPoint.Synced or CrashPoint.Recorded or CrashPoint.Committed));
        Parallel.ForEach(cases, new ParallelOptions { MaxDegreeOfParallelism = 2 }, c => KillAndCheck(c.Step, c.N, c.Turn, new KillSetup
        {
            Kind = kind,
            Links = links,
            SplitIntake = split,
            SplitTarget = split,
            LongIds = longIds,
            Bounces = bounces,
            TargetVersion = c.Turn % 3 == 0 ? "4.99" : "4.96",
            GroupSize = c.Turn % 2 == 0 ? 1 : 64,
            Workers = c.Turn % 4 == 3 ? 1 : 4,
            Sync = c.Turn % 5 == 0 ? "fsync" : "auto",
        }));
    }

    private static void KillAndCheck(string step, int n, int turn, KillSetup setup)
    {
        using var rig = new KillRig(setup);
        rig.Feed(1000 * turn, Batch);

        rig.RunOnce($"{step}:{n}").Should().Be(Killed, "{0}:{1} kills; the log:\n{2}", step, n, rig.Log);
        if (turn % 2 == 1) rig.Book.EximTakes(rig.Target);
        if (turn % 3 == 0 && setup.Links) ComeAgain(rig, 1000 * turn);
        if (turn % 4 == 1) rig.RunOnce($"{CrashPoint.Recovering}:1").Should().Be(Killed);
        if (turn % 8 == 1) rig.Book.EximTakes(rig.Target);

        rig.RunAndCheck();
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
