using SpoolWorker.Engine.Commit;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>
/// What fits a standing hold is held once, with one row in the audit, whenever the worker that holds it is killed; and what is released from it goes on once.
/// </summary>
[Collection(KillSuite.Name)]
public class KillStandingTests
{
    private const int Killed = 137, Batch = 6;

    public static TheoryData<string, string> Steps
    {
        get
        {
            var steps = new TheoryData<string, string>();
            foreach (var step in new[] { CrashPoint.Claimed, CrashPoint.Staged, CrashPoint.Synced, CrashPoint.Recorded, CrashPoint.Renamed, CrashPoint.Committed, CrashPoint.HeaderRemoved, CrashPoint.Removed })
                steps.Add(step, step.Length % 2 == 0 ? "queuefile" : "spool");
            return steps;
        }
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void Killed_at_each_step_it_holds_once_with_one_row(string step, string kind)
    {
        using var rig = new KillRig(new KillSetup { Kind = kind, GroupSize = step.Length % 3 == 0 ? 1 : 64 });
        rig.Verb(["hold", "--new", "--where", "recipients > 1", "--reason", "many recipients"]).Should().Be(0, "the log:\n{0}", rig.Log);
        rig.Feed(1, Batch);
        rig.RunOnce($"{step}:1").Should().Be(Killed, "the log:\n{0}", rig.Log);
        rig.RunOnce($"{step}:2").Should().BeOneOf([Killed, 0], "the log:\n{0}", rig.Log);
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);

        var several = rig.Book.Fed.Values.Where(m => m.Recipients.Length > 1).Select(m => m.Mark).Order().ToList();
        KillBook.Pairs(rig.Held).Select(p => p.Mark).Order().Should().Equal(several, "the log:\n{0}", rig.Log);
        KillBook.Pairs(rig.Target).Select(p => p.Mark).Order().Should().Equal(rig.Book.Fed.Keys.Except(several).Order());
        Rows(rig).Select(r => r.Id).Order().Should().Equal(rig.Book.Fed.Values.Where(m => several.Contains(m.Mark)).Select(m => m.Id.ToString()).Order(), "a row a message");

        // Released beside a worker that is killed: it goes on once, and is not caught again by the hold that is there still.
        var first = KillBook.Pairs(rig.Held)[0];
        var worker = rig.Start(once: false, $"{step}:1");
        rig.Verb(["release", first.Id.ToString()]).Should().Be(0, "the log:\n{0}", rig.Log);
        if (!worker.HasExited) rig.Stop(worker);
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
        KillBook.Pairs(rig.Target).Should().ContainSingle(p => p.Mark == first.Mark);
        KillBook.Pairs(rig.Held).Select(p => p.Mark).Order().Should().Equal(several.Except([first.Mark]));
        Rows(rig).Should().HaveCount(several.Count);
        rig.Check();
    }

    [Fact]
    public void Killed_at_random_moments_while_mail_flows_nothing_passes_a_hold_and_nothing_is_held_twice()
    {
        const int Waves = 8, Wave = 30;
        using var rig = new KillRig();
        rig.Verb(["hold", "--new", "--where", "recipient ~ '^r1[.]'", "--reason", "second recipients", "--for", "1d"]).Should().Be(0, "the log:\n{0}", rig.Log);
        var random = new Random(13);
        for (var wave = 0; wave < Waves; wave++)
        {
            using var worker = rig.Start(once: false);
            rig.Feed(1 + wave * Wave, Wave);
            // The moment is the point of it: a start takes half a second here.
            Thread.Sleep(random.Next(300, 1500));
            worker.Kill();
            worker.WaitForExit();
        }
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
        var several = rig.Book.Fed.Values.Where(m => m.Recipients.Length > 1).ToList();
        KillBook.Pairs(rig.Held).Select(p => p.Mark).Order().Should().Equal(several.Select(m => m.Mark).Order(), "the log:\n{0}", rig.Log);
        Rows(rig).Select(r => r.Id).Order().Should().Equal(several.Select(m => m.Id.ToString()).Order());
        rig.Check();
    }

    private static List<VerbRow> Rows(KillRig rig)
    {
        using var ledger = MessageLedger.Open(new LedgerOptions { Path = rig.Ledger, MapSize = rig.MapSize });
        ledger.Verbs.Waiting().Should().BeEmpty();
        return [.. ledger.Verbs.Audit(0, 10_000).Where(r => r is { Verb: VerbKind.Hold, Result: VerbResult.Done, Standing: 1 })];
    }
}
