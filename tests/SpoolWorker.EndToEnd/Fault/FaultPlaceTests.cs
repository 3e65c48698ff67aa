using SpoolWorker.EndToEnd.Kill;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;

namespace SpoolWorker.EndToEnd.Fault;

/// <summary>Full, missing, exchanged and read-only directories.</summary>
[Collection(KillSuite.Name)]
public class FaultPlaceTests
{
    private const int Batch = 20;

    [Fact]
    public void A_full_target_keeps_the_rest_in_the_intake_and_goes_on_when_there_is_room()
    {
        using var rig = new KillRig();
        rig.Mount(rig.Target, "96k");
        rig.Feed(1, 120);
        rig.RunOnce().Should().Be(75, "the log:\n{0}", rig.Log);
        KillBook.Pairs(rig.Target).Should().NotBeEmpty();
        rig.IntakeIsEmpty.Should().BeFalse();
        rig.Log.Should().Contain("messages cannot be handed over");

        // by itself, while Exim makes room
        using var worker = rig.Start(once: false);
        rig.Until(() => rig.Book.EximTakes(rig.Target) >= 0 && rig.IntakeIsEmpty, "the intake is empty", worker);

        rig.Stop(worker);
        rig.RunAndCheck();
    }

    [Fact]
    public void With_a_backlog_beyond_the_queue_a_full_target_ends_the_run()
    {
        using var rig = new KillRig(new KillSetup { QueueCapacity = 5, Workers = 2 });
        rig.Mount(rig.Target, "64k");
        rig.Feed(1, 150);

        rig.RunOnce().Should().Be(75);

        for (var i = 0; i < 60 && !rig.IntakeIsEmpty; i++)
        {
            rig.Book.EximTakes(rig.Target);
            rig.RunOnce();
        }
        rig.RunAndCheck();
    }

    [Fact]
    public void A_full_intake_is_emptied()
    {
        using var rig = new KillRig();
        rig.Mount(rig.Intake, "256k");
        rig.Feed(1, Batch);
        var filler = Path.Combine(rig.Intake, "filler");
        try
        {
            using var file = File.Create(filler);
            while (true) file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // full
        }
        rig.RunOnce().Should().Be(0);
        File.Delete(filler);

        rig.Check();
    }

    [Fact]
    public void A_full_disk_under_the_ledger_keeps_messages_in_the_intake()
    {
        using var rig = new KillRig();
        rig.Mount(rig.Ledger, "192k");
        rig.Feed(1, 300);

        rig.RunOnce().Should().BeOneOf([74, 75], "the log:\n{0}", rig.Log);

        rig.IntakeIsEmpty.Should().BeFalse();
        KillRig.Command("mount", "-o", "remount,size=64m", rig.Ledger);
        rig.RunAndCheck();
    }

    [Fact]
    public void A_full_ledger_says_so_and_goes_on_with_a_larger_one()
    {
        using var small = new KillRig(new KillSetup { MapSize = 1 << 20 });
        small.Feed(1, Batch);
        Fill(small);

        small.RunOnce().Should().Be(75, "the end of the log:\n{0}", small.Log[^Math.Min(2000, small.Log.Length)..]);

        small.Log.Should().Contain("raise Ledger:MapSize");
        small.IntakeIsEmpty.Should().BeFalse();
        small.MapSize = 64 << 20;
        small.RunAndCheck();
    }

    private static void Fill(KillRig rig)
    {
        using var ledger = MessageLedger.Open(new LedgerOptions { Path = rig.Ledger, MapSize = rig.MapSize });
        FluentActions.Invoking(() =>
        {
            for (var n = 0; ; n++) ledger.Commit([new LedgerEntry { Intake = "/filler", Id = KillMail.Make(n, longId: true).Id.ToString(), LastFailure = new string('x', 500), Expires = long.MaxValue }], []);
        }).Should().Throw<LedgerException>();
    }

