using SpoolWorker.Engine.Commit;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>
/// An operator's verb happens once or not at all, whoever executes it (the command, or a worker that runs) and whenever that one is killed: at every step of
/// the commit protocol. A command beside a worker that dies goes on in its place.
/// </summary>
[Collection(KillSuite.Name)]
public class KillVerbTests
{
    private const int Killed = 137, Batch = 4;
    private const string New = "new@example.org";

    // What the same command says when it is given again: done, or nothing is left to do.
    private static readonly int[] Again = [0, 66];

    private static readonly string[] All = ["release", "release part", "delete part", "redirect", "redirect part", "bounce part", "retry", "retry part"];

    public static TheoryData<string> Verbs => [.. All];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Killed_at_each_step_a_verb_happens_once(string verb)
    {
        // Each step where a part is served; by whom it is executed changes in turn.
        var steps = CrashPoint.Steps.Where(s => s != CrashPoint.Recovering && (verb.EndsWith("part", StringComparison.Ordinal) || s is CrashPoint.Recorded or CrashPoint.Renamed or CrashPoint.HeaderRemoved)).Select((step, i) => (Step: step, Worker: (i + Array.IndexOf(All, verb)) % 2 == 0));
        Parallel.ForEach(steps, new ParallelOptions { MaxDegreeOfParallelism = 2 }, s => KillAndCheck(verb, s.Step, s.Worker));
    }

    private static void KillAndCheck(string verb, string step, bool worker)
    {
        using var rig = new KillRig(new KillSetup { Holds = true, Refused = "r*", WithDsn = true, GroupSize = step.Length % 2 == 0 ? 1 : 64 });
        rig.Feed(1, Batch);
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);
        var pair = KillBook.Pairs(rig.Held).First(p => p.Pending.Count() > 1);
        var (id, part) = (pair.Id.ToString(), pair.Pending.First());
        // What is judged again is held no more.
        if (verb.StartsWith("retry", StringComparison.Ordinal)) rig.Setup = rig.Setup with { Holds = false };
        var words = verb.Split(' ');
        string[] command = [words[0], .. words[0] == "redirect" ? new[] { New } : [], id, .. words.Length > 1 ? new[] { "--recipient", part } : []];

        if (worker)
        {
            var process = rig.Start(once: false, $"{step}:1");
            // A step that the verb does not come to is none.
            rig.Verb(command).Should().Be(0, "the command goes on in the place of a worker that died at {0}; the log:\n{1}", step, rig.Log);
            if (!process.HasExited) rig.Stop(process);
        }
        else
        {
            rig.Verb(command, $"{step}:1").Should().BeOneOf([Killed, 0], "the log:\n{0}", rig.Log);
            rig.Verb(command).Should().BeOneOf(Again, "the log:\n{0}", rig.Log);
        }
        rig.RunOnce().Should().Be(0, "the log:\n{0}", rig.Log);

        Check(rig, pair, verb, words.Length > 1 ? [part] : [.. pair.Pending]);
    }

    private static void Check(KillRig rig, FoundPair pair, string verb, string[] served)
    {
        var where = new Dictionary<(string Mark, string Recipient), List<string>>();
        void Add(string mark, string recipient, string place) => (where.TryGetValue((mark, recipient), out var places) ? places : where[(mark, recipient)] = []).Add(place);
        foreach (var found in KillBook.Pairs(rig.Target))
        {
            foreach (var recipient in found.IsBounce ? found.Failed : found.Pending) Add(found.Mark, recipient, found.IsBounce ? "bounced" : "target");
        }
        foreach (var found in KillBook.Pairs(rig.Held))
        {
            foreach (var recipient in found.Pending) Add(found.Mark, recipient, "held");
        }
        foreach (var mail in rig.Book.Fed.Values)
        {
            foreach (var recipient in mail.Recipients)
            {
                var isServed = mail.Mark == pair.Mark && served.Contains(recipient);
                string[] expected = !isServed ? ["held"] : verb.Split(' ')[0] switch { "bounce" => ["bounced"], "delete" or "redirect" => [], _ => ["target"] };
                where.GetValueOrDefault((mail.Mark, recipient), []).Should().Equal(expected, "{0} of {1}, {2}; the log:\n{3}", recipient, mail.Mark, verb, rig.Log);
            }
        }
        // -H names the new address once for each it stands for; Exim delivers to it once.
        if (verb.StartsWith("redirect", StringComparison.Ordinal)) KillBook.Pairs(rig.Target).Should().ContainSingle().Which.Pending.Should().OnlyContain(p => p == New);
        foreach (var directory in new[] { rig.Target, rig.Held })
        {
            Directory.EnumerateFiles(directory, "hdr.*").Should().BeEmpty();
            Directory.EnumerateFiles(directory, "*-D").Where(d => !File.Exists(d[..^1] + "H")).Should().BeEmpty();
            Directory.EnumerateFiles(directory, "*.reason").Where(r => !File.Exists(r[..^".reason".Length] + "-H")).Should().BeEmpty();
        }
        KillBook.Pairs(rig.Target).Concat(KillBook.Pairs(rig.Held)).Where(p => !p.IsBounce).Should().OnlyContain(p => p.Body.SequenceEqual(rig.Book.Fed[p.Mark].Body));
    }
}
