// The power is cut under the worker, on a real file system: right after a kill at a step of the commit protocol, and after a kill
// and a restart that found things done that nobody had synced. Nothing may be lost, nothing may come twice. Few cases by default;
// SPOOLWORKER_CUTS=all runs every step of every kind of message.
using SpoolWorker.EndToEnd.Kill;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Ledger;
using SpoolWorker.Options;

namespace SpoolWorker.EndToEnd.PowerCut;

[Collection(KillSuite.Name)]
public class PowerCutTests
{
    private const int Batch = 5, Killed = 137, Known = 65, NotHeld = 66;
    private static readonly bool All = CutChoice.All;

    public static TheoryData<string> Kinds => new("plain", "held", "bounce", "mixed", "copied", "split", "fresh", "copies", "told");

    [Theory]
    [MemberData(nameof(Kinds))]
    public void After_a_kill_a_restart_and_a_power_cut_every_message_is_there_once(string kind)
    {
        foreach (var (step, turn) in StepsOf(kind))
        {
            using var disk = new CutDisk();
            using var rig = new KillRig(SetupOf(kind), disk.Path);
            rig.Feed(1, Batch);
            if (kind == "fresh") Directory.Delete(rig.Held);
            if (kind == "fresh") Directory.Delete(rig.Ledger);
            disk.Settle();

            rig.RunOnce($"{step}:1").Should().Be(Killed, "{0} kills; the log:\n{1}", step, rig.Log);
            if (turn % 2 == 1) rig.RunOnce($"{CrashPoint.Recovering}:1").Should().BeOneOf([0, Killed], "the log:\n{0}", rig.Log);
            if (turn % 3 != 2) rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
            disk.Cut();

            rig.RunAndCheck();
            HeldHaveReasons(rig);
            if (rig.Setup.Notices is not null) rig.Book.Told.Should().BeEquivalentTo(KillBook.Pairs(rig.Held).Select(p => p.Id.ToString()), "each is told of once");
        }
    }

    [Fact]
    public void After_a_commit_whose_directory_could_not_be_synced_a_restart_and_a_cut_lose_nothing()
    {
        using var disk = new CutDisk();
        using var rig = new KillRig(new KillSetup { GroupSize = 1, Workers = 1, Sync = "fsync" }, disk.Path);
        rig.Feed(1, 4);
        disk.Settle();

        // the sync of the directory after the rename: the third for the commit thread, behind those of -H, -D and what is staged
        rig.RunOnce(null, "-P", rig.Target, "-e", "trace=fsync,syncfs", "-e", "inject=fsync,syncfs:error=EIO:when=2+").Should().BeOneOf([74, 75], "the log:\n{0}", rig.Log);
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
        disk.Cut();

        rig.RunAndCheck();
    }

    [Fact]
    public void A_record_is_not_forgotten_before_the_removal_of_its_pair_is_durable()
    {
        using var disk = new CutDisk();
        // Only the intake is on that disk: no other sync of the worker's is to make the removals durable by the way.
        using var rig = new KillRig(new KillSetup { Intake = $"{disk.Path}/input" });
        rig.Feed(1, Batch);
        disk.Settle();
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
        rig.IntakeIsEmpty.Should().BeTrue();
        var options = new LedgerOptions { Path = rig.Ledger, MapSize = rig.MapSize };
        using (var ledger = MessageLedger.Open(options))
        using (var glance = LedgerGlance.Open(options)!)
        {
            // Whole records, as after a crash, and their time has come.
            var entries = rig.Book.Fed.Values.Select(mail => glance.FindAll(mail.Id).Single()).ToList();
            entries.Should().OnlyContain(e => e.Done.Count > 0 && e.Fingerprint.Length > 0);
            foreach (var mail in rig.Book.Fed.Values) ledger.Forget(mail.Id);
            ledger.Commit(entries.Select(e => e with { Staged = [], Expires = 1 }), []);
        }
        using (var worker = rig.Start(once: false))
        {
            rig.Until(() => rig.Log.Contains("old records forgotten", StringComparison.Ordinal), "the records are forgotten", worker);
            worker.Kill();
            worker.WaitForExit();
        }

        disk.Cut();

        rig.RunAndCheck();
    }

