// SIGKILL under load while passes change the envelope: DCC letters for each recipient, greylisting, SRS return paths and
// rules, between two real Exims. Whatever moment the worker dies at, each recipient gets the message once, from the right
// return path, and what was bulk is held once.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Srs;
using SpoolWorker.StandIns;

namespace SpoolWorker.EndToEnd.Kill;

[Collection(KillSuite.Name)]
public sealed class KillPassesTests : KillScene
{
    private const int Messages = 120, Kills = 12;
    private const string Secret = "a secret of the tests", Alias = "fwd.ours.example";

    [EximFact]
    public async Task Killed_under_load_each_recipient_gets_it_once_from_the_right_return_path()
    {
        await using var daemon = DccStandIn.OnSocket(Scene.At("dccifd"));
        var seen = new ConcurrentDictionary<string, int>();
        daemon.Script = asked =>
        {
            var letters = string.Concat(asked.Recipients.Select(r => r[0] switch
            {
                'b' => 'R',
                'g' when seen.AddOrUpdate(r, 1, (_, n) => n + 1) == 1 => 'G',
                _ => 'A',
            }));
            return new DccScript { Overall = letters.Contains('R', StringComparison.Ordinal) ? "S" : letters.Contains('G', StringComparison.Ordinal) ? "G" : "A", Letters = letters };
        };
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back, c => c with { Passes = ["dcc", "rules", "srs"], Sections = Sections(daemon.Address) });
        await KilledUnderLoad((front, worker, back), (Messages, Kills, Seed: 4711), Message, 3 * Messages, TimeSpan.FromSeconds(60));

        Once.Each(Enumerable.Range(1, Messages).SelectMany(n => new[] { $"number {n} to l{n}@ours.example", $"number {n} to r{n}@far.example", $"number {n} to g{n}@far.example" }),
            back.Mail.Deliveries().Select(d => $"{d.Sample} to {d.Recipient}"));
        Once.Each(Enumerable.Range(1, Messages).Select(n => $"b{n}@away.example"),
            KillBook.Pairs(worker.Config.Held).SelectMany(p => p.Pending));
        var decoder = new SrsDecoder(new SrsRules { Secrets = [Encoding.ASCII.GetBytes(Secret)], Domain = Alias });
        foreach (var delivery in back.Mail.Deliveries())
        {
            var sender = $"alice{delivery.Sample!["number ".Length..]}@sender.example";
            if (delivery.Recipient.EndsWith("@ours.example", StringComparison.Ordinal)) delivery.Sender.Should().Be(sender);
            else
            {
                delivery.Sender.Should().EndWith($"@{Alias}");
                decoder.TryDecode(delivery.Sender, TimeProvider.System.GetUtcNow(), out var original, out _).Should().BeTrue(delivery.Sender);
                original.Should().Be(sender);
            }
            delivery.Headers.Count(h => h.StartsWith("X-DCC-", StringComparison.Ordinal)).Should().Be(1);
            delivery.Headers.Should().Contain("X-Looked-At: yes\n");
        }
        seen.Should().HaveCount(Messages).And.OnlyContain(asked => asked.Value >= 2, "who is greylisted is asked about again");
        back.PanicLog.Should().BeEmpty();
        worker.Log.Split('\n').Count(line => line.EndsWith(" at start", StringComparison.Ordinal) || line.Contains("a process that died", StringComparison.Ordinal))
            .Should().BeGreaterThan(Kills / 4, "the kills have to hit the middle of the work");
    }

    private static SmtpMessage Message(int n) => MessageSamples.Numbered(n, $"l{n}@ours.example", $"r{n}@far.example", $"g{n}@far.example", $"b{n}@away.example")
        with
    { Sender = string.Create(CultureInfo.InvariantCulture, $"alice{n}@sender.example") };

    private Dictionary<string, object> Sections(string address)
    {
        var secret = Scene.At("secret");
        File.WriteAllText(secret, Secret + "\n");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead);
        return new Dictionary<string, object>
        {
            ["Dcc"] = new { Address = address, GreylistRetry = "00:00:00.3" },
            ["Rules"] = new { List = new[] { new { When = "size > 0", Then = "tag", Header = "X-Looked-At: yes" } } },
            ["Srs"] = new { Secrets = secret, Alias, LocalDomains = "ours.example" },
            ["Schedule"] = new { Retry = "00:00:00.2", Scan = "00:00:00.5" },
        };
    }
}
