// SIGKILL under load while three content engines decide: a real clamd finds the test virus in every second message, one recipient's copy is held, another's
// goes to another address, a third's is marked and so goes apart; a real spamd has offers marked for one, a real rspamd has them held for another.
// Whatever moment the worker dies at, each gets it once, or has it held once.
using System.Globalization;
using System.Text;

namespace SpoolWorker.EndToEnd.Kill;

[Collection(KillSuite.Name)]
public sealed class KillVerdictsTests : KillScene
{
    private const int Messages = 60, Kills = 10;

    private sealed class EnginesFactAttribute : FactAttribute
    {
        public EnginesFactAttribute() => Skip = Prerequisites.Missing() ?? RealClamd.Missing() ?? RealSpamd.Missing() ?? RealRspamd.Missing();
    }

    [EnginesFact]
    public async Task Killed_under_load_each_recipient_gets_once_what_his_group_asks_for()
    {
        using var clamd = new RealClamd();
        using var spamd = new RealSpamd();
        using var rspamd = new RealRspamd();
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back, c => c with { Passes = ["clamd", "spamd", "rspamd"], Sections = Sections(clamd, spamd, rspamd) });
        var numbers = Enumerable.Range(1, Messages).ToList();
        var delivered = numbers.SelectMany(n => Gets(n).Select(to => $"number {n} to {to}")).ToList();
        await KilledUnderLoad((front, worker, back), (Messages, Kills, Seed: 4712), Message, delivered.Count, TimeSpan.FromSeconds(120));

        Once.Each(delivered, back.Mail.Deliveries().Select(d => $"{d.Sample} to {d.Recipient}"));
        Once.Each(numbers.SelectMany(Held), KillBook.Pairs(worker.Config.Held).SelectMany(p => p.Pending));
        foreach (var delivery in back.Mail.Deliveries())
        {
            var n = int.Parse(delivery.Sample!["number ".Length..], CultureInfo.InvariantCulture);
            Lines(delivery, "X-Virus-Status").Should().Equal(IsBad(n) ? $"X-Virus-Status: Infected ({RealClamd.Eicar})\n" : "X-Virus-Status: Clean\n");
            var mark = IsBad(n) && delivery.Recipient.StartsWith("tag", StringComparison.Ordinal) ? " [VIRUS]" : IsOffer(n) && delivery.Recipient.StartsWith("hold", StringComparison.Ordinal) ? " [OFFER]" : "";
            Lines(delivery, "Subject:").Should().Equal($"Subject:{mark}  folded\n\tand  spaced \n");
            Lines(delivery, "X-Spam-Score").Should().ContainSingle();
            Lines(delivery, "X-Spamd-Result").Should().ContainSingle();
        }
        back.PanicLog.Should().BeEmpty();
    }

    private static IEnumerable<string> Lines(Delivery delivery, string name) => delivery.Headers.Where(h => h.StartsWith(name, StringComparison.Ordinal));

    private static bool IsOffer(int n) => n % 3 == 0;

    private static IEnumerable<string> Gets(int n) =>
        [.. IsBad(n) ? ["samples@lab.example"] : new[] { $"hold{n}@ours.example", $"lab{n}@lab.example" }, .. IsOffer(n) ? (string[])[] : [$"tag{n}@ours.example"]];

    private static IEnumerable<string> Held(int n) => [.. IsBad(n) ? [$"hold{n}@ours.example"] : (string[])[], .. IsOffer(n) ? [$"tag{n}@ours.example"] : (string[])[]];

    private static bool IsBad(int n) => n % 2 == 0;

    private static SmtpMessage Message(int n)
    {
        var recipients = new[] { $"hold{n}@ours.example", $"lab{n}@lab.example", $"tag{n}@ours.example" };
        var message = MessageSamples.Numbered(n, recipients);
        var more = (IsBad(n) ? RealClamd.EicarText + "\r\n" : "") + (IsOffer(n) ? RealRspamd.Offer.ReplaceLineEndings("\r\n") : "");
        return message with { Content = [.. message.Content, .. Encoding.ASCII.GetBytes(more)] };
    }

    private static Dictionary<string, object> Sections(RealClamd clamd, RealSpamd spamd, RealRspamd rspamd) => new()
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
        ["Spamd"] = new
        {
            spamd.Address,
            Groups = new object[] { new { Recipients = new[] { "^hold.*@ours\\.example" }, Levels = new[] { new { Score = "3", Then = "tag", Subject = "[OFFER]" } } } },
        },
        ["Rspamd"] = new
        {
            Url = rspamd.Address,
            Settings = new[] { "ours.example: strict" },
            Groups = new object[] { new { Recipients = new[] { "^tag.*@ours\\.example" }, Levels = new[] { new { Action = "add header", Then = "hold" } } } },
        },
        ["Schedule"] = new { Retry = "00:00:00.2", Scan = "00:00:00.5" },
    };
}
