// Pause, resume, drain and skip as an operator types them, beside a worker between real Exims, with a kill in the middle and a daemon that is gone.
using System.Text.Json;
using SpoolWorker.StandIns;

namespace SpoolWorker.EndToEnd.Watched;

public sealed class OrderTests : WorkerScene
{
    private string Socket => Scene.At("control.sock");

    [EximFact]
    public async Task A_paused_worker_that_is_killed_stays_paused_and_goes_on_when_it_is_resumed()
    {
        var (exim, worker) = NamedQueue(worker: c => c with { Sections = new Dictionary<string, object> { ["Control"] = new { Socket } } });
        await exim.StartDaemon();
        await StartAsync(worker);
        Program(worker, "pause", "--reason", "storage is moved").Good.Should().MatchRegex("^the worker is paused by .*: storage is moved\n$");
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 5).Select(n => MessageSamples.Numbered(n, "a@to.example")));
        await worker.Until(() => exim.Queued("scan").Count == 5, () => "not received");
        await StatusAsync(worker, status => status.GetProperty("places")[0].GetProperty("messages").GetInt32() == 5);
        Program(worker, "status").Should().Match<ProgramResult>(r => r.ExitCode == 1 && r.Output.StartsWith("WARNING: the worker is paused"));
        Curl("/readyz").Should().Contain("the worker is paused");
        Curl("/healthz").Should().StartWith("ok\n");

        worker.Kill();
        Program(worker, "status").Output.Should().Contain("the worker is paused", "the files tell");
        await StartAsync(worker);
        worker.Log.Should().Contain("order: the worker is paused");
        await StatusAsync(worker, status => status.TryGetProperty("worker", out var own) && own.TryGetProperty("lastScan", out _));
        exim.Mail.Count.Should().Be(0);
        // One of them all the same, as its operator says so by name.
        var first = exim.Queued("scan")[0];
        Program(worker, "retry", "--intake", first).Should().Match<ProgramResult>(r => r.ExitCode == 75 && r.Error.Contains("a retry does not go past that"));
        Program(worker, "release", "--intake", first).ExitCode.Should().Be(0);
        await Delivered(exim, worker, 1);
        exim.Queued("scan").Should().HaveCount(4);

        Program(worker, "resume").Good.Should().StartWith("no more: the worker is paused");
        await Delivered(exim, worker, 5);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        Program(worker, "audit").Good.Should().Contain(" pause by ").And.Contain(" resume by ");
        worker.Stop().Should().Be(0);
    }

    [EximFact]
    public async Task A_drain_finishes_what_is_in_hand_and_says_what_is_left()
    {
        await using var daemon = DccStandIn.OnSocket(Scene.At("dccifd"));
        daemon.Says(new DccScript { Delay = TimeSpan.FromSeconds(2) });
        var (exim, worker) = NamedQueue(worker: c => c with { Passes = ["dcc"], Workers = 2, Sections = new Dictionary<string, object> { ["Control"] = new { Socket }, ["Dcc"] = new { Address = daemon.Address } } });
        await exim.StartDaemon();
        await StartAsync(worker);
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 8).Select(n => MessageSamples.Numbered(n, "a@to.example")));
        await worker.Until(() => daemon.Asked.Count > 0, () => "nothing is in hand");
        Program(worker, "drain", "--timeout", "1ms").Should().Match<ProgramResult>(r => r.ExitCode == 75 && r.Error.Contains("still in hand"));
        var drained = Program(worker, "drain");
        drained.Good.Should().MatchRegex("^drained: nothing is in hand, [0-9]+ messages? left waiting in the intakes; spoolworker resume ends it\n$");
        var left = exim.Queued("scan").Count;
        left.Should().BePositive().And.BeLessThan(8, "what was in hand was finished");
        drained.Output.Should().Contain($", {left} message");
        var asked = daemon.Asked.Count;
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(9, "a@to.example"));
        await worker.Until(() => exim.Queued("scan").Count == left + 1, () => "not received");
        await StatusAsync(worker, status => status.GetProperty("places")[0].GetProperty("messages").GetInt32() == left + 1);
        daemon.Asked.Count.Should().Be(asked, "a drained worker takes nothing");

        daemon.Says(new DccScript());
        // The next process takes mail again.
        worker.Stop().Should().Be(0);
        Program(worker, "drain").Should().Match<ProgramResult>(r => r.ExitCode == 69 && r.Error.Contains("no worker runs"));
        await StartAsync(worker);
        await Delivered(exim, worker, 9);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        worker.Stop().Should().Be(0);
    }

    [EximFact]
    public async Task Mail_goes_on_without_a_daemon_that_is_gone_when_it_is_old_enough_and_with_it_when_it_is_back()
    {
        // The daemon's service is down for good; a second after its arrival mail is old enough.
        object Dcc(string after) => new { Address = new[] { Scene.At("dccifd") }, BreakAfter = 2, BreakFor = "1s", SkipAfter = after };
        var (exim, worker) = NamedQueue(worker: c => c with
        {
            Passes = ["dcc", "rules"],
            Sections = new Dictionary<string, object>
            {
                ["Control"] = new { Socket },
                ["Dcc"] = Dcc("2s"),
                ["Schedule"] = new { Retry = "500ms" },
                ["Rules"] = new { List = new[] { new { When = "not dcc_result", Then = "hold", Header = "" }, new { When = "dcc_result", Then = "hold", Header = "" }, new { When = "sender", Then = "tag", Header = "X-Rules: asked" } } },
            }
        });
        await exim.StartDaemon();
        await StartAsync(worker);
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "a@to.example"));
        await Delivered(exim, worker, 1);
        var headers = exim.Mail.Deliveries().Single().HeadersButReceived;
        headers.Should().MatchRegex("X-SpoolWorker-Skipped: dcc; skip-after; [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \\+0000").And.Contain("X-Rules: asked");
        Curl("/metrics").Should().Contain("spoolworker_skipped_passes_total{pass=\"dcc\",why=\"skip-after\"} 1\n");
        SpoolListing.Files(worker.Config.Held).Should().BeEmpty("what dcc would have found is neither set nor unset");

        await using (DccStandIn.OnSocket(Scene.At("dccifd")))
        {
            Program(worker, "skip", "dcc", "--for", "1h", "--reason", "rebuilt").Good.Should().StartWith("pass dcc is skipped by ");
            SmtpClient.Send(exim.Port, MessageSamples.Numbered(2, "a@to.example"));
            await Delivered(exim, worker, 2);
            exim.Mail.Deliveries().Should().Contain(d => d.HeadersButReceived.Contains("X-SpoolWorker-Skipped: dcc; by-hand; "));
            Program(worker, "skip", "--list").Good.Should().Contain("rebuilt");
            Program(worker, "skip", "dcc", "--remove").Good.Should().StartWith("no more: pass dcc is skipped");
            Program(worker, "skip", "--list").Good.Should().Be("no pass is skipped\n");
            SmtpClient.Send(exim.Port, MessageSamples.Numbered(3, "a@to.example"));
            await worker.Until(() => SpoolListing.Files(worker.Config.Held).Count > 0, () => "the rule on a result that is known does not hold it");
        }
        exim.Mail.Count.Should().Be(2);
        worker.Stop().Should().Be(0);
    }

    [EximFact]
    public async Task Without_a_worker_the_next_one_starts_paused()
    {
        var (exim, worker) = NamedQueue(worker: c => c with { Sections = new Dictionary<string, object> { ["Control"] = new { Socket } } });
        await exim.StartDaemon();
        worker.RunOnce().Should().Be(0);
        Program(worker, "pause", "--for", "2d").Good.Should().Contain("no worker runs; the next one keeps to it");
        Program(worker, "pause", "--pass", "dccc").ExitCode.Should().Be(66);
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "a@to.example"));
        await Run.Until(() => exim.Queued("scan").Count == 1, () => "not received");
        worker.RunOnce().Should().Be(0);
        exim.Queued("scan").Should().HaveCount(1);
        Program(worker, "resume").ExitCode.Should().Be(0);
        worker.RunOnce().Should().Be(0);
        await Delivered(exim, worker, 1);
    }

    private async Task StartAsync(WorkerProcess worker)
    {
        worker.Start();
        await worker.Until(() => File.Exists(Socket) && Program(worker, "status", "--json").Output.Contains("\"running\": true", StringComparison.Ordinal), () => "no status");
    }

    private static async Task StatusAsync(WorkerProcess worker, Func<JsonElement, bool> isSo) => await worker.Until(() =>
    {
        using var status = JsonDocument.Parse(Program(worker, "status", "--json").Output);
        return isSo(status.RootElement);
    }, () => Program(worker, "status", "--json").Output);

    private string Curl(string path) => Run.Program("curl", "-s", "--unix-socket", Socket, $"http://worker{path}").Output;

    private static ProgramResult Program(WorkerProcess worker, params string[] arguments) => ProgramCall.SpoolWorker([.. arguments, "--config", Path.Combine(worker.Config.Root, "worker.json")]).Run();
}
