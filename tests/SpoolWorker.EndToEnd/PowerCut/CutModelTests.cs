// Every order in which a disk may lose what was not synced: what the worker does to its directories is recorded (strace) while it is
// run, killed at a step of the commit protocol and run again; then, for cuts between any two steps of that recording, the disks
// that ext4 and POSIX allow are put in its place, and the worker is started there. Whatever is left, Exim may find it first. By default some
// disks of two recordings, chosen by a fixed seed; SPOOLWORKER_CUTS=all takes many of a recording for every crash point, a number that many.
using System.Text;
using SpoolWorker.EndToEnd.Kill;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Ledger;
using SpoolWorker.Options;

namespace SpoolWorker.EndToEnd.PowerCut;

[Collection(KillSuite.Name)]
public class CutModelTests
{
    private const int Batch = 3, SomeCuts = 20, Killed = 137, Known = 65, NotHeld = 66, TryAgain = 75, MostRuns = 20;
    private const string Held = "no second recipients here";
    private static readonly bool All = CutChoice.All;

    private static readonly string[] AllKinds =
    [
        "plain", "held", "bounce", "mixed", "copied", "split", "release", "part", "corrupt",
        "copies", "copies by queuefile", "told", "counted", "quarantine", "part of quarantine",
    ];

    public static TheoryData<string> Kinds => [.. AllKinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whatever_a_power_cut_leaves_every_message_is_there_once(string kind)
    {
        foreach (var step in StepsOf(kind))
        {
            using var rig = new KillRig(SetupOf(kind));
            var scene = new Scene(kind, step, rig);
            scene.Prepare();
            var recorder = new DiskRecorder(rig.Root);
            using var replay = new DiskReplay(rig.Root, recorder.Start);
            scene.Record(recorder);
            replay.Begin(DiskModels.Apply(recorder.Start, recorder.Steps));

            var seen = new HashSet<string>();
            foreach (var (cut, loss, seed) in Cuts(recorder.Steps.Count, kind))
            {
                if (seen.Count >= (CutChoice.Disks ?? SomeCuts)) break;
                var disk = DiskModels.After(recorder, cut, loss, new Random(seed));
                if (seen.Add(disk.Fingerprint())) scene.TryOut(replay, disk, loss, eximFirst: seed % 2 == 0, $"{kind}, killed at '{step}', cut {cut}, {loss}, seed {seed}", recorder);
            }
        }
    }

    // What a worker that was killed in the last write of a commit has left can be read, and may be gone after a cut: what the next one hands over because of it would come twice.
    [Fact]
    public void A_ledger_is_durable_before_the_next_worker_acts_on_it()
    {
        using var rig = new KillRig(new KillSetup { GroupSize = 1, Workers = 1, Sync = "fsync" });
        rig.Feed(1, Batch);
        rig.RunOnce($"{CrashPoint.Recorded}:1").Should().Be(Killed, "the log:\n{0}", rig.Log);
        var recorder = new DiskRecorder(rig.Root);
        rig.RunOnce(null, StraceLog.Options).Should().Be(0, "the log:\n{0}", rig.Log);
        recorder.Add(StraceLog.Read(rig.At("strace.log")));

        var files = recorder.Start.Walk().ToList();
        var (ledger, intake) = (files.Single(f => f.Path.EndsWith("/ledger.mdb", StringComparison.Ordinal)).Inode, files.Single(f => f.Path == $"/{Path.GetRelativePath(rig.Root, rig.Intake)}").Inode);
        var acts = recorder.Steps.Index().First(s => s.Item is NameStep names && names.Changes.Any(c => c.Name.EndsWith("-H", StringComparison.Ordinal) && c.Folder != intake)).Index;
        recorder.Steps.Take(acts).Should().Contain(s => s is SyncStep && ((SyncStep)s).Inode == ledger, "the steps:\n{0}", string.Join("\n", recorder.Steps));
    }

    private static List<(int Cut, Loss Loss, int Seed)> Cuts(int steps, string kind)
    {
        var cuts = Enumerable.Range(0, steps + 1).SelectMany(cut => Enum.GetValues<Loss>().Select(loss => (cut, loss, Seed: cut * 31 + (int)loss))).ToArray();
        new Random(kind.Sum(c => c)).Shuffle(cuts);
        return [.. cuts];
    }

    // No kill, and a kill at one step in turn, or at every one.
    private static IEnumerable<string?> StepsOf(string kind)
    {
        string[] steps = [.. CrashPoint.Steps.Where(s => s is not (CrashPoint.Recovering or CrashPoint.PassesRun or CrashPoint.Claimed)).Select(s => $"{s}:1")];
        // Moving them into held/ goes by the same steps as the release behind it.
        if (kind == "quarantine") steps = [.. steps, .. steps.Select(s => $"{s[..^1]}{Batch + 1}")];
        if (kind == "corrupt") return [null];
        return All ? [null, .. steps] : [null, steps[Array.IndexOf(AllKinds, kind) % steps.Length]];
    }

    // One name of two that a cut has left is taken for what it is at once, and not after the time that a queuefile may need.
    private static KillSetup SetupOf(string kind) => KindOf(kind) with { IncompleteAfter = "0s" };

    private static KillSetup KindOf(string kind) => kind switch
    {
        "held" => new KillSetup { Holds = true, Refused = "r*", GroupSize = 1, Sync = "fsync" },
        "bounce" => new KillSetup { Bounces = true, GroupSize = 1, Sync = "fsync" },
        "mixed" => new KillSetup { Holds = true, Sync = "fsync" },
        "copied" => new KillSetup { Kind = "queuefile", Links = true, Sync = "fsync" },
        "split" => new KillSetup { SplitIntake = true, SplitTarget = true, LongIds = true, TargetVersion = "4.99" },
        "release" or "part" or "quarantine" or "part of quarantine" => new KillSetup { Holds = true, Refused = "r*" },
        "copies" => new KillSetup { CopyTo = "archive@example.org", Holds = true, GroupSize = 1, Sync = "fsync" },
        "copies by queuefile" => new KillSetup { CopyTo = "archive@example.org", Holds = true, Kind = "queuefile", Links = true, Sync = "fsync" },
        "told" => new KillSetup { Holds = true, Notices = 0, Sync = "fsync" },
        "counted" => new KillSetup { Holds = true, Refused = "r*", Notices = 1, GroupSize = 1, Sync = "fsync" },
        _ => new KillSetup { GroupSize = 1, Sync = "fsync" },
    };

    /// <summary>One kind of message, one kill.</summary>
    private sealed class Scene(string kind, string? step, KillRig rig)
    {
        private readonly List<KillMail> _corrupt = [];
        private readonly LedgerOptions _ledger = new() { Path = rig.Ledger, MapSize = rig.MapSize };
        private readonly bool _isVerb = kind is "release" or "part" or "quarantine" or "part of quarantine";
        private readonly string _quarantine = rig.At("quarantine");
        private string[] _verb = [];
        private string _released = "";

        public void Prepare()
        {
            if (kind == "corrupt")
            {
                for (var n = 1; n <= Batch; n++)
                {
                    var mail = KillMail.Make(n, longId: false);
                    File.WriteAllBytes($"{rig.Intake}/{mail.Id.BodyName}", mail.DataFile);
                    File.WriteAllBytes($"{rig.Intake}/{mail.Id.HeaderName}", mail.Header[..60]);
                    _corrupt.Add(mail);
                }
                return;
            }
            if (kind.EndsWith("quarantine", StringComparison.Ordinal))
            {
                SetAside();
                return;
            }
            rig.Feed(1, Batch);
            if (!_isVerb) return;
            rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
            var pair = KillBook.Pairs(rig.Held).First(p => kind == "release" || p.Pending.Count() > 1);
            _released = pair.Id.ToString();
            _verb = ["release", _released, .. kind == "part" ? new[] { "--recipient", pair.Pending.First() } : []];
        }

        // As MailScanner keeps what it has set aside.
        private void SetAside()
        {
            var mails = Enumerable.Range(1, MostRuns).Select(n => KillMail.Make(n, longId: false)).Where(m => kind == "quarantine" || m.Recipients.Length > 1).Take(kind == "quarantine" ? Batch : 1).ToList();
            string[] more = kind == "quarantine" ? ["--yes"] : ["--recipient", mails[0].Recipients[0]];
            _verb = ["release", .. mails.Select(rig.SetAside), .. more];
        }

        public void Record(DiskRecorder recorder)
        {
            if (_isVerb)
            {
                rig.Verb(_verb, step, StraceLog.Options).Should().BeOneOf([0, Killed], "the log:\n{0}", rig.Log);
                recorder.Add(StraceLog.Read(rig.At("strace.log")));
                if (step is null) return;
            }
            else if (step is not null)
            {
                rig.RunOnce(step, StraceLog.Options).Should().Be(Killed, "the log:\n{0}", rig.Log);
                recorder.Add(StraceLog.Read(rig.At("strace.log")));
            }
            rig.RunOnce(null, StraceLog.Options).Should().Be(0, "the log:\n{0}", rig.Log);
            recorder.Add(StraceLog.Read(rig.At("strace.log")));
        }

        /// <summary>Starts the worker on a disk that a cut has left, and checks the promise.</summary>
        public void TryOut(DiskReplay replay, DiskState disk, Loss loss, bool eximFirst, string which, DiskRecorder recorder)
        {
            var log = new StringBuilder();
            try
            {
                replay.Put(disk, _ledger);
                // Where names keep no order, a staged -D may survive its hdr. file, by which it would be found and removed.
                var book = rig.NewBook(allowsLoneBodies: loss > Loss.None);
                foreach (var mail in rig.Book.Fed.Values) book.Feed(mail);
                // What is visible must be whole, whoever looks first.
                if (eximFirst) book.EximTakes(rig.Target);
                else KillBook.Pairs(rig.Target);
                RunEmpty(log);
                if (kind.EndsWith("quarantine", StringComparison.Ordinal)) ReleaseFiles(log, book);
                else if (_isVerb)
                {
                    Run(log, _verb).Should().BeOneOf(0, NotHeld);
                    RunEmpty(log);
                    var left = KillBook.Pairs(rig.Held).Where(p => p.Id.ToString() == _released).SelectMany(p => p.Pending);
                    left.Should().NotContain(kind == "part" ? _verb[^1] : "", "it was released");
                    if (kind == "release") Directory.GetFiles(rig.Held, $"{_released}*").Should().BeEmpty("it was released");
                }
                if (kind == "corrupt") CheckCorrupt();
                else book.CheckAll(rig.Target, rig.Held, rig.Corrupt, rig.Intake);
                CheckHeld(book);
            }
            catch (Exception e)
            {
                Assert.Fail($"{which}: {e.Message}\nThe disk:\n{string.Join("\n", disk.Walk().Select(f => $"  {f.Path} {f.Inode} {disk.Contents.GetValueOrDefault(f.Inode, []).Length}"))}\n" +
                    $"The log:\n{log}\nThe steps:\n{string.Join("\n", recorder.Steps.Select((s, i) => $"  {i} {s}"))}");
            }
        }

        // The same command once more goes on where it ended. What a cut has put back is known, and left where it lies.
        private void ReleaseFiles(StringBuilder log, KillBook book)
        {
            foreach (var lone in Directory.GetFiles(rig.Held, "*-D").Where(f => book.AllowsLoneBodies && !File.Exists($"{f[..^1]}H") && Directory.GetFiles(rig.Held, $"hdr.{Path.GetFileName(f)[..^2]}*").Length == 0))
            {
                // Nobody knows whose it is: the answer says what to look at.
                Run(log, ["release", $"{_quarantine}/{Path.GetFileName(lone)[..^1]}H"]).Should().Be(TryAgain);
                foreach (var left in Directory.GetFiles(rig.Held, $"{Path.GetFileName(lone)[..^2]}*")) File.Delete(left);
            }
            Run(log, _verb).Should().BeOneOf(0, NotHeld, Known);
            RunEmpty(log);
            Run(log, _verb).Should().BeOneOf(NotHeld, Known);
            RunEmpty(log);
            if (kind == "quarantine") Directory.GetFiles(rig.Held).Should().BeEmpty("all were released");
            else KillBook.Pairs(rig.Held).SelectMany(p => p.Pending).Should().BeEquivalentTo(rig.Book.Fed.Values.Single().Recipients[1..]);
        }

        private void CheckHeld(KillBook book)
        {
            var held = KillBook.Pairs(rig.Held);
            foreach (var pair in held) File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain(kind == "part of quarantine" ? $"taken from {_quarantine}/{pair.Id}-H" : Held);
            if (rig.Setup.Notices is not { } limit) return;
            using var ledger = MessageLedger.Open(_ledger);
            if (limit == 0) book.Told.Should().BeEquivalentTo(held.Select(p => p.Id.ToString()), "each is told of once");
            else book.Told.Should().ContainSingle("one may go").Which.Should().BeOneOf(held.Select(p => p.Id.ToString()));
            (ledger.Untold.Count + book.ToldMore + book.Told.Count).Should().Be(held.Count, "each is told of, or counted, once");
        }

        // What failed, or was being judged when it died, waits for its next try.
        private void RunEmpty(StringBuilder log)
        {
            for (var i = 0; i < MostRuns; i++)
            {
                var code = Run(log, "run", "--once");
                code.Should().BeOneOf(0, TryAgain);
                if (code == 0 && rig.IntakeIsEmpty) return;
                // By the worker's own clock, in its next life: only time brings it.
                Thread.Sleep(100);
            }
        }

        private int Run(StringBuilder log, params string[] arguments)
        {
            var (code, output) = WorkerInProcess.Run([.. arguments, "--config", rig.WriteConfig()]);
            log.Append(output);
            return code;
        }

        private void CheckCorrupt()
        {
            rig.IntakeIsEmpty.Should().BeTrue();
            Directory.GetFiles(rig.Corrupt).Select(f => Path.GetFileName(f)).Should().BeEquivalentTo(_corrupt.SelectMany(m => new[] { m.Id.HeaderName, m.Id.BodyName, $"{m.Id}.reason" }));
            foreach (var mail in _corrupt)
            {
                File.ReadAllBytes($"{rig.Corrupt}/{mail.Id.BodyName}").Should().Equal(mail.DataFile);
                File.ReadAllBytes($"{rig.Corrupt}/{mail.Id.HeaderName}").Should().Equal(mail.Header[..60]);
                File.ReadAllText($"{rig.Corrupt}/{mail.Id}.reason").Should().Contain("offset");
            }
        }
    }
}
