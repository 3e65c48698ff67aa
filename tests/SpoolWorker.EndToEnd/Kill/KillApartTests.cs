using System.Text;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>
/// A release of a message whose recipients are to get different header lines goes on with each kind of them, whoever executes it (the command, or a worker that runs) and at which step
/// of which part that one is killed: each recipient gets the message once, with his own mark, and the audit has a line for each.
/// </summary>
[Collection(KillSuite.Name)]
public class KillApartTests
{
    private const int Killed = 137, Kinds = 3;

    // What the same command says when it is given again: done, or nothing is left to do.
    private static readonly int[] Again = [0, 66];

    public static TheoryData<string> Steps => [.. CrashPoint.Steps.Where(s => s != CrashPoint.Recovering)];

    [Theory]
    [MemberData(nameof(Steps))]
    public void Killed_at_each_step_of_each_part_each_gets_it_once(string step)
    {
        // Two renames a part that is not the last; the pair is removed once.
        var times = step switch { CrashPoint.Renamed => 2 * Kinds - 1, CrashPoint.HeaderRemoved => 1, _ => Kinds };
        Parallel.For(1, times + 1, new ParallelOptions { MaxDegreeOfParallelism = 2 }, n => KillAndCheck(step, n, worker: (n + step.Length) % 2 == 0));
    }

    private static void KillAndCheck(string step, int time, bool worker)
    {
        using var rig = new KillRig(new KillSetup { Marks = true, GroupSize = time % 2 == 0 ? 1 : 64 });
        rig.Verb(["hold", "--new", "--where", "recipients > 2", "--reason", "many"]).Should().Be(0, "the log:\n{0}", rig.Log);
        var mail = Enumerable.Range(1, 100).Select(n => KillMail.Make(n, longId: false)).First(m => m.Recipients.Length == Kinds);
        rig.Feed(mail);
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
        string[] command = ["release", KillBook.Pairs(rig.Held).Single().Id.ToString()];

        if (worker)
        {
            var process = rig.Start(once: false, $"{step}:{time}");
            rig.Verb(command).Should().Be(0, "the command goes on in the place of a worker that died at {0}; the log:\n{1}", step, rig.Log);
            if (!process.HasExited) rig.Stop(process);
        }
        else
        {
            rig.Verb(command, $"{step}:{time}").Should().Be(Killed, "the log:\n{0}", rig.Log);
            if (time % 2 == 0) rig.Verb(command).Should().BeOneOf(Again, "the log:\n{0}", rig.Log);
        }
        // The next worker goes on, where nobody has said it once more.
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);

        var found = KillBook.Pairs(rig.Target).SelectMany(p => p.Pending.Select(to => $"{to} {Subject(p)}")).Order(StringComparer.Ordinal);
        found.Should().Equal(mail.Recipients.Select((to, i) => $"{to} [r{i}] test {mail.Mark[1..]}"), "{0} {1}; the log:\n{2}", step, time, rig.Log);
        KillBook.Pairs(rig.Target).Should().OnlyContain(p => p.Body.SequenceEqual(mail.Body));
        Directory.EnumerateFiles(rig.Held).Should().BeEmpty();
        Directory.EnumerateFiles(rig.Target, "hdr.*").Should().BeEmpty();
        Done(rig).Should().Equal(mail.Recipients, "{0} {1}; the log:\n{2}", step, time, rig.Log);
    }

    // Whom the audit says it was done for.
    private static List<string> Done(KillRig rig)
    {
        using var ledger = MessageLedger.Open(new LedgerOptions { Path = rig.Ledger, MapSize = rig.MapSize });
        ledger.Verbs.Waiting().Should().BeEmpty();
        return [.. ledger.Verbs.Audit(0, 100).Where(r => r is { Verb: VerbKind.Release, Result: VerbResult.Done }).SelectMany(r => r.Served).Order(StringComparer.Ordinal)];
    }

    private static string Subject(FoundPair pair) => Encoding.Latin1.GetString(pair.Header.Headers.Single(h => !h.IsDeleted && h.Is("Subject"u8)).Value).Trim();
}
