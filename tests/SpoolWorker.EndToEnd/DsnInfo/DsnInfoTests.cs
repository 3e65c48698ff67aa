// A remote host refuses in each phase of SMTP; the stock Exim in front of it writes a bounce, and the worker, which the bounce
// goes through on its way out, adds what EXPERIMENTAL_DSN_INFO would have added. Exim is configured with the very text that
// `exim-config named-queue` and `exim-config dsn-info` print.
using System.Text.Json;

namespace SpoolWorker.EndToEnd.DsnInfo;

public sealed class DsnInfoTests : WorkerScene
{
    private const string Ehlo = ScriptedSmtpServer.EhloFirst;
    private const string Error = "SMTP error from remote mail server after ";
    private readonly List<ScriptedSmtpServer> servers = [];

    /// <summary>What one host does and which fields have to come of it. {0} in the diagnostic is the recipient.</summary>
    private sealed record Refusal(string Name, SmtpPhase Phase, string[] Answer, string Greeting, string Ehlo, string Diagnostic, SmtpPhase? Also = null);

    private static readonly Refusal[] Refusals =
    [
        new("connect5", SmtpPhase.Connect, ["554-no mail from you", "554 go away"], "554-no mail from you 554 go away", "", Error + "initial connection: 554-no mail from you 554 go away"),
        new("connect4", SmtpPhase.Connect, ["421 4.3.2 busy"], "421 4.3.2 busy", "", Error + "initial connection: 421 4.3.2 busy: retry timeout exceeded"),
        new("ehlo5", SmtpPhase.Ehlo, ["550-who", "550 are you"], ScriptedSmtpServer.Greeting, "550 5.5.2 neither this one, thank you", Error + "HELO mail.example: 550 5.5.2 neither this one, thank you", SmtpPhase.Helo),
        new("mail5", SmtpPhase.Mail, ["550 5.7.1 bad sender"], ScriptedSmtpServer.Greeting, Ehlo, Error + "MAIL FROM:<sender@from.example> SIZE={1}: 550 5.7.1 bad sender"),
        new("rcpt5", SmtpPhase.Rcpt, ["550-5.1.1 No such user", "550-5.1.1 in this house", "550 5.1.1 (see the list at https://remote.example/users/of/this/house)"], ScriptedSmtpServer.Greeting, Ehlo,
            Error + "RCPT TO:<{0}>: 550-5.1.1 No such user 550-5.1.1 in this house 550 5.1.1 (see the list at https://remote.example/users/of/this/house)"),
        new("rcpt4", SmtpPhase.Rcpt, ["451-4.7.1 greylisted", "451 4.7.1 come back"], ScriptedSmtpServer.Greeting, Ehlo, Error + "RCPT TO:<{0}>: 451-4.7.1 greylisted 451 4.7.1 come back: retry timeout exceeded"),
        new("data5", SmtpPhase.Data, ["554 5.7.1 no data"], ScriptedSmtpServer.Greeting, Ehlo, Error + "DATA: 554 5.7.1 no data"),
        new("dot5", SmtpPhase.Dot, ["552-5.3.4 too", "552 5.3.4 big"], ScriptedSmtpServer.Greeting, Ehlo, Error + "end of data: 552-5.3.4 too 552 5.3.4 big"),
        new("dot4", SmtpPhase.Dot, ["452 4.3.1 full"], ScriptedSmtpServer.Greeting, Ehlo, Error + "end of data: 452 4.3.1 full: retry timeout exceeded"),
    ];

    [EximTheory]
    [InlineData("+pid +millisec", "")]
    [InlineData("+all", "log_timezone")]
    public async Task A_refusal_in_any_phase_is_told_in_the_bounce(string selector, string lines)
    {
        var (exim, worker) = Refusing(selector, lines, retry: "");
        var ports = Refusals.ToDictionary(r => r.Name, r => servers[Array.IndexOf(Refusals, r)].Port);
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port, Refusals.Select(r => MessageSamples.Numbered(Array.IndexOf(Refusals, r), $"user@{r.Name}.example")));
        await Delivered(exim, worker, Refusals.Length);

