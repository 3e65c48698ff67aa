// The pass dcc behind a real Exim: what the daemon says of each recipient is what Exim delivers.
using SpoolWorker.StandIns;

namespace SpoolWorker.EndToEnd.Dcc;

public sealed class DccTests : WorkerScene
{
    private (EximInstance Exim, WorkerProcess Worker) WithDcc(string address, object? section = null) => NamedQueue(worker: c => c with
    {
        Passes = ["dcc"],
        Sections = new Dictionary<string, object> { ["Dcc"] = section ?? new { Address = address } },
    });

    [EximFact]
    public async Task Two_of_three_recipients_get_the_message_and_one_is_held()
    {
        await using var daemon = DccStandIn.OnSocket(Scene.At("dccifd"));
        daemon.Script = asked => new DccScript { Overall = "S", Letters = string.Concat(asked.Recipients.Select(r => r.StartsWith("bulk", StringComparison.Ordinal) ? 'R' : 'A')), Header = DccScript.BulkHeader };
        var (exim, worker) = WithDcc(daemon.Address);
        await exim.StartDaemon();
        worker.Start();

        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "one@to.example", "bulk@to.example", "three@to.example"));
        await Delivered(exim, worker, 2);
        await worker.Until(() => exim.Queued("scan").Count == 0, () => "the intake is not empty");

        var asked = daemon.Asked.Should().ContainSingle().Subject;
        asked.Recipients.Should().BeEquivalentTo("one@to.example", "bulk@to.example", "three@to.example");
        asked.Client.Should().Be("127.0.0.1");
        asked.Helo.Should().Be("client.example");
        asked.Message.Should().EndWith("\n\nBody of 1.\n").And.Contain("Subject:  folded\n\tand  spaced \n");
        exim.Mail.Deliveries().Select(d => d.Recipient).Should().BeEquivalentTo("one@to.example", "three@to.example");
        exim.Mail.Deliveries().Should().OnlyContain(d => d.Headers.Contains(DccScript.BulkHeader));
        SpoolListing.Files(worker.Config.Held).Should().Contain(f => f.EndsWith(".reason", StringComparison.Ordinal));
        var reason = File.ReadAllText(Directory.EnumerateFiles(worker.Config.Held, "*.reason", SearchOption.AllDirectories).Single());
        reason.Should().Contain("bulk@to.example: dcc: bulk mail says DCC (R)").And.NotContain("one@");
        worker.Stop().Should().Be(0);
        exim.Mail.Count.Should().Be(2, "the held recipient gets nothing");
    }

    [EximFact]
    public async Task A_daemon_that_is_not_there_yet_holds_nobody_up_for_good()
    {
        var (exim, worker) = WithDcc("", new { Address = new[] { Scene.At("dccifd") }, BreakAfter = 2, BreakFor = "00:00:01" });
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 5).Select(n => MessageSamples.Numbered(n, "one@to.example")));
        await worker.Until(() => worker.Log.Split("dcc is not available").Length > 5, () => "not deferred");
        worker.Stop().Should().Be(0);
        exim.Queued("scan").Should().HaveCount(5);

        await using var daemon = DccStandIn.OnSocket(Scene.At("dccifd"));
        // The operator's way to try again at once: forget when it was to be.
        foreach (var id in exim.Queued("scan")) Run.Program("dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), "forget", "--force", id, "--config", Path.Combine(worker.Config.Root, "worker.json")).ExitCode.Should().Be(0);
        worker.Start();
        await Delivered(exim, worker, 5);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        daemon.Asked.Should().HaveCount(5);
    }
}
