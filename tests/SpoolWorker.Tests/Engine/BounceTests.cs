using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Mail;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Dsn;

namespace SpoolWorker.Tests.Engine;

/// <summary>Bounces through the engine: who is told, once, and what becomes of those who may not be told.</summary>
public class BounceTests
{
    private const string Refused = "no such mailbox here";

    [Fact]
    public async Task A_bounced_message_goes_back_once_and_only_once()
    {
        await using var rig = new EngineRig();
        With(rig, TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused, new Diagnosis { Status = StatusDetail.MailboxUnknown })));
        var pair = new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        found.Pending.Should().Equal("alice@sender.example");
        found.Header.IsNullSender.Should().BeTrue();
        found.Header.IsLocalError.Should().BeTrue();
        found.Header.BodyLineCount.Should().Be(found.Body.Count(b => b == '\n'));
        found.Id.Length.Should().Be(16, "an Exim 4.96 sees no other");
        var read = DsnSample.Read(found.Header, found.Body);
        read.Field("Final-Recipient").Should().Be("rfc822; bob@r.example");
        read.Field("Status").Should().Be("5.1.1");
        read.Raw("X-Exim-Diagnostic").Should().Equal($"X-str; pass judge: {Refused}");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        EngineRig.Pairs(rig.Held).Should().BeEmpty();
        rig.Log.Count($"{pair.Id} bounced: judge: {Refused}; failed: told alice@sender.example as {found.Id}").Should().Be(1);
        rig.Decided(pair.MessageId).Done["bob@r.example"].Should().Be($"bounced {found.Id}");

        // again: by queuefile's retry, after a restart, and when Exim has delivered the notification
        pair.In(rig.Intake);
        await rig.DrainAsync();
        await rig.RestartAsync();
        rig.EximDelivers();
        pair.In(rig.Intake);
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().BeEmpty("it was bounced before");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Recipients_that_fare_differently_share_nothing_but_the_commit()
    {
        await using var rig = new EngineRig();
        var later = false;
        With(rig, TestPass.PerRecipient("judge", r => r[0] switch
        {
            'a' => Disposition.Continue,
            'b' => Disposition.Bounce(Refused),
            'c' => Disposition.Hold("smells"),
            _ => later ? Disposition.Bounce("later too") : Disposition.Defer("not now"),
        }));
        var pair = new PairFactory { Recipients = ["a@r.example", "b1@r.example", "b2@r.example", "c@r.example", "d@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();

        var first = EngineRig.Pairs(rig.Target);
        first.Should().HaveCount(2);
        first.Single(p => !p.Header.IsNullSender).Pending.Should().Equal("a@r.example");
        Recipients(first.Single(p => p.Header.IsNullSender)).Should().Equal("b1@r.example", "b2@r.example");
        EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.Pending.Should().Equal("c@r.example");
        rig.Log.All.Should().Contain("requeued+bounced+held+deferred");

        later = true;
        rig.EximDelivers();
        rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await rig.DrainAsync();

        Recipients(EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject).Should().Equal("d@r.example");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        _ = pair;
    }

    [Fact]
    public async Task Each_return_path_gets_a_notification_of_its_own()
    {
        await using var rig = new EngineRig();
        With(rig, TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused)));
        new PairFactory { Recipients = ["a@r.example", DsnSample.Rcpt("b@r.example", errorsTo: "owner@list.example"), "c@r.example", DsnSample.Rcpt("d@r.example", errorsTo: "owner@list.example")] }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).ToDictionary(p => p.Pending.Single(), Recipients).Should().BeEquivalentTo(new Dictionary<string, string[]>
        {
            ["alice@sender.example"] = ["a@r.example", "c@r.example"],
            ["owner@list.example"] = ["b@r.example", "d@r.example"],
        });
    }

    [Fact]
    public async Task A_domain_written_in_other_letters_is_the_same_sender()
    {
        await using var rig = new EngineRig();
        With(rig, TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused)));
        new PairFactory { Recipients = ["a@r.example", DsnSample.Rcpt("b@r.example", errorsTo: "alice@Sender.EXAMPLE"), DsnSample.Rcpt("c@r.example", errorsTo: "Alice@sender.example")] }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).ToDictionary(p => p.Pending.Single(), Recipients).Should().BeEquivalentTo(new Dictionary<string, string[]>
        {
            ["alice@sender.example"] = ["a@r.example", "b@r.example"],
            ["Alice@sender.example"] = ["c@r.example"],
        });
    }

    [Fact]
    public async Task What_passes_rewrote_for_the_way_onward_is_not_the_way_back()
    {
        await using var rig = new EngineRig();
        With(rig, new TestPass("srs", _ => new PassResult
        {
            Envelope = [new EnvelopeEdit.SetSender("SRS0=x@here.example"u8.ToArray()), new EnvelopeEdit.ReplaceRecipient("bob@r.example"u8.ToArray(), "inside@r.example"u8.ToArray())],
            Headers = [new HeaderEdit.AddOnTop(SpoolWorker.Spool.HeaderLine.Create("X-Inside: yes\n"))],
        }), new TestPass("judge", _ => PassResult.For(Disposition.Bounce(Refused))));
        new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        found.Pending.Should().Equal("alice@sender.example");
        Recipients(found).Should().Equal("bob@r.example");
        Encoding.Latin1.GetString(found.Body).Should().NotContain("X-Inside");
    }

    // flags as Exim keeps them: 2 never, 4 success, 8 failure, 16 delay
    [Theory]
    [InlineData(0, true)]
    [InlineData(8, true)]
    [InlineData(28, true)]
    [InlineData(9, true)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(16, false)]
    [InlineData(20, false)]
    [InlineData(10, false)]
    public async Task Notify_decides_whether_a_failure_is_told(int flags, bool told)
    {
        await using var rig = new EngineRig();
        With(rig, TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused)));
        var pair = new PairFactory { Recipients = [DsnSample.Rcpt("b@r.example", flags: flags)] }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(told ? 1 : 0);
        EngineRig.Pairs(rig.Held).Should().BeEmpty();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        if (!told) rig.Log.Count($"{pair.Id} discarded: {Refused}; not bounced: NOTIFY=").Should().Be(1);
    }

    [Theory]
    [InlineData(OnSuppressed.Hold)]
    [InlineData(OnSuppressed.Discard)]
    public async Task A_bounce_of_a_bounce_does_not_exist(OnSuppressed onSuppressed)
    {
        await using var rig = new EngineRig();
        With(rig, o => o.OnSuppressed = onSuppressed, TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused)));
        new PairFactory { Id = PairFactory.ShortId(1), Sender = "" }.In(rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(2), MoreHeaders = ["List-Id: <l.example>\n"] }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        var held = EngineRig.Pairs(rig.Held);
        held.Should().HaveCount(onSuppressed == OnSuppressed.Hold ? 2 : 0);
        foreach (var pair in held) File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain($"judge: {Refused}; not bounced: ");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        rig.Log.Count($"{Refused}; not bounced: null sender").Should().Be(1);
        rig.Log.Count($"{Refused}; not bounced: mail of a list (List-Id)").Should().Be(1);
    }

    [Fact]
    public async Task Forged_senders_are_not_told()
    {
        await using var rig = new EngineRig();
        With(rig, new TestPass("authenticate", _ => new PassResult { Results = new Dictionary<string, string> { ["spf_result"] = "fail" } }), new TestPass("judge", _ => PassResult.For(Disposition.Bounce(Refused))));
        new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        rig.Log.Count("not bounced: SPF fail").Should().Be(1);
    }

    [Fact]
    public async Task One_address_gets_so_many_and_a_restart_does_not_forget()
    {
        await using var rig = new EngineRig();
        With(rig, o => (o.RateLimit, o.RatePer) = (2, TimeSpan.FromHours(1)), TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused)));
        for (var i = 0; i < 3; i++) new PairFactory { Id = PairFactory.ShortId(i), Sender = i == 1 ? "ALICE@sender.example" : "alice@sender.example" }.In(rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(9), Sender = "other@sender.example" }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(3);
        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        rig.Log.Count("@sender.example got 2 notifications within 01:00:00").Should().Be(1);

        await rig.RestartAsync();
        new PairFactory { Id = PairFactory.ShortId(10) }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().HaveCount(2);

        // one more each half an hour
        rig.Clock.Advance(TimeSpan.FromMinutes(31));
        rig.Engine.Expire();
        for (var i = 11; i < 13; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().HaveCount(4);
        EngineRig.Pairs(rig.Held).Should().HaveCount(3);

        // the clock set back by a year: the allowance is whole after one period, not after a year
        rig.Clock.Jump(TimeSpan.FromDays(-365));
        rig.Clock.Advance(TimeSpan.FromHours(2));
        new PairFactory { Id = PairFactory.ShortId(13) }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().HaveCount(4, "the ledger's time lies in the future still");
        rig.Clock.Advance(TimeSpan.FromDays(366));
        rig.Engine.Expire();
        new PairFactory { Id = PairFactory.ShortId(14) }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().HaveCount(5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_daemons_refusal_says_which_daemon_and_what_it_answered(bool tcp)
    {
        await using var rig = new EngineRig();
        var path = $"{rig.Root}/dccifd";
        await using var daemon = (tcp ? DccStandIn.OnPort() : DccStandIn.OnSocket(path)).Says(new DccScript { Overall = "S", Letters = "AR", Header = DccScript.BulkHeader });
        var options = new DccOptions { Address = [daemon.Address], OnReject = DccAction.Bounce };
        With(rig);
        rig.With(new DccPass(options, rig.Clock, rig.Log), options);
        new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();

        var bounce = EngineRig.Pairs(rig.Target).Single(p => p.Header.IsNullSender);
        var read = DsnSample.Read(bounce.Header, bounce.Body);
        read.Field("Final-Recipient").Should().Be("rfc822; b@r.example");
        read.Field("Status").Should().Be("5.7.1");
        read.Raw("Remote-MTA").Should().BeEquivalentTo(tcp ? [$"X-ip; [127.0.0.1]:{daemon.Port}"] : Array.Empty<string>());
        read.Raw("X-Exim-Diagnostic").Single().Should().StartWith($"X-str; pass dcc: bulk mail says DCC (R): answer from {(tcp ? $"[127.0.0.1]:{daemon.Port}" : path)}: R X-DCC-");
    }

    [Theory]
    [InlineData("not yet renamed")]
    [InlineData("one renamed")]
    [InlineData("delivered")]
    public async Task After_a_crash_there_is_one_notification_and_its_cause_is_settled(string how)
    {
        await using var rig = new EngineRig();
        With(rig, TestPass.PerRecipient("judge", r => r[0] == 'a' ? Disposition.Continue : Disposition.Bounce(Refused)));
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);
        await rig.DrainAsync();
        // back to what a kill between the ledger's commit and the renames, or after them, leaves
        var entry = rig.Decided(pair.MessageId);
        entry.Staged.Should().HaveCount(2);
        await rig.StopAsync();
        using (var ledger = SpoolWorker.Ledger.MessageLedger.Open(rig.Settings.Ledger)) ledger.Commit([entry], []);
        string[] served = [];
        if (how == "delivered") served = rig.EximDelivers();
        else foreach (var staged in entry.Staged.Take(how == "one renamed" ? 1 : 2)) File.Move($"{staged.Folder}/{staged.Id}-H", $"{staged.Folder}/hdr.{staged.Id}.{staged.Tag}");
        pair.In(rig.Intake);

        rig.Start();
        await rig.DrainAsync();

        served.Concat(EngineRig.Pairs(rig.Target).SelectMany(p => p.Pending)).Should().BeEquivalentTo("a@r.example", "alice@sender.example");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_crash_before_the_decision_leaves_no_notification_behind()
    {
        await using var rig = new EngineRig();
        With(rig, TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused)));
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        // back to what a kill after the staging leaves
        var staged = rig.Decided(pair.MessageId).Staged.Single();
        rig.Ledger.Forget(pair.MessageId);
        await rig.StopAsync();
        File.Move($"{staged.Folder}/{staged.Id}-H", $"{staged.Folder}/hdr.{staged.Id}.{staged.Tag}");
        pair.In(rig.Intake);

        rig.Start();

        EngineRig.Names(rig.Target).Should().BeEmpty();
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Pending.Should().Equal("alice@sender.example");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task When_the_commit_is_undone_nothing_was_told_and_nothing_counted()
    {
        await using var rig = new EngineRig();
        With(rig, o => (o.RateLimit, o.RatePer) = (1, TimeSpan.FromHours(1)), TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused)));
        rig.Start();
        Directory.Move(rig.Target, rig.Target + ".away");
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Intake).Should().ContainSingle("it waits for its target");

        Directory.Move(rig.Target + ".away", rig.Target);
        rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await rig.Engine.ScanAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => !rig.Engine.IsPaused, "another try");
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle("its allowance of one was not used up");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task When_it_is_undone_behind_the_ledgers_commit_the_allowance_is_given_back()
    {
        await using var rig = new EngineRig();
        With(rig, o => (o.RateLimit, o.RatePer) = (1, TimeSpan.FromHours(1)), TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused)));
        rig.FailRenames(rig.Target);
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        rig.LetRenames();
        EngineRig.Pairs(rig.Intake).Should().ContainSingle(rig.Log.All);

        rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await rig.Engine.ScanAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => !rig.Engine.IsPaused, "another try");
        await rig.DrainAsync();

        (EngineRig.Pairs(rig.Target).Count, EngineRig.Names(rig.Held).Length).Should().Be((1, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fifty_megabytes_come_back_whole(bool wire)
    {
        await using var rig = new EngineRig();
        With(rig, TestPass.PerRecipient("judge", _ => Disposition.Bounce(Refused)));
        var line = Encoding.ASCII.GetBytes(new string('x', 70) + (wire ? "\r\n" : "\n"));
        var body = new byte[50_000_000 / line.Length * line.Length];
        for (var i = 0; i < body.Length; i += line.Length) line.CopyTo(body, i);
        new PairFactory { Body = body, WireFormat = wire, Options = "-dsn_ret 1\n" }.In(rig.Intake);

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        found.Header.BodyLineCount.Should().Be(found.Body.Count(b => b == '\n'));
        var expected = wire ? body.Where(b => b != '\r').ToArray() : body;
        found.Body.AsSpan().IndexOf(expected).Should().BePositive();
    }

    internal static void With(EngineRig rig, params TestPass[] passes) => With(rig, _ => { }, passes);

    internal static void With(EngineRig rig, Action<DsnOptions> change, params TestPass[] passes)
    {
        var options = DsnSample.Options(change);
        rig.Dsn = new DsnFeature(options);
        foreach (var pass in passes) rig.With(pass);
    }

    internal static string[] Recipients(Found found) =>
        [.. DsnSample.Read(found.Header, found.Body).Groups.Skip(1).Select(g => g["Final-Recipient"]!.Replace("rfc822; ", "", StringComparison.Ordinal))];
}