        var bounces = exim.Mail.Deliveries();
        bounces.Should().HaveCount(Refusals.Length, worker.Log);
        foreach (var refusal in Refusals)
        {
            var recipient = $"user@{refusal.Name}.example";
            var bounce = bounces.Should().ContainSingle(b => b.Body.Contains($"rfc822;{recipient}\n", StringComparison.Ordinal), "{0} bounces once", recipient).Subject;
            bounce.Sender.Should().BeEmpty();
            bounce.Recipient.Should().Be("sender@from.example");
            var block = Block(bounce.Body, recipient);
            block.Should().ContainInOrder("Remote-MTA: dns; 127.0.0.1", $"Remote-MTA: X-ip; [127.0.0.1]:{ports[refusal.Name]}");
            Value(block, "X-Remote-MTA-smtp-greeting").Should().Be($"X-str; {refusal.Greeting}", "{0}", recipient);
            Cut(Value(block, "X-Remote-MTA-helo-response"), refusal).Should().Be(refusal.Ehlo.Length > 0 ? $"X-str; {refusal.Ehlo}" : null, "{0}", recipient);
            var size = Value(block, "X-Exim-Diagnostic")?.Split("SIZE=").ElementAtOrDefault(1)?.Split(':')[0];
            Cut(Value(block, "X-Exim-Diagnostic"), refusal).Should().Be($"X-str; {string.Format(null, refusal.Diagnostic, recipient, size)}", "{0}", recipient);
            block.Count(l => l.StartsWith("X-", StringComparison.Ordinal)).Should().Be(refusal.Ehlo.Length > 0 ? 3 : 2);
            bounce.Body.Split('\n').Should().OnlyContain(l => l.Length <= 79 || !l.StartsWith("X-", StringComparison.Ordinal));
        }
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        worker.Stop().Should().Be(0);
        Traced(worker, "user@rcpt5.example");
    }

    // The whole life, from the two programs that had a part in it.
    private void Traced(WorkerProcess worker, string address)
    {
        var log = Scene.At("one") + "/log/mainlog";
        var traced = Run.Program("dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), "trace", address, "--json", "--log", log, "--config", Path.Combine(worker.Config.Root, "worker.json"));
        traced.ExitCode.Should().Be(0, traced.Error);
        var events = JsonDocument.Parse(traced.Output).RootElement.GetProperty("events").EnumerateArray().ToList();
        events.Select(e => e.GetProperty("time").GetString()).Should().BeInAscendingOrder();
        var failed = events.First(e => e.GetProperty("kind").GetString() == "arrived").GetProperty("id").GetString();
        events.Where(e => e.GetProperty("id").GetString() == failed).Select(e => $"{e.GetProperty("source").GetString()} {e.GetProperty("kind").GetString()}")
            .Should().Contain(["exim arrived", "worker taken", "worker requeued", "exim greeting", "exim ehlo", "exim refused", "exim completed"]);
        var bounce = events.Single(e => e.GetProperty("kind").GetString() == "bounce").GetProperty("id").GetString();
        bounce.Should().NotBe(failed);
        // The bounce goes to the receiving port and has another id from there on, which the worker knows.
        events.Should().Contain(e => e.GetProperty("kind").GetString() == "passes" && e.GetProperty("text").GetString()!.Contains("dsn_info=1 of 1 recipients", StringComparison.Ordinal));
        events.Should().Contain(e => e.GetProperty("kind").GetString() == "delivered" && e.GetProperty("address").GetString() == "sender@from.example");
    }

    [EximFact]
    public async Task A_delay_warning_is_told_too()
    {
        var (exim, worker) = Refusing("+millisec", "delay_warning = 1s", retry: "* * F,1h,1s");
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "user@rcpt4.example"));
        // The warning is due when the message is older than a second and a delivery is tried.
        await worker.Until(() =>
        {
            exim.RunQueue(force: true);
            return exim.Mail.Count > 0;
        }, () => exim.MainLog, pollMilliseconds: 300);
        var warning = exim.Mail.Deliveries()[0];
        warning.Body.Should().Contain("Action: delayed\n");
        var block = Block(warning.Body, "user@rcpt4.example");
        Value(block, "X-Remote-MTA-smtp-greeting").Should().Be($"X-str; {ScriptedSmtpServer.Greeting}");
        Value(block, "X-Exim-Diagnostic").Should().Be($"X-str; {Error}RCPT TO:<user@rcpt4.example>: 451-4.7.1 greylisted 451 4.7.1 come back");
    }

    public override Task DisposeAsync()
    {
        var done = base.DisposeAsync();
        servers.ForEach(s => s.Dispose());
        return done;
    }

    private (EximInstance Exim, WorkerProcess Worker) Refusing(string selector, string lines, string retry)
    {
        foreach (var refusal in Refusals)
        {
            var also = refusal.Also is { } phase ? new[] { (phase, new[] { refusal.Ehlo }) } : [];
            servers.Add(new ScriptedSmtpServer([(refusal.Phase, refusal.Answer), .. also]));
        }

        var routes = string.Join(" ; ", Refusals.Select((r, i) => $"{r.Name}.example 127.0.0.1::{servers[i].Port}"));
        return NamedQueue(
            exim => exim with { Remote = routes, Retry = retry, LogSelector = $"{selector} +queue_run", MainLines = lines },
            worker => worker with
            {
                Passes = ["dsn-info"],
                Sections = new Dictionary<string, object> { ["DsnInfo"] = new { MainLog = $"{Scene.At("one")}/log/mainlog" } },
            });
    }

    /// <summary>The lines of a recipient's block, unfolded.</summary>
    private static List<string> Block(string body, string recipient)
    {
        var report = body[body.IndexOf("Content-type: message/delivery-status", StringComparison.Ordinal)..];
        var block = report.Split("\n\n").First(b => b.Contains($"Final-Recipient: rfc822;{recipient}", StringComparison.Ordinal));
        var lines = new List<string>();
        foreach (var line in block.Split('\n'))
        {
            if (line.StartsWith(' ')) lines[^1] += line;
            else lines.Add(line);
        }

        return lines;
    }

    // Exim 4.96 itself logs bytes of an earlier answer behind the one to HELO.
    private static string? Cut(string? value, Refusal refusal) =>
        refusal.Also is null || value is null ? value : value[..(value.IndexOf(refusal.Ehlo, StringComparison.Ordinal) + refusal.Ehlo.Length)];

    private static string? Value(List<string> block, string name) =>
        block.SingleOrDefault(l => l.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..];
}
