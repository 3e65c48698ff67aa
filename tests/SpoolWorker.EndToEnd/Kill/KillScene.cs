namespace SpoolWorker.EndToEnd.Kill;

/// <summary>A worker between two Exims that is killed again and again while mail comes.</summary>
public abstract class KillScene : WorkerScene
{
    /// <summary>Has mail come to a worker that is killed at random moments, and waits until the last one has done all.</summary>
    /// <param name="line">Who receives, who works, who delivers.</param>
    /// <param name="load">How many messages and kills; the seed of the moments.</param>
    /// <param name="message">The n-th message, from 1 on.</param>
    /// <param name="deliveries">What is delivered in the end.</param>
    /// <param name="patience">How long the last worker may take.</param>
    internal static async Task KilledUnderLoad((EximInstance Front, WorkerProcess Worker, EximInstance Back) line, (int Messages, int Kills, int Seed) load, Func<int, SmtpMessage> message, int deliveries, TimeSpan patience)
    {
        var (front, worker, back) = line;
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        var random = new Random(load.Seed);
        var sent = 0;
        for (var kill = 0; kill < load.Kills; kill++)
        {
            var mark = worker.Log.Length;
            worker.Start();
            for (var more = load.Messages / load.Kills; more > 0; more--) SmtpClient.Send(front.Port, message(++sent));
            await worker.Until(() => worker.Log.AsSpan(mark).Contains("requeued", StringComparison.Ordinal), () => "nothing is requeued");
            // The moment of the kill.
            await Task.Delay(random.Next(60));
            worker.Kill();
        }
        var last = worker.Log.Length;
        worker.Start();
        // Those before it may have done all: it is asked to stop when it can hear it, not while the runtime begins.
        await worker.Until(() => worker.Log.AsSpan(last).Contains("target ", StringComparison.Ordinal), () => "the last worker does not begin");
        await Delivered(back, worker, deliveries, patience);
        await worker.Until(() => SpoolListing.Files(front.InputDirectory()).Count == 0, () => "the intake is not empty");
        worker.Stop().Should().Be(0);
    }
}
