// Notices of viruses through real programs: clamd finds, the worker holds and tells, Exim delivers the notice, once to each address, under load and kills too.
using System.Text;
using SpoolWorker.EndToEnd.Kill;

namespace SpoolWorker.EndToEnd.HeldMail;

[Collection(KillSuite.Name)]
public sealed class NoticeMailTests : KillScene
{
    private const int Messages = 40, Kills = 8;

    private sealed class EnginesFactAttribute : FactAttribute
    {
        public EnginesFactAttribute() => Skip = Prerequisites.Missing() ?? RealClamd.Missing();
    }

    [EnginesFact]
    public async Task A_virus_is_held_and_told_of_and_the_notice_arrives()
    {
        using var clamd = new RealClamd();
        var (exim, worker) = NamedQueue(worker: config => config with { Passes = ["clamd", "notices"], Sections = Sections(clamd, 20) });
        await exim.StartDaemon();
        SmtpClient.Send(exim.Port, [Message(1), Message(2)]);
        await Run.Until(() => SpoolListing.MessageIds(exim.InputDirectory("scan")).Count == 2, () => exim.MainLog);
        worker.Start();
        await Delivered(exim, worker, 3);
        worker.Stop().Should().Be(0);

        var id = SpoolListing.MessageIds(worker.Config.Held).Should().ContainSingle().Subject;
        var notices = exim.Mail.Deliveries().Where(d => d.Recipient.EndsWith("@admin.example", StringComparison.Ordinal)).ToList();
        notices.Select(d => d.Recipient).Should().BeEquivalentTo("one@admin.example", "two@admin.example");
        notices.Should().OnlyContain(d => d.Sender == "");
        notices[0].HeadersButReceived.Should().Contain($"Subject: Held: virus {RealClamd.Eicar} says clamd\n").And.Contain("Auto-Submitted: auto-generated\n");
        notices[0].Body.Should().Contain($"spoolworker release {id}").And.Contain("<to2@r.example>").And.NotContain(RealClamd.EicarText);
        exim.PanicLog.Should().BeEmpty();
    }

    [EnginesFact]
    public async Task Killed_under_load_each_virus_is_told_of_once()
    {
        using var clamd = new RealClamd();
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back, c => c with { Passes = ["clamd", "notices"], Sections = Sections(clamd, 0) });
        var clean = Enumerable.Range(1, Messages).Where(n => n % 2 == 1).ToList();
        await KilledUnderLoad((front, worker, back), (Messages, Kills, Seed: 815), Message, Messages / 2 * 3, TimeSpan.FromSeconds(120));

        var held = SpoolListing.MessageIds(worker.Config.Held);
        held.Should().HaveCount(Messages / 2);
        var (notices, mail) = (back.Mail.Deliveries().Where(d => d.Recipient.EndsWith("@admin.example", StringComparison.Ordinal)).ToList(), back.Mail.Deliveries().Where(d => d.Recipient.EndsWith("@r.example", StringComparison.Ordinal)).ToList());
        Once.Each(clean.Select(n => $"to{n}@r.example"), mail.Select(d => d.Recipient));
        Once.Each(held.SelectMany(id => new[] { $"{id} to one@admin.example", $"{id} to two@admin.example" }), notices.Select(d => $"{held.Single(id => d.Body.Contains($"show {id}", StringComparison.Ordinal))} to {d.Recipient}"));
    }

    private static SmtpMessage Message(int n)
    {
        var message = MessageSamples.Numbered(n, $"to{n}@r.example");
        return n % 2 == 1 ? message : message with { Content = [.. message.Content, .. Encoding.ASCII.GetBytes(RealClamd.EicarText + "\r\n")] };
    }

    private static Dictionary<string, object> Sections(RealClamd clamd, int limit) => new()
    {
        ["Clamd"] = new { clamd.Address },
        ["Notices"] = new { To = new[] { "one@admin.example", "Two <two@admin.example>" }, RateLimit = limit },
        ["Schedule"] = new { Retry = "00:00:00.2", Scan = "00:00:00.5" },
    };
}
