using System.Diagnostics;
using System.Globalization;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>
/// SIGKILL at random moments under load: pairs come while the worker runs, Exim takes what it sees, the worker dies some ten milliseconds into
/// its work, again and again. SPOOLWORKER_KILL_LOOPS scales the number of kills.
/// </summary>
[Collection(KillSuite.Name)]
public class KillRandomTests
{
    private const int KillsPerCase = 40;
    private static readonly double Scale = double.Parse(TestVariables.KillLoops ?? "1", CultureInfo.InvariantCulture);

    public static TheoryData<int, string, bool, bool, string, int, bool, string> Cases => new()
    {
        // seed, kind, links, split, sync, group, bounces, who gets copies
        { 1, "spool", false, false, "auto", 64, false, "" },
        { 2, "queuefile", true, false, "auto", 8, true, "archive@example.org" },
        { 3, "queuefile", false, false, "fsync", 1, false, "" },
        { 4, "spool", false, true, "auto", 4, true, "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Killed_at_random_moments_under_load_nothing_is_lost_or_doubled(int seed, string kind, bool links, bool split, string sync, int group, bool bounces, string copyTo)
    {
        // two rigs at a time: the machine is busy while one of them starts its worker
        Parallel.For(0, 2, part => Loop(100 * seed + part, new KillSetup { Kind = kind, Links = links, SplitIntake = split, SplitTarget = split, Sync = sync, GroupSize = group, Bounces = bounces, CopyTo = copyTo }, (int)Math.Ceiling(KillsPerCase * Scale)));
    }

    private static void Loop(int seed, KillSetup setup, int kills)
    {
        var random = new Random(seed);
        using var rig = new KillRig(setup with { LongIds = seed % 2 == 0, MaxAttempts = 1000 });
        var next = 1;
        for (var i = 0; i < kills; i++)
        {
            // enough that work goes on until the kill
            while (Backlog(rig) < 150) Feed(rig, ref next, 50);
            var mark = rig.Log.Length;
            using var worker = rig.Start(once: random.Next(3) == 0);
            // the line comes when the first message is done, or recovery has something to say
            rig.Until(() => rig.Log.AsSpan(mark).Contains(" at start", StringComparison.Ordinal) || rig.Log.AsSpan(mark).Contains("requeued", StringComparison.Ordinal)
                || rig.Log.AsSpan(mark).Contains("suppressed", StringComparison.Ordinal) || worker.HasExited, "the worker works");
            var clock = Stopwatch.StartNew();
            var moment = TimeSpan.FromMilliseconds(random.NextDouble() * random.NextDouble() * 200);
            while (clock.Elapsed < moment && !worker.HasExited)
            {
                if (random.Next(3) == 0) Feed(rig, ref next, 3);
                if (random.Next(4) == 0) rig.Book.EximTakes(rig.Target, 20);
                // The pace of the feed until the moment of the kill.
                Thread.Sleep(1);
            }
            worker.Kill();
            worker.WaitForExit();
            if (random.Next(2) == 0) rig.Book.EximTakes(rig.Target);
        }
        rig.RunAndCheck();
        var recoveries = rig.Log.Split('\n').Count(line => line.EndsWith(" at start", StringComparison.Ordinal) || line.Contains("a process that died", StringComparison.Ordinal));
        recoveries.Should().BeGreaterThan(kills / 2, "the kills have to hit the middle of the work");
    }

    private static int Backlog(KillRig rig) => Directory.EnumerateFiles(rig.Intake, "*-H", SearchOption.AllDirectories).Count();

    private static void Feed(KillRig rig, ref int next, int count)
    {
        rig.Feed(next, count);
        next += count;
    }
}
