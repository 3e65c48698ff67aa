// Bounces of both kinds in the wiring with two Exims: those the delivering Exim writes and those the worker writes go back to the
// receiving Exim, as `exim-config dsn-info` has it, through the worker once more, and to the sender. The worker is killed again
// and again meanwhile; everybody is told once all the same.
using System.Text.RegularExpressions;

namespace SpoolWorker.EndToEnd.DsnInfo;

public sealed partial class SecondEximBounceTests : WorkerScene
{
    private const int Messages = 10, Kills = 4;

    [EximFact]
    public async Task Bounces_of_Exim_and_of_the_worker_arrive_once_whatever_is_killed()
    {
        using var server = new ScriptedSmtpServer((SmtpPhase.Rcpt, ["550-5.1.1 Nobody", "550 5.1.1 of that name"]));
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver, c => c with { FrontPort = front.Port, Remote = $"remote.example 127.0.0.1::{server.Port}" });
        var worker = Worker("spool", front.InputDirectory(), back, c => c with
        {
            Passes = ["rules", "dsn", "dsn-info"],
            Sections = new Dictionary<string, object>
            {
                ["Rules"] = new { List = new[] { new { When = "recipient=refused*", Then = "bounce", Reason = "no" } } },
                ["Dsn"] = new { RateLimit = 0 },
                ["DsnInfo"] = new { MainLog = $"{back.Config.Logs}/mainlog" },
            },
        });
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        worker.Start();
        for (var kill = 0; kill < Kills; kill++)
        {
            var first = kill * Messages;
            SmtpClient.Send(front.Port, Enumerable.Range(first, Messages).Select(n => MessageSamples.Numbered(n, $"ok{n}@to.example", $"refused{n}@to.example", $"user{n}@remote.example")));
            // somewhere in the middle: a third of this round has come through
            await Delivered(back, worker, first * 3 + Messages);
            worker.Kill();
            worker.Start();
        }
        var all = Enumerable.Range(0, Kills * Messages).ToList();
        // What was committed just before a kill is left to Exim's own queue runner.
        await worker.Until(() =>
        {
            if (back.Mail.Count < all.Count * 3) back.RunQueue();
            return back.Mail.Count >= all.Count * 3;
        }, () => $"{back.Mail.Count} of {all.Count * 3}\n{back.MainLog}", pollMilliseconds: 300);
        await NothingLeft(front.InputDirectory(), back, worker);

        var deliveries = back.Mail.Deliveries();
        Once.Each(all.SelectMany(n => new[] { $"ok{n}@to.example", $"told of refused{n}@to.example", $"told of user{n}@remote.example" }),
            deliveries.Select(d => d.Sample is not null ? d.Recipient : $"told of {Failed().Match(d.Body).Groups[1].Value}"));
        deliveries.Where(d => d.Body.Contains("@remote.example\nStatus: 5", StringComparison.Ordinal)).Should().HaveCount(all.Count)
            .And.OnlyContain(d => d.Body.Contains($"Remote-MTA: X-ip; [127.0.0.1]:{server.Port}\nX-Remote-MTA-smtp-greeting: X-str; 220", StringComparison.Ordinal)
                && d.Body.Contains("X-Remote-MTA-helo-response: X-str; 250-mx", StringComparison.Ordinal) && d.Body.Contains("X-Exim-Diagnostic: X-str; SMTP error", StringComparison.Ordinal));
    }

    [GeneratedRegex("^Final-Recipient: rfc822; ?(.*)$", RegexOptions.Multiline)]
    private static partial Regex Failed();
}
