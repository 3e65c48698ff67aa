using System.Text.Json;

namespace SpoolWorker.EndToEnd.Watched;

/// <summary>A worker that is asked while it works: by its operator, by a stranger, by a second worker.</summary>
public sealed class ControlTests : WorkerScene
{
    private string Socket => Scene.At("control.sock");

    [EximFact]
    public async Task A_worker_is_asked_and_a_second_one_and_a_stranger_are_refused()
    {
        var (exim, worker) = NamedQueue(worker: c => c with { Sections = new Dictionary<string, object> { ["Control"] = new { Socket, Readers = new[] { "@0" } } } });
        await exim.StartDaemon();
        worker.Start();
        await worker.Until(() => File.Exists(Socket) && Status(worker).ExitCode == 0, () => $"no status: {Status(worker).Error}");
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "a@to.example"));
        await Delivered(exim, worker, 1);

        await worker.Until(() => Status(worker).Output.Contains("\"committed\": 1", StringComparison.Ordinal), () => Status(worker).Output);
        using (var status = JsonDocument.Parse(Status(worker).Output))
        {
            status.RootElement.GetProperty("running").GetBoolean().Should().BeTrue();
            status.RootElement.GetProperty("target").GetProperty("daemon").GetBoolean().Should().BeTrue();
        }
        Program("status", "--config", Config(worker), "--warn", "intake=100", "--critical", "oldest=1h").Should().Match<ProgramResult>(r => r.ExitCode == 0 && r.Output.StartsWith("OK: "));
        Program("status", "--config", Config(worker), "--warn", "age=5").ExitCode.Should().Be(64);

        var stranger = Run.Program("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "curl", "-s", "--unix-socket", Socket, "http://worker/v1/status");
        stranger.Output.Should().Contain("user 65534 may not ask this worker anything");
        Run.Program("curl", "-s", "--unix-socket", Socket, "http://worker/metrics").Output.Should().Contain("spoolworker_messages_total{outcome=\"requeued\"} 1\n");

        var second = worker.Config with { Root = Scene.At("second"), Intake = Scene.Create("second-intake") };
        Program("run", "--config", second.Write()).Should().Match<ProgramResult>(r => r.ExitCode == 75 && r.Error.Contains($"another process listens on {Socket}"));

        worker.Stop().Should().Be(0);
        File.Exists(Socket).Should().BeFalse("it goes with the worker");
        Status(worker).Should().Match<ProgramResult>(r => r.ExitCode == 2 && r.Error.Contains("no worker runs"));
    }

    [EximFact]
    public async Task A_worker_that_is_killed_leaves_a_socket_that_the_next_one_replaces()
    {
        var (exim, worker) = NamedQueue(worker: c => c with { Sections = new Dictionary<string, object> { ["Control"] = new { Socket } } });
        await exim.StartDaemon();
        worker.Start();
        await worker.Until(() => File.Exists(Socket) && Status(worker).ExitCode == 0, () => "no status");
        worker.Kill();
        File.Exists(Socket).Should().BeTrue();
        Status(worker).Error.Should().Contain("no worker runs");
        worker.Start();
        await worker.Until(() => Status(worker).ExitCode == 0, () => "no status after the kill");
        worker.Stop().Should().Be(0);
    }

    private static ProgramResult Status(WorkerProcess worker) => Program("status", "--json", "--config", Config(worker));

    private static ProgramResult Program(params string[] arguments) => ProgramCall.SpoolWorker(arguments).Run();

    private static string Config(WorkerProcess worker) => Path.Combine(worker.Config.Root, "worker.json");
}
