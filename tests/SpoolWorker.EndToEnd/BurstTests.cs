// Many messages at once while the worker is killed again and again in the middle of its work. Afterwards each message is there once for each
// recipient and nothing is left anywhere: no kill may lose a message, send it twice, or leave half a pair behind.
namespace SpoolWorker.EndToEnd;

public sealed class BurstTests : WorkerScene
{
    private const int Connections = 5;

    [EximFact]
    public async Task Kills_in_a_burst_through_a_named_queue()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon();
        await Burst(exim, exim, worker, exim.InputDirectory("scan"), rounds: 10, each: 30);
    }

    [EximFact]
    public async Task Kills_in_a_burst_through_a_second_exim_with_split_spools()
    {
        var front = Exim("front", EximRole.QueueOnly, c => c with { SplitSpool = true });
        var back = Exim("back", EximRole.Deliver, c => c with { SplitSpool = true });
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        await Burst(front, back, Worker("spool", front.InputDirectory(), back), front.InputDirectory(), rounds: 5, each: 30);
    }

    [EximFact]
    public async Task Kills_in_a_burst_through_queuefile()
    {
        var intake = Scene.CreateForExim("intake");
        var front = Exim("front", EximRole.Queuefile, c => c with { Intake = intake });
        var back = Exim("back", EximRole.Deliver);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        await Burst(front, back, Worker("queuefile", intake, back), intake, rounds: 5, each: 30);
    }

    private static async Task Burst(EximInstance front, EximInstance back, WorkerProcess worker, string intake, int rounds, int each)
    {
        var sent = new List<SmtpMessage>();
        for (var round = 0; round < rounds; round++)
        {
            var messages = Enumerable.Range(round * each, each).Select(n => n % 5 == 0
                ? MessageSamples.Numbered(n, "a@to.example", "b@to.example", "c@to.example")
                : MessageSamples.Numbered(n, "a@to.example")).ToList();
            sent.AddRange(messages);
            var before = back.Mail.Count;
            worker.Start();
            var sending = Task.WhenAll(messages.Chunk(each / Connections).Select(part => Task.Run(() => SmtpClient.Send(front.Port, part))));
            if (front.Config.Role == EximRole.Queuefile)
            {
                await sending;
                front.RunQueue(force: true);
            }

            // killed as soon as a few are through, each round at another count: the others are at every stage of their way
            var enough = before + 1 + (round * 3);
            await worker.Until(
                () => back.Mail.Count + back.Queued().Count >= enough,
                () => $"{back.Mail.Count} delivered, {back.Queued().Count} requeued, waiting for {enough}\n{back.MainLog}",
                pollMilliseconds: 1);
            worker.Kill();

            // Exim gets on with what it has: a requeue the worker forgot about is delivered now, and would be again later
            back.RunQueue();

            // and once more while it puts right what the first kill left
            worker.Start();
            // The moment of the kill.
            await Task.Delay(Random.Shared.Next(50, 600));
            worker.Kill();
            await sending;
        }

        worker.Start();
        if (front.Config.Role == EximRole.Queuefile)
        {
            await QueuefileTests.RunUntilHandedOver(front, worker);
        }

        await worker.Until(() => SpoolListing.Files(intake).Count == 0, () => $"in the intake: {string.Join(' ', SpoolListing.Files(intake).Take(20))}");

        // a kill between the commit and the wake leaves mail to Exim's own queue runner; that is allowed, losing it is not
        back.RunQueue();
        await NothingLeft(intake, back, worker);
        Once.Each(
            sent.SelectMany(m => m.Recipients.Select(r => $"{m.Name} to {r}")),
            back.Mail.Deliveries().Select(d => $"{d.Sample} to {d.Recipient}"));
    }
}
