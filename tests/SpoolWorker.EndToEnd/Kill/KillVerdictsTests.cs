// SIGKILL under load while content engines decide: a real clamd finds the test virus in every second message, one recipient's copy is held, another's
// goes to another address, a third's is marked and so goes apart. Whatever moment the worker dies at, each gets it once, or has it held once.
using System.Text;

namespace SpoolWorker.EndToEnd.Kill;

[Collection(KillSuite.Name)]
public sealed class KillVerdictsTests : KillScene
{
    private const int Messages = 60, Kills = 10;

    private sealed class EnginesFactAttribute : FactAttribute
    {
        public EnginesFactAttribute() => Skip = Prerequisites.Missing() ?? RealClamd.Missing();
    }

    [EnginesFact]
    public async Task Killed_under_load_each_recipient_gets_once_what_his_group_asks_for()
    {
        using var clamd = new RealClamd();
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back, c => c with { Passes = ["clamd"], Sections = Sections(clamd) });
        // Of what is clean three get it, of what is not two.
        await KilledUnderLoad((front, worker, back), (Messages, Kills, Seed: 4712), Message, Messages / 2 * 5, TimeSpan.FromSeconds(120));

        Once.Each(Enumerable.Range(1, Messages).SelectMany(n => IsBad(n)
                ? new[] { $"number {n} to samples@lab.example", $"number {n} to tag{n}@ours.example" }
                : [$"number {n} to hold{n}@ours.example", $"number {n} to lab{n}@lab.example", $"number {n} to tag{n}@ours.example"]),
            back.Mail.Deliveries().Select(d => $"{d.Sample} to {d.Recipient}"));
        Once.Each(Enumerable.Range(1, Messages).Where(IsBad).Select(n => $"hold{n}@ours.example"), KillBook.Pairs(worker.Config.Held).SelectMany(p => p.Pending));
        foreach (var delivery in back.Mail.Deliveries())
        {
            var isBad = IsBad(int.Parse(delivery.Sample!["number ".Length..], System.Globalization.CultureInfo.InvariantCulture));
            delivery.Headers.Where(h => h.StartsWith("X-Virus-Status", StringComparison.Ordinal)).Should().Equal(isBad ? $"X-Virus-Status: Infected ({RealClamd.Eicar})\n" : "X-Virus-Status: Clean\n");
            var isMarked = isBad && delivery.Recipient.StartsWith("tag", StringComparison.Ordinal);
            delivery.Headers.Where(h => h.StartsWith("Subject:", StringComparison.Ordinal)).Should().Equal(isMarked ? "Subject: [VIRUS]  folded\n\tand  spaced \n" : "Subject:  folded\n\tand  spaced \n");
        }
        back.PanicLog.Should().BeEmpty();
    }

    private static bool IsBad(int n) => n % 2 == 0;

    private static SmtpMessage Message(int n)
    {
        var recipients = new[] { $"hold{n}@ours.example", $"lab{n}@lab.example", $"tag{n}@ours.example" };
        var message = MessageSamples.Numbered(n, recipients);
        return IsBad(n) ? message with { Content = [.. message.Content, .. Encoding.ASCII.GetBytes(RealClamd.EicarText + "\r\n")] } : message;
    }

    private static Dictionary<string, object> Sections(RealClamd clamd) => new()
    {
        ["Clamd"] = new
        {
            clamd.Address,
            Groups = new object[]
            {
                new { Recipients = new[] { "lab.example" }, Then = "accept", Redirect = "samples@lab.example" },
                new { Recipients = new[] { "^tag.*@ours\\.example" }, Then = "tag", Subject = "[VIRUS]" },
            },
        },
        ["Schedule"] = new { Retry = "00:00:00.2", Scan = "00:00:00.5" },
    };
}