    [Fact]
    public void A_target_that_vanishes_and_comes_back_gets_everything_once()
    {
        using var rig = new KillRig(new KillSetup { GroupSize = 4 });
        rig.Feed(1, 100);
        using var worker = rig.Start(once: false);
        var away = rig.At("away");
        for (var i = 0; i < 6; i++)
        {
            rig.Until(() => Directory.EnumerateFiles(rig.Target, "*-H").Any() || rig.IntakeIsEmpty, "the worker works", worker);
            rig.Book.EximTakes(rig.Target);
            Directory.Move(rig.Target, away);
            // Not waiting for anything: the time the directory is away, with mail before and after, is the fault.
            Thread.Sleep(100);
            rig.Feed(1000 * (i + 1), 30);
            // And some of it with mail that has come meanwhile.
            Thread.Sleep(100);
            Directory.Move(away, rig.Target);
            if (worker.HasExited) break;
        }
        if (!worker.HasExited)
        {
            rig.Until(() => rig.IntakeIsEmpty || worker.HasExited, "the intake is empty");
            if (!worker.HasExited) rig.Stop(worker);
        }

        rig.RunAndCheck();
    }

    [Fact]
    public void A_target_moved_away_while_the_worker_is_dead_and_brought_back_later()
    {
        using var rig = new KillRig();
        rig.Feed(1, Batch);
        rig.RunOnce("renamed:5").Should().Be(137);
        Directory.Move(rig.Target, rig.At("away"));
        rig.RunOnce().Should().Be(78, "there is no target");
        Directory.CreateDirectory(rig.Target);
        rig.RunOnce().Should().Be(0);
        rig.Log.Should().Contain("is not the directory it was");
        var left = Directory.GetFiles(rig.Intake, "*-H").Length;
        left.Should().BePositive("what cannot be decided is not touched");
        // the new directory's mail is Exim's; the old one comes back
        rig.Book.EximTakes(rig.Target);
        Directory.Delete(rig.Target);
        Directory.Move(rig.At("away"), rig.Target);

        rig.RunAndCheck();
    }

    [Theory]
    [InlineData("recorded:1")]
    [InlineData("committed:1")]
    public void A_target_removed_and_made_anew_is_told_and_forget_sends_again(string step)
    {
        using var rig = new KillRig();
        rig.Feed(1, Batch);
        rig.RunOnce(step).Should().Be(137);
        Directory.Delete(rig.Target, recursive: true);
        Directory.CreateDirectory(rig.Target);

        rig.RunOnce().Should().Be(0);

        rig.Log.Should().Contain("spoolworker forget");
        var left = Directory.GetFiles(rig.Intake, "*-H").Select(f => Path.GetFileName(f)[..^2]).ToList();
        left.Should().NotBeEmpty("the only copy is in the intake");
        foreach (var id in left) rig.Forget(id);
        rig.RunAndCheck();
    }

    [Fact]
    public void A_ledger_that_cannot_be_written_is_an_error_and_nothing_is_touched()
    {
        using var rig = new KillRig();
        rig.Feed(1, Batch);
        rig.Mount(rig.Ledger, "1m");
        KillRig.Command("mount", "-o", "remount,ro", rig.Ledger);

        rig.RunOnce().Should().NotBe(0);

        rig.Log.Should().Contain(rig.Ledger);
        KillBook.Pairs(rig.Intake).Should().HaveCount(Batch);
        KillRig.Command("mount", "-o", "remount,rw", rig.Ledger);
        rig.RunAndCheck();
    }

    [Fact]
    public void A_held_message_that_was_committed_by_a_killed_worker_has_its_reason()
    {
        using var rig = new KillRig(new KillSetup { MaxAttempts = 1, Workers = 1, GroupSize = 1 });
        rig.Feed(1, 1);
        // died once while judging it: with MaxAttempts 1 it is held, and the worker is killed at that
        rig.RunOnce("passes-run:1").Should().Be(137);
        rig.RunOnce("committed:1").Should().Be(137);

        rig.RunAndCheck();

        var held = Directory.GetFiles(rig.Held, "*-H").Should().ContainSingle().Subject;
        File.ReadAllText(held[..^2] + ".reason").Should().Contain("the worker died");
    }
}
