// TLS sessions between two real Exims: the second message comes over the session of the first. What -H then tells is what we read, in Exim's
// own words, and what the main log tells of it is counted.
using System.Text.Json;

namespace SpoolWorker.EndToEnd.Watched;

public sealed class TlsSessionTests : WorkerScene
{
    [EximFact]
    public void Our_words_are_Exims()
    {
        for (var bits = 1; bits <= 31; bits++)
        {
            var words = Run.Program(EximInstance.Program, "-be", $"${{listextract{{{bits}}}{{_RESUME_DECODE}}}}").Output.Trim();
            SpoolWorker.Spool.TlsResumption.TryParse([(byte)('A' + bits)], out var ours).Should().BeTrue();
            ours.Words.Should().Be(words, "{0}", bits);
        }
    }

    [EximFact]
    public async Task A_resumed_session_is_told_and_counted_on_both_sides()
    {
        var metrics = Scene.At("spoolworker.prom");
        var (front, worker) = NamedQueue(c => c with { Certificate = Certificate() }, c => c with
        {
            Passes = ["dsn-info"],
            Sections = new Dictionary<string, object>
            {
                ["DsnInfo"] = new { MainLog = $"{Scene.At("client")}/log/mainlog" },
                ["Metrics"] = new { TextFile = metrics, Interval = "1s" },
            },
        });
        var client = Exim("client", EximRole.Deliver, c => c with { LogSelector = "+tls_cipher +tls_resumption", MoreRouters = Router, MoreTransports = Transport(front.Port) });
        await front.StartDaemon();
        await client.StartDaemon();
        for (var n = 1; n <= 3; n++)
        {
            client.SubmitLocally($"Subject: {n}\n\nText\n", "bob@to.example").ExitCode.Should().Be(0);
            await Run.Until(() => front.Queued("scan").Count == n, () => $"message {n} did not come: {client.MainLog}{front.MainLog}");
        }
        client.MainLog.Split('\n').Count(l => l.Contains(" => ", StringComparison.Ordinal) && l.Contains("* ", StringComparison.Ordinal)).Should().Be(2, client.MainLog);

        var resumed = Command(worker, "list", "--ids", "--where", "tls_resumed").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        resumed.Should().HaveCount(2);
        var others = Command(worker, "list", "--ids", "--where", "not tls_resumed").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Command(worker, "list", "--ids", "--where", "tls_in_resumption < 16").Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().BeEquivalentTo(others);
        Command(worker, "show", resumed[0]).Should().Contain("session resumed");
        var view = JsonDocument.Parse(Command(worker, "show", others.Single(), "--json")).RootElement[0].GetProperty("tlsResumption");
        view.GetProperty("built").GetBoolean().Should().BeTrue();
        view.GetProperty("resumed").GetBoolean().Should().BeFalse();

        worker.Start();
        await Delivered(front, worker, 3);
        await worker.Until(() => Has("received_messages_total{session=\"resumed\"} 2") && Has("delivered_messages_total{session=\"resumed\"} 2")
            && Has("delivered_messages_total{session=\"new\"} 1"), () => File.Exists(metrics) ? File.ReadAllText(metrics) : "no metrics");
        bool Has(string line) => File.Exists(metrics) && File.ReadAllText(metrics).Contains($"spoolworker_tls_{line}\n", StringComparison.Ordinal);
    }

    private static string Command(WorkerProcess worker, params string[] arguments)
    {
        var ended = Run.Program("dotnet", [Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), .. arguments, "--config", Path.Combine(worker.Config.Root, "worker.json")]);
        ended.ExitCode.Should().Be(0, ended.Error);
        return ended.Output;
    }

    private const string Router = """
        over:
          driver = manualroute
          route_list = to.example 127.0.0.1
          self = send
          transport = over

        """;

    private static string Transport(int port) => $"""
        over:
          driver = smtp
          port = {port}
          allow_localhost
          hosts_require_tls = *
          tls_verify_hosts =
          tls_try_verify_hosts =
          tls_resumption_hosts = *

        """;
}
