// SRS with a real Exim that receives, hands over through the named queue and delivers what the worker requeues. Everything it delivers lies in one
// Maildir, with the return path and the recipient of each delivery; remote domains are those the worker does not know as local.
using System.Text;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.EndToEnd.Srs;

public sealed class ForwardingTests : WorkerScene
{
    private const string Alice = "alice@sender.example", Local = "bob@ours.example", Remote = "carol@far.example", Other = "dave@away.example", Alias = "fwd.ours.example", Secret = "a secret of the tests";

    // Two mailboxes that do not take mail, one alias that leads elsewhere.
    private const string Routers = """

        refused:
          driver = redirect
          domains = refuses.example
          allow_fail
          data = :fail: no such user here

        forwarded:
          driver = redirect
          domains = ours.example
          local_parts = forwarded
          data = eve@far.example

        """;

    [EximTheory]
    [InlineData("srs0")]
    [InlineData("exim")]
    [InlineData("database")]
    public async Task One_local_and_two_remote_recipients_get_the_right_return_path_and_a_bounce_finds_the_sender(string format)
    {
        var (exim, worker) = await Started(format);
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, Local, Remote, Other) with { Sender = Alice });
        await Delivered(exim, worker, 3);
        var paths = exim.Mail.Deliveries().ToDictionary(d => d.Recipient, d => d.Sender);
        paths[Local].Should().Be(Alice);
        paths[Remote].Should().StartWith("SRS0=").And.EndWith($"@{Alias}").And.Be(paths[Other]);

        // the remote host cannot deliver and says so to the return path it got
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(2, paths[Remote]) with { Sender = "" });
        await Delivered(exim, worker, 4);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        var bounce = exim.Mail.Deliveries().Single(d => d.Sample == "number 2");
        bounce.Recipient.Should().Be(Alice);
        bounce.Sender.Should().BeEmpty();
        worker.Stop().Should().Be(0);
    }

    [EximFact]
    public async Task When_all_leave_the_sender_is_rewritten_and_Exims_own_bounce_goes_back_to_the_original()
    {
        var (exim, worker) = await Started("srs0");
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, Remote, "nobody@refuses.example") with { Sender = Alice });
        await Delivered(exim, worker, 2);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        exim.Mail.Deliveries().Single(d => d.Recipient == Remote).Sender.Should().StartWith("SRS0=");
        var bounce = exim.Mail.Deliveries().Single(d => d.Recipient == Alice);
        bounce.Sender.Should().BeEmpty();
        bounce.Body.Should().Contain("no such user here").And.Contain("nobody@refuses.example");
    }

    [EximFact]
    public async Task What_Exim_forwards_itself_leaves_with_an_SRS_sender_when_the_worker_knows_of_it()
    {
        var (exim, worker) = await Started("srs0", ["forwarded@ours.example"]);
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "forwarded@ours.example", Local) with { Sender = Alice });
        await Delivered(exim, worker, 2);
        exim.Mail.Deliveries().Single(d => d.Sender == Alice).Recipient.Should().Be(Local);
        exim.Mail.Deliveries().Single(d => d.Sender != Alice).Sender.Should().StartWith("SRS0=").And.EndWith(Alias);
        exim.MainLog.Should().Contain("=> eve <forwarded@ours.example>");
    }

    [EximFact]
    public async Task Forged_and_old_addresses_reach_nobody()
    {
        var (exim, worker) = await Started("srs0");
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, Remote) with { Sender = Alice });
        await Delivered(exim, worker, 1);
        var good = exim.Mail.Deliveries().Single().Sender;
        string[] forged =
        [
            good.Replace("alice", "mallory", StringComparison.Ordinal),
            good.Replace("sender.example", "victim.example", StringComparison.Ordinal),
            $"SRS0=AAAA=AA=victim.example=v@{Alias}",
            $"SRS1=AAAA=victim.example==AAAA=AA=victim.example=v@{Alias}",
            $"SRS0=abcdefghijklmnop@{Alias}",
            Encoded(DaysAgo(22)),
            Encoded(DaysAgo(1023)),
        ];
        SmtpClient.Send(exim.Port, forged.Select((address, i) => MessageSamples.Numbered(2 + i, address) with { Sender = "" }));
        await worker.Until(() => SpoolListing.Files(worker.Config.Held).Count(f => f.EndsWith("-H", StringComparison.Ordinal)) == forged.Length, () => "not all are held");
        exim.Mail.Count.Should().Be(1);
        exim.Queued().Should().BeEmpty();
        Directory.GetFiles(worker.Config.Held, "*.reason").Select(File.ReadAllText).Should().OnlyContain(reason => reason.Contains("srs: SRS recipient <", StringComparison.Ordinal))
            .And.Contain(reason => reason.Contains(SrsStatus.TooOld.Sentence(), StringComparison.Ordinal), "well signed, but old");
        // nearly as old as it may be (21 days), with a day to spare should midnight come during the test
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(8, Encoded(DaysAgo(20))) with { Sender = "" });
        await Delivered(exim, worker, 2);
        // upper case on the way is no forgery
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(9, good.ToUpperInvariant()) with { Sender = "" });
        await Delivered(exim, worker, 3);
        exim.Mail.Deliveries().Count(d => d.Recipient.Equals(Alice, StringComparison.OrdinalIgnoreCase)).Should().Be(2);
    }

    private static DateTimeOffset DaysAgo(int days) => TimeProvider.System.GetUtcNow().AddDays(-days);

    /// <summary>As this host would have made it then.</summary>
    private static string Encoded(DateTimeOffset at)
    {
        new SrsEncoder(new SrsRules { Secrets = [Encoding.ASCII.GetBytes(Secret)], Domain = Alias }).TryEncode(Alice, at, out var address, out _).Should().BeTrue();
        return address;
    }

    private async Task<(EximInstance Exim, WorkerProcess Worker)> Started(string format, string[]? forwarded = null)
    {
        var secret = Scene.At("secret");
        File.WriteAllText(secret, Secret + "\n");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead);
        var section = new
        {
            Secrets = secret,
            Alias,
            LocalDomains = new[] { "ours.example", "*.ours.example" },
            Formats = new[] { format },
            Forwarded = forwarded ?? [],
            Database = format == "database" ? Scene.At("srs.lmdb") : "",
        };
        var (exim, worker) = NamedQueue(c => c with { SrsAlias = Alias, MoreRouters = Routers },
            c => c with { Passes = ["srs"], Sections = new Dictionary<string, object> { ["Srs"] = section } });
        await exim.StartDaemon();
        worker.Start();
        return (exim, worker);
    }
}
