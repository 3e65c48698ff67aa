using System.Diagnostics;
using System.Text;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>What the worker does with held mail by itself happens once, whenever it is killed: mail that is too old is thrown away, and the digest is sent.</summary>
[Collection(KillSuite.Name)]
public class KillKeepTests
{
    private const int Killed = 137, Batch = 4;

    public static TheoryData<string> KeepSteps => [CrashPoint.Claimed, CrashPoint.Staged, CrashPoint.Synced, CrashPoint.Recorded, CrashPoint.Committed, CrashPoint.HeaderRemoved, CrashPoint.Removed];

    public static TheoryData<string> DigestSteps => [CrashPoint.Staged, CrashPoint.Synced, CrashPoint.Recorded, CrashPoint.Renamed, CrashPoint.Committed];

    [Theory]
    [MemberData(nameof(KeepSteps))]
    public void Old_held_mail_goes_once_with_one_row_and_the_rest_stays(string step)
    {
        using var rig = Holding(new KillSetup { Holds = true, Refused = "r*" });
        var ids = KillBook.Pairs(rig.Held).Select(p => p.Id.ToString()).Order(StringComparer.Ordinal).ToList();
        ids.Should().HaveCount(Batch);
        var old = ids.Take(2).ToList();
        foreach (var id in old) File.SetLastWriteTimeUtc($"{rig.Held}/{id}.reason", DateTime.UtcNow.AddDays(-2));
        rig.Setup = rig.Setup with { Keep = "1d" };

        Kill(rig, step);
        using (var worker = rig.Start(once: false))
        {
            rig.Until(() => old.TrueForAll(id => !File.Exists($"{rig.Held}/{id}-H") && !File.Exists($"{rig.Held}/{id}.reason")), "the old ones go", worker);
            rig.Stop(worker).Should().Be(0, "the log:\n{0}", rig.Log);
        }

        KillBook.Pairs(rig.Held).Select(p => p.Id.ToString()).Should().BeEquivalentTo(ids.Skip(2));
        Directory.EnumerateFiles(rig.Held).Should().HaveCount(3 * (ids.Count - 2), "-H, -D and the note of each");
        KillBook.Pairs(rig.Target).Should().BeEmpty();
        using var ledger = Ledger(rig);
        ledger.Verbs.Waiting().Should().BeEmpty();
        var audit = ledger.Verbs.Audit(0, 100);
        audit.Where(r => r.Result == VerbResult.Done).Select(r => r.Id).Order(StringComparer.Ordinal).Should().Equal(old, "the log:\n{0}", rig.Log);
        audit.Should().OnlyContain(r => r.Actor == "Held:Keep" && r.Verb == VerbKind.Delete);
    }

    [Theory]
    [MemberData(nameof(DigestSteps))]
    public void A_run_has_one_digest(string step)
    {
        using var rig = Holding(new KillSetup { Holds = true, Refused = "r*", Digest = ["postmaster@one.example"] });
        // One run was missed: the worker makes up for it when it starts.
        var hour = DateTimeOffset.UtcNow;
        using (var ledger = Ledger(rig)) ledger.Runs.Note("digest", new JobRun(hour.AddHours(-2).ToUnixTimeMilliseconds(), 0, 0));

        Kill(rig, step);
        using (var worker = rig.Start(once: false))
        {
            rig.Until(() => Digests(rig) > 0, "the digest comes", worker);
            // The timers that bring it begin with those of the schedule.
            rig.Feed(Batch + 1, 1);
            rig.Until(() => rig.IntakeIsEmpty, "the worker has begun", worker);
            // A second digest would come with the first looks at the schedule, one a second.
            Thread.Sleep(2500);
            rig.Stop(worker).Should().Be(0, "the log:\n{0}", rig.Log);
        }

        // An hour that began meanwhile has one of its own.
        var hours = DateTimeOffset.UtcNow.Hour == hour.Hour ? 1 : 2;
        Digests(rig).Should().BeInRange(1, hours, "the log:\n{0}", rig.Log);
        Directory.EnumerateFiles(rig.Target).Should().HaveCount(2 * Digests(rig), "-H and -D of each");
        KillBook.Pairs(rig.Held).Should().HaveCount(Batch + 1);
        using var after = Ledger(rig);
        after.Open().Should().BeEmpty();
    }

    private static KillRig Holding(KillSetup setup)
    {
        var rig = new KillRig(setup);
        rig.Feed(1, Batch);
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
        return rig;
    }

    private static void Kill(KillRig rig, string step)
    {
        using var worker = rig.Start(once: false, $"{step}:1");
        rig.Ended(worker, $"it comes to {step}").Should().Be(Killed);
    }

    private static MessageLedger Ledger(KillRig rig) => MessageLedger.Open(new LedgerOptions { Path = rig.Ledger, MapSize = rig.MapSize });

    private static int Digests(KillRig rig) => Directory.EnumerateFiles(rig.Target, "*-H").Count(file => File.ReadAllText(file, Encoding.Latin1).Contains(" messages held on ", StringComparison.Ordinal));
}
