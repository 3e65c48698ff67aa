// What the worker refuses goes back through a real Exim: it reads our -H, takes the notification for one of its own kind, and
// delivers it once. A rule of the worker does the refusing.
using System.Text;
using MimeKit;

namespace SpoolWorker.EndToEnd.Bounce;

public sealed class BounceTests : WorkerScene
{
    private const string Reason = "no such mailbox here";

    [EximFact]
    public async Task A_refused_recipient_comes_back_to_the_sender_once_and_the_others_get_the_message()
    {
        var (exim, worker) = Refusing();
        await exim.StartDaemon();
        worker.Start();
        var ids = SmtpClient.Send(exim.Port, Enumerable.Range(1, 5).Select(n => MessageSamples.Numbered(n, $"a{n}@to.example", $"refused{n}@to.example")));

        await Delivered(exim, worker, 10);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);

        var deliveries = exim.Mail.Deliveries();
        Once.Each(Enumerable.Range(1, 5).SelectMany(n => new[] { $"a{n}@to.example", $"sender@from.example refused{n}@to.example" }),
            deliveries.Select(d => d.Sample is null ? $"{d.Recipient} {Report(d).StatusGroups[1]["Final-Recipient"]!.Replace("rfc822; ", "", StringComparison.Ordinal)}" : d.Recipient));
        deliveries.Where(d => d.Sample is null).Should().OnlyContain(d => d.Sender == "");
        // the log is written behind the delivery
        foreach (var id in ids) await worker.Until(() => worker.Log.Contains($"{id} requeued+bounced: rules: {Reason}; failed: told sender@from.example as ", StringComparison.Ordinal), () => id);

        // a restart, another look at everything: nobody is told again
        worker.Stop().Should().Be(0);
        worker.RunOnce().Should().Be(0);
        exim.RunQueue();
        exim.Mail.Count.Should().Be(10);
    }

    [EximFact]
    public async Task What_was_asked_for_in_SMTP_is_in_the_report()
    {
        var (exim, worker) = Refusing();
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port,
            MessageSamples.Message("full", "Hello.\r\n") with { Recipients = ["refused@to.example"], MailParameters = " RET=FULL ENVID=env+2B4711", RecipientParameters = " NOTIFY=FAILURE,DELAY ORCPT=rfc822;asked+2Bfor@to.example" },
            MessageSamples.Message("never", "Hello.\r\n") with { Recipients = ["refused@to.example"], RecipientParameters = " NOTIFY=NEVER" },
            MessageSamples.Message("success", "Hello.\r\n") with { Recipients = ["refused@to.example"], RecipientParameters = " NOTIFY=SUCCESS" },
            MessageSamples.Message("utf8", "Hello.\r\n") with { Sender = "j\u00f6rg@from.example", Recipients = ["refused-\u00fc@to.example"], MailParameters = " SMTPUTF8 BODY=8BITMIME" });

        await Delivered(exim, worker, 2);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);

        exim.Mail.Count.Should().Be(2, worker.Log);
        var full = exim.Mail.Deliveries().Single(d => d.Recipient == "sender@from.example");
        var report = Report(full);
        report.StatusGroups[0]["Original-Envelope-Id"].Should().Be("env+4711");
        report.StatusGroups[1]["Original-Recipient"].Should().Be("rfc822; asked+for@to.example");
        report.StatusGroups[1]["X-Exim-Diagnostic"].Should().Be($"X-str; pass rules: {Reason}");
        full.Body.Should().Contain("Content-Type: message/rfc822\n").And.Contain("\nX-Sample: full\n").And.Contain("\n\nHello.\n\n--=_dsn");
        var utf8 = exim.Mail.Deliveries().Single(d => d.Recipient == "j\u00f6rg@from.example");
        Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(utf8.Body)).Should().Contain("message/global-delivery-status").And.Contain("\nFinal-Recipient: utf-8; refused-\u00fc@to.example\n");
    }

    [EximFact]
    public async Task A_bounce_of_a_bounce_does_not_exist()
    {
        // the sender's mailbox does not exist either
        var (exim, worker) = Refusing(fail: "from.example");
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port,
            MessageSamples.Message("null sender", "Hello.\r\n") with { Sender = "", Recipients = ["refused@to.example"] },
            MessageSamples.Message("to be returned", "Hello.\r\n") with { Recipients = ["refused@to.example"] });

        await worker.Until(() => SpoolListing.Files(worker.Config.Held).Count > 0 && exim.MainLog.Contains("frozen", StringComparison.OrdinalIgnoreCase), () => exim.MainLog);

        await worker.Until(() => worker.Log.Contains("not bounced: null sender", StringComparison.Ordinal), () => "no word of it");
        SpoolListing.MessageIds(worker.Config.Held).Should().ContainSingle();
        // Exim takes our notification for what it is: it freezes it and writes none of its own
        exim.Queued().Should().ContainSingle();
        exim.MainLog.Split('\n').Where(line => line.Contains(" <= <> ", StringComparison.Ordinal)).Should().OnlyContain(line => line.Contains("H=(client.example)", StringComparison.Ordinal), "that one came from outside");
        exim.Mail.Count.Should().Be(0);
    }

    private (EximInstance Exim, WorkerProcess Worker) Refusing(string? fail = null) => NamedQueue(
        config => fail is null ? config : config with { MoreRouters = $"nobody:\n  driver = redirect\n  domains = {fail}\n  allow_fail\n  data = :fail: no such mailbox\n" },
        config => config with
        {
            Passes = ["rules", "dsn"],
            Sections = new Dictionary<string, object>
            {
                ["Rules"] = new { List = new[] { new { When = "recipient=refused*", Then = "bounce", Reason } } },
                ["Dsn"] = new { ReportingMta = "mail.example" },
            },
        });

    private static MessageDeliveryStatus Report(Delivery delivery)
    {
        using var mail = new MemoryStream(Encoding.Latin1.GetBytes(string.Concat(delivery.Headers) + "\n" + delivery.Body));
        return (MessageDeliveryStatus)((MultipartReport)MimeMessage.Load(mail).Body!)[1];
    }
}
