// The rule set that docs/mailscanner.md opens with, word for word, before a real Exim, a real clamd and a real spamd: marks, lines that go, another address,
// copies, holds, each for whom it was meant, and a copy of which nobody is told.
using System.Text.Json;
using System.Text.RegularExpressions;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.EndToEnd.Rules;

public sealed partial class MailScannerRulesTests : WorkerScene
{
    private sealed class EnginesFactAttribute : FactAttribute
    {
        public EnginesFactAttribute() => Skip = Prerequisites.Missing() ?? RealClamd.Missing() ?? RealSpamd.Missing();
    }

    [EnginesFact]
    public async Task A_rule_set_like_MailScanners_does_what_its_page_says()
    {
        using var clamd = new RealClamd();
        using var spamd = new RealSpamd();
        using var dns = new TestDnsServer(new Zone().Txt("partner.example", "v=spf1 ip4:127.0.0.0/8 -all"));
        using var shown = JsonDocument.Parse(Shown().Match(File.ReadAllText(Path.Combine(Sources.Folder, "docs/mailscanner.md"))).Groups[1].Value);
        var (exim, worker) = NamedQueue(worker: c => c with
        {
            Passes = [.. shown.RootElement.GetProperty("Passes").EnumerateArray().Select(p => p.GetString()!)],
            Sections = new Dictionary<string, object>
            {
                ["Rules"] = shown.RootElement.GetProperty("Rules"),
                ["Clamd"] = new { clamd.Address },
                ["Spamd"] = new { spamd.Address, Users = new[] { "ours.example: strict" } },
                ["Authenticate"] = new { AuthservId = "mx.ours.example" },
                ["Dns"] = new { Servers = new[] { dns.Address } },
                ["Schedule"] = new { Retry = "00:00:00.2", Scan = "00:00:00.5" },
            },
        });
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port,
        [
            Mail("internal", "Hello.\n", "ann@ours.example", "bob@ours.example"),
            Mail("partner", RealSpamd.Offer, "sales@partner.example", "bob@ours.example"),
            Mail("program", "--b\nContent-Disposition: attachment; filename=\"a.EXE\"\n\nMZ\n--b--\n", "x@from.example", "bob@ours.example"),
            Mail("much", RealSpamd.Gtube, "x@from.example", "bob@ours.example", "sales@ours.example"),
            Mail("offer", RealSpamd.Offer, "x@from.example", "bob@ours.example", "sales@ours.example", "ann@away.example"),
        ]);
        await Delivered(exim, worker, 7);
        await Run.Until(() => SpoolListing.Files(exim.InputDirectory("scan")).Count == 0, () => worker.Log);

        exim.Mail.Deliveries().Select(d => $"{d.Sample}: {d.Recipient}, {Subject(d)}{(d.Headers.Contains("X-Folder: junk\n") ? ", junk" : "")}").Order(StringComparer.Ordinal).Should().Equal(
            "internal: archive@ours.example, about internal", "internal: bob@ours.example, about internal", "much: spam@ours.example, about much",
            "offer: ann@away.example, about offer", "offer: bob@ours.example, {Spam?} about offer, junk", "offer: junk@ours.example, {Spam?} about offer", "partner: bob@ours.example, about partner");
        exim.Mail.Deliveries().SelectMany(d => d.Headers).Should().NotContain(h => h.StartsWith("X-Mozilla", StringComparison.OrdinalIgnoreCase));
        Kill.KillBook.Pairs(worker.Config.Held).SelectMany(p => p.Pending).Should().BeEquivalentTo("bob@ours.example", "bob@ours.example", "sales@ours.example");
        worker.Log.Should().Contain("rules=").And.Contain("a program is attached").And.Contain("high scoring spam");
        exim.PanicLog.Should().BeEmpty();
    }

    [EximFact]
    public async Task Of_a_copy_that_cannot_be_delivered_nobody_is_told()
    {
        const string Refusing = "\nrefuse:\n  driver = redirect\n  local_parts = gone\n  allow_fail\n  data = :fail: nobody here\n\n";
        var (exim, worker) = NamedQueue(c => c with { MoreRouters = Refusing }, c => c with
        {
            Passes = ["rules"],
            Sections = new Dictionary<string, object> { ["Rules"] = new { List = new[] { new { When = "recipient = bob@*", Then = "tag", CopyTo = "gone@ours.example" } } } },
        });
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port, Mail("copied", "Hello.\n", "x@from.example", "bob@ours.example"));
        await Delivered(exim, worker, 1);
        await worker.Until(() => exim.MainLog.Contains("Completed", StringComparison.Ordinal), () => exim.MainLog);
        // One that is no copy is told of: so much for the router.
        SmtpClient.Send(exim.Port, Mail("sent", "Hello.\n", "x@from.example", "gone@ours.example"));
        await Delivered(exim, worker, 2);

        exim.MainLog.Should().Contain("** gone@ours.example");
        var bounce = exim.Mail.Deliveries().Single(d => d.Sender.Length == 0);
        bounce.Recipient.Should().Be("x@from.example");
        bounce.Body.Should().Contain("about sent").And.NotContain("about copied");
    }

    private static string Subject(Delivery delivery) => delivery.Headers.Single(h => h.StartsWith("Subject:", StringComparison.Ordinal))["Subject: ".Length..].TrimEnd('\n');

    private static SmtpMessage Mail(string name, string body, string sender, params string[] recipients)
    {
        var text = $"From: Sender <{sender}>\nTo: {recipients[0]}\nSubject: about {name}\nX-Sample: {name}\nX-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\nMessage-ID: <{name}@from.example>\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n"
            + $"MIME-Version: 1.0\nContent-Type: {(body.StartsWith("--b", StringComparison.Ordinal) ? "multipart/mixed; boundary=b" : "text/plain")}\n\n{body}";
        return new SmtpMessage(name, sender, recipients, System.Text.Encoding.ASCII.GetBytes(text.ReplaceLineEndings("\r\n")));
    }

    [GeneratedRegex("^```json\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Shown();
}