    [Fact]
    public void What_is_corrupt_stays_whole_and_explained()
    {
        foreach (var restart in new[] { true, false })
        {
            using var disk = new CutDisk();
            using var rig = new KillRig(root: disk.Path);
            var mail = KillMail.Make(1, longId: false);
            File.WriteAllBytes($"{rig.Intake}/{mail.Id.BodyName}", mail.DataFile);
            File.WriteAllBytes($"{rig.Intake}/{mail.Id.HeaderName}", mail.Header[..60]);
            disk.Settle();

            rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
            if (restart) rig.RunOnce().Should().Be(0);
            disk.Cut();

            rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
            rig.IntakeIsEmpty.Should().BeTrue();
            Directory.GetFiles(rig.Corrupt).Select(f => Path.GetFileName(f)).Should().BeEquivalentTo(mail.Id.HeaderName, mail.Id.BodyName, $"{mail.Id}.reason");
            File.ReadAllBytes($"{rig.Corrupt}/{mail.Id.BodyName}").Should().Equal(mail.DataFile);
            File.ReadAllBytes($"{rig.Corrupt}/{mail.Id.HeaderName}").Should().Equal(mail.Header[..60]);
            File.ReadAllText($"{rig.Corrupt}/{mail.Id}.reason").Should().Contain("offset");
        }
    }

    [Fact]
    public void A_release_that_is_killed_and_finished_by_the_next_start_survives_the_cut()
    {
        foreach (var (step, turn) in StepsOf("release"))
        {
            using var disk = new CutDisk();
            using var rig = new KillRig(new KillSetup { Holds = true }, disk.Path);
            rig.Feed(1, Batch);
            rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
            disk.Settle();
            var held = KillBook.Pairs(rig.Held).Select(p => p.Id.ToString()).ToList();
            held.Should().NotBeEmpty();

            rig.Release(held[0], $"{step}:1").Should().BeOneOf([0, Killed], "the log:\n{0}", rig.Log);
            if (turn % 2 == 0) rig.Release(held[0]).Should().BeOneOf([0, 66], "the log:\n{0}", rig.Log);
            rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
            disk.Cut();

            rig.Release(held[0]).Should().BeOneOf([0, 66], "the log:\n{0}", rig.Log);
            rig.RunAndCheck();
            HeldHaveReasons(rig);
            Directory.GetFiles(rig.Held, $"{held[0]}*").Should().BeEmpty("it was released");
        }
    }

    [Fact]
    public void What_is_released_from_a_quarantine_survives_the_cut_and_goes_once()
    {
        foreach (var (step, turn) in StepsOf("quarantine"))
        {
            using var disk = new CutDisk();
            using var rig = new KillRig(root: disk.Path);
            string[] release = ["release", .. Enumerable.Range(1, Batch).Select(n => rig.SetAside(KillMail.Make(n, longId: false))), "--yes"];
            disk.Settle();

            rig.Verb(release, $"{step}:{1 + turn % 2 * Batch}").Should().Be(Killed, "the log:\n{0}", rig.Log);
            if (turn % 3 != 2) rig.Verb(release).Should().BeOneOf([0, NotHeld], "the log:\n{0}", rig.Log);
            disk.Cut();

            rig.Verb(release).Should().BeOneOf([0, Known, NotHeld], "the log:\n{0}", rig.Log);
            rig.RunAndCheck();
            Directory.GetFiles(rig.Held).Should().BeEmpty("all were released");
        }
    }

    // Always the step that loses mail when a restart does not sync, and one more in turn.
    private static IEnumerable<(string Step, int Turn)> StepsOf(string kind)
    {
        string[] steps = [.. CrashPoint.Steps.Where(s => s is not (CrashPoint.Recovering or CrashPoint.PassesRun or CrashPoint.Claimed))];
        var second = steps[kind.Sum(c => c) % steps.Length];
        return steps.Index().Where(s => All || s.Item == CrashPoint.Renamed || s.Item == second).Select(s => (s.Item, s.Index));
    }

    private static KillSetup SetupOf(string kind) => kind switch
    {
        "held" => new KillSetup { Holds = true, GroupSize = 1, Sync = "fsync" },
        "bounce" => new KillSetup { Bounces = true, GroupSize = 1 },
        "mixed" => new KillSetup { Holds = true, Sync = "syncfs" },
        "copies" => new KillSetup { CopyTo = "archive@example.org", Holds = true },
        "told" => new KillSetup { Holds = true, Notices = 0 },
        "copied" => new KillSetup { Kind = "queuefile", Links = true },
        "split" => new KillSetup { SplitIntake = true, SplitTarget = true, LongIds = true, TargetVersion = "4.99" },
        _ => new KillSetup { GroupSize = 1 },
    };

    private static void HeldHaveReasons(KillRig rig)
    {
        foreach (var pair in KillBook.Pairs(rig.Held)) File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain("no second recipients here");
    }
}
