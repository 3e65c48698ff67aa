// The digest of held mail through a real Exim: it reads our -H, delivers the letter once to each address, and returns what cannot be delivered of it.
using SpoolWorker.Ledger;
using SpoolWorker.Options;

namespace SpoolWorker.EndToEnd.HeldMail;

public sealed class DigestMailTests : WorkerScene
{
    [EximFact]
    public async Task It_arrives_once_at_each_address()
    {
        var (exim, worker) = NamedQueue(worker: config => config with
        {
            Passes = ["rules"],
            Sections = new Dictionary<string, object>
            {
                ["Rules"] = new { List = new[] { new { When = "sender", Then = "hold", Reason = "looks odd" } } },
                ["Digest"] = new { To = new[] { "postmaster@one.example", "second@two.example" }, Cron = "0 0 * * * ?", From = "Held mail <held@mx.example>" },
            },
        });
        await exim.StartDaemon();
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 2).Select(n => MessageSamples.Numbered(n, $"a{n}@to.example")));
        await Run.Until(() => SpoolListing.MessageIds(exim.InputDirectory("scan")).Count == 2, () => exim.MainLog);
        worker.RunOnce().Should().Be(0, worker.Log);
        // One run was missed: the worker makes up for it when it starts.
        using (var ledger = MessageLedger.Open(new LedgerOptions { Path = worker.Config.Ledger })) ledger.Runs.Note("digest", new JobRun(DateTimeOffset.UtcNow.AddHours(-2).ToUnixTimeMilliseconds(), 0, 0));

        worker.Start();
        await Delivered(exim, worker, 2);
        await worker.Until(() => SpoolListing.Files(exim.InputDirectory()).Count == 0, () => exim.MainLog);
        worker.Stop().Should().Be(0);

        var deliveries = exim.Mail.Deliveries();
        deliveries.Select(d => d.Recipient).Should().BeEquivalentTo("postmaster@one.example", "second@two.example");
        deliveries.Should().OnlyContain(d => d.Sender == "held@mx.example");
        deliveries[0].HeadersButReceived.Should().Contain("Subject: 2 messages held on ").And.Contain("Auto-Submitted: auto-generated\n").And.Contain("From: Held mail <held@mx.example>\n");
        deliveries[0].Body.Should().Contain("       2  rules: looks odd\n").And.Contain("<a1@to.example>");
        SpoolListing.MessageIds(worker.Config.Held).Should().HaveCount(2);
        exim.PanicLog.Should().BeEmpty();
    }
}
