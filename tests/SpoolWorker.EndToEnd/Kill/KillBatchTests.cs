namespace SpoolWorker.EndToEnd.Kill;

/// <summary>The rules run in batches, every few seconds. What comes between waits; the worker is killed while a batch goes through, again and again, and
/// what was in it goes on with the next start, what was not waits for its own.</summary>
[Collection(KillSuite.Name)]
public class KillBatchTests
{
    private const int Kills = 10, Messages = 150;

    [Theory]
    [InlineData("spool")]
    [InlineData("queuefile")]
    public void Killed_in_the_middle_of_a_batch_each_message_goes_once(string kind)
    {
        var random = new Random(7);
        using var rig = new KillRig(new KillSetup { Kind = kind, Batch = "*/3 * * * * ?", Refused = "nobody@nowhere.example", MaxAttempts = 1000, LongIds = true });
        var waited = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            rig.Feed(1 + (kill * Messages), Messages);
            var mark = rig.Log.Length;
            using var worker = rig.Start(once: false);
            rig.Until(() => rig.Log.AsSpan(mark).Contains("requeued", StringComparison.Ordinal) || worker.HasExited, "a batch goes through");
            // The moment of the kill: a batch of these takes some hundred milliseconds.
            Thread.Sleep(random.Next(150));
            worker.Kill();
            worker.WaitForExit();
            waited += rig.Log[mark..].Split(" waits: ").Length - 1;
            if (kill % 2 == 0) rig.Book.EximTakes(rig.Target);
        }
        waited.Should().BeGreaterThan(Messages, "messages have to wait for the batch");
        using (var last = rig.Start(once: false))
        {
            rig.Until(() => !Directory.EnumerateFiles(rig.Intake, "*-H", SearchOption.AllDirectories).Any() || last.HasExited, "all have gone");
            last.Kill();
            last.WaitForExit();
        }
        rig.RunOnce().Should().Be(0, "the log says:\n{0}", rig.Log);
        rig.Check();
    }
}
