using SpoolWorker.Engine.Commit;
using SpoolWorker.Ledger;
using SpoolWorker.Options;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>Copies by a rule where recipients come one by one: handed over again, and with a recipient more, behind kills and when rows are all that is known, each copy is made once.</summary>
[Collection(KillSuite.Name)]
public class KillCopyTests
{
    private const int Killed = 137, Batch = 7;

    public static TheoryData<string> Steps => [.. CrashPoint.Steps.Where(step => step != CrashPoint.Recovering)];

    [Theory]
    [MemberData(nameof(Steps))]
    public void Killed_at_each_step_of_each_hand_over_a_copy_is_made_once(string step)
    {
        using var rig = new KillRig(new KillSetup { Kind = "queuefile", CopyTo = "archive@example.org", GroupSize = 1 });
        var mails = Enumerable.Range(1, Batch).Select(n => KillMail.Make(n, longId: false)).ToList();
        HandOver(rig, mails);
        rig.RunOnce($"{step}:{Batch / 2}").Should().Be(Killed, "the log:\n{0}", rig.Log);
        rig.Book.EximTakes(rig.Target);
        // queuefile's retry, of what the worker has taken.
        HandOver(rig, mails);
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
        rig.Book.EximTakes(rig.Target);
        Whole(rig).Should().BeLessThan(Batch, "but for those in hand at the kill rows are all that is known");

        mails = [.. mails.Select((mail, i) => mail.With($"late.{i}@example.org"))];
        foreach (var mail in mails) rig.Book.FeedAgain(mail);
        HandOver(rig, mails);
        rig.RunOnce($"{step}:{Batch / 2}").Should().Be(Killed, "the log:\n{0}", rig.Log);
        rig.Book.EximTakes(rig.Target);
        HandOver(rig, mails);

        rig.RunAndCheck();
    }

    private static void HandOver(KillRig rig, IEnumerable<KillMail> mails)
    {
        // queuefile writes over nothing.
        foreach (var mail in mails.Where(m => !File.Exists($"{rig.Intake}/{m.Id.HeaderName}") && !File.Exists($"{rig.Intake}/{m.Id.BodyName}"))) rig.Feed(mail);
    }

    private static long Whole(KillRig rig)
    {
        using var ledger = MessageLedger.Open(new LedgerOptions { Path = rig.Ledger, MapSize = rig.MapSize });
        return ledger.Count;
    }
}
