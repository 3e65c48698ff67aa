// SIGKILL under load while rules do all they can: lines go, a subject is marked, one recipient gets another line and address and so goes apart, one is held and one thrown
// away, with copies of it all. Whatever moment the worker dies at, each gets it once, each copy goes once, and what is held is held once.
namespace SpoolWorker.EndToEnd.Kill;

[Collection(KillSuite.Name)]
public sealed class KillRulesTests : KillScene
{
    private const int Messages = 60, Kills = 12;

    private sealed class SpamdFactAttribute : FactAttribute
    {
        public SpamdFactAttribute() => Skip = Prerequisites.Missing() ?? RealSpamd.Missing();
    }

    private static readonly object[] Rules =
    [
        new { When = "sender", Then = "tag", HeaderRemove = new[] { "X-8*" }, CopyTo = "archive@ours.example" },
        new { When = "recipient = mark*@ours.example", Then = "accept", Subject = "[MARK]" },
        new { When = "recipient = other*@ours.example", Then = "accept", Header = "X-Folder: other", Redirect = "other@lab.example", CopyTo = "lab@lab.example" },
        new { When = "recipient = hold*@ours.example", Then = "hold", CopyTo = "held@ours.example" },
        new { When = "recipient = drop*@ours.example", Then = "discard", CopyTo = "dropped@ours.example" },
    ];

    [EximFact]
    public async Task Killed_under_load_each_recipient_and_each_copy_comes_once()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back, c => c with
        {
            Passes = ["rules"],
            Sections = new Dictionary<string, object> { ["Rules"] = new { List = Rules }, ["Schedule"] = new { Retry = "00:00:00.2", Scan = "00:00:00.5" } },
        });
        var numbers = Enumerable.Range(1, Messages).ToList();
        var delivered = numbers.SelectMany(n => Gets(n).Select(to => $"number {n} to {to}")).ToList();
        await KilledUnderLoad((front, worker, back), (Messages, Kills, Seed: 4713), n => MessageSamples.Numbered(n, $"any{n}@ours.example", $"mark{n}@ours.example", $"other{n}@ours.example", $"hold{n}@ours.example", $"drop{n}@ours.example"),
            delivered.Count, TimeSpan.FromSeconds(120));

        Once.Each(delivered, back.Mail.Deliveries().Select(d => $"{d.Sample} to {d.Recipient}"));
        Once.Each(numbers.Select(n => $"hold{n}@ours.example"), KillBook.Pairs(worker.Config.Held).SelectMany(p => p.Pending));
        foreach (var delivery in back.Mail.Deliveries())
        {
            delivery.Headers.Should().NotContain(h => h.StartsWith("X-8bit", StringComparison.Ordinal));
            var (isMarked, isOther) = (delivery.Headers.Any(h => h.StartsWith("Subject: [MARK] ", StringComparison.Ordinal)), delivery.Headers.Contains("X-Folder: other\n"));
            (isMarked, isOther).Should().Be((delivery.Recipient.StartsWith("mark", StringComparison.Ordinal), delivery.Recipient.EndsWith("@lab.example", StringComparison.Ordinal)));
        }
        back.PanicLog.Should().BeEmpty();
    }

    // A pass behind the rules has no service: of each message one is held and one thrown away at once, and the copies wait alone, known to the ledger and to no -H.
    [SpamdFact]
    public async Task Killed_while_copies_wait_alone_each_of_them_comes_once()
    {
        using var directory = new TempDirectory(isForAll: true);
        var socket = directory.At("spamd");
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back, c => c with
        {
            Passes = ["rules", "spamd"],
            RetryFirst = TimeSpan.FromMilliseconds(50),
            RetryMost = TimeSpan.FromMilliseconds(500),
            Sections = new Dictionary<string, object>
            {
                ["Rules"] = new { List = Rules[3..] },
                ["Spamd"] = new { Address = new[] { socket }, SkipLocal = false, BreakFor = "00:00:00.5" },
                ["Schedule"] = new { Retry = "00:00:00.2", Scan = "00:00:00.5" },
            },
        });
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        var random = new Random(4714);
        for (var n = 1; n <= Messages;)
        {
            worker.Start();
            for (var more = Messages / Kills; more > 0; more--, n++) SmtpClient.Send(front.Port, MessageSamples.Numbered(n, $"hold{n}@ours.example", $"drop{n}@ours.example"));
            var arrived = n - 1;
            await worker.Until(() => SpoolListing.Files(worker.Config.Held).Count(file => file.EndsWith("-H", StringComparison.Ordinal)) >= arrived - random.Next(3), () => "too few are held");
            worker.Kill();
        }
        back.Mail.Count.Should().Be(0, "spamd is down");
        SpoolListing.Files(front.InputDirectory()).Should().NotBeEmpty("the copies wait");
        using var spamd = new RealSpamd();
        File.CreateSymbolicLink(socket, spamd.Address);
        while (back.Mail.Count is var before && before < 2 * Messages)
        {
            worker.Start();
            await worker.Until(() => back.Mail.Count > before, () => "no copy goes");
            await Task.Delay(random.Next(60));
            worker.Kill();
        }
        worker.Start();
        await Delivered(back, worker, 2 * Messages, TimeSpan.FromSeconds(60));
        await worker.Until(() => SpoolListing.Files(front.InputDirectory()).Count == 0, () => "the intake is not empty");

        var numbers = Enumerable.Range(1, Messages).ToList();
        Once.Each(numbers.SelectMany(n => new[] { $"number {n} to held@ours.example", $"number {n} to dropped@ours.example" }), back.Mail.Deliveries().Select(d => $"{d.Sample} to {d.Recipient}"));
        Once.Each(numbers.Select(n => $"hold{n}@ours.example"), KillBook.Pairs(worker.Config.Held).SelectMany(p => p.Pending));
    }

    // Each of the three groups has a copy for the archive: once all the same, with the first that leaves.
    private static string[] Gets(int n) =>
        ["archive@ours.example", $"any{n}@ours.example", $"mark{n}@ours.example", "other@lab.example", "lab@lab.example", "held@ours.example", "dropped@ours.example"];
}
