using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Tests.Dsn;

namespace SpoolWorker.Tests.Engine;

/// <summary>Mail deferred too long: warnings once each, then the failure; and what is passed on to where nothing is reported.</summary>
public class DelayTests
{
    [Fact]
    public async Task The_sender_is_warned_once_at_each_age_and_told_of_the_end()
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, o => (o.DelayWarning, o.GiveUpAfter) = ([TimeSpan.FromHours(1), TimeSpan.FromHours(5)], TimeSpan.FromHours(10)), Deferring("no answer"));
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();

        var told = new List<(int Minute, string Action, string Status)>();
        for (var minute = 0; minute <= 660; minute += 10)
        {
            foreach (var found in EngineRig.Pairs(rig.Target))
            {
                var read = DsnSample.Read(found.Header, found.Body);
                told.Add((minute, read.Field("Action")!, read.Field("Status")!));
                if (read.Field("Action") == "delayed") read.Field("Will-Retry-Until").Should().Be("Mon, 23 Nov 2026 22:00:00 +0000");
                read.Raw("X-Exim-Diagnostic").Single().Should().EndWith("no answer");
            }
            rig.EximDelivers();
            if (minute is 120 or 300 or 600) await rig.RestartAsync();
            rig.Clock.Advance(TimeSpan.FromMinutes(10));
            await rig.DrainAsync();
        }

        told.Should().Equal((60, "delayed", "4.3.0"), (300, "delayed", "4.3.0"), (600, "failed", "4.4.7"));
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        rig.Decided(pair.MessageId).Done["bob@r.example"].Should().StartWith("bounced ");
    }

    [Theory]
    [InlineData("not yet renamed")]
    [InlineData("delivered")]
    public async Task A_crash_in_the_middle_of_a_warning_repeats_nothing(string how)
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, o => (o.DelayWarning, o.GiveUpAfter) = ([TimeSpan.FromHours(1)], TimeSpan.FromHours(5)), Deferring("no answer"));
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        rig.Clock.Advance(TimeSpan.FromMinutes(61));
        await rig.DrainAsync();
        // back to what a kill between the ledger's commit and the renames, or after them, leaves
        var entry = rig.Decided(pair.MessageId);
        await rig.StopAsync();
        using (var ledger = SpoolWorker.Ledger.MessageLedger.Open(rig.Settings.Ledger)) ledger.Commit([entry], []);
        var staged = entry.Staged.Should().ContainSingle().Subject;
        if (how == "delivered") rig.EximDelivers();
        else File.Move($"{staged.Folder}/{staged.Id}-H", $"{staged.Folder}/hdr.{staged.Id}.{staged.Tag}");

        rig.Start();
        for (var i = 0; i < 3; i++)
        {
            rig.Clock.Advance(TimeSpan.FromMinutes(70));
            await rig.DrainAsync();
        }

        EngineRig.Pairs(rig.Target).Should().HaveCount(how == "delivered" ? 0 : 1);
        EngineRig.Pairs(rig.Intake).Should().ContainSingle();
    }

    [Fact]
    public async Task A_pass_that_wants_to_wait_longer_does_not_delay_the_warning()
    {
        await using var rig = new EngineRig();
        var options = DsnSample.Options(o => o.DelayWarning = [TimeSpan.FromHours(1)]);
        rig.Dsn = new DsnFeature(options);
        rig.With(new TestPass("grey", context => PassResult.For(Disposition.Defer("greylisted", context.Now.AddDays(1)))));
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();

        rig.Clock.Advance(TimeSpan.FromMinutes(61));
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        rig.Log.Count($"{pair.Id} deferred: delayed: told alice@sender.example").Should().Be(0, "the reason of the delay comes first");
        rig.Log.Count("delayed: told alice@sender.example as").Should().Be(1);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(16, true)]
    [InlineData(8, false)]
    [InlineData(2, false)]
    public async Task Notify_decides_whether_a_delay_is_told(int flags, bool told)
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, o => o.DelayWarning = [TimeSpan.FromHours(1)], Deferring("no answer"));
        new PairFactory { Recipients = [DsnSample.Rcpt("b@r.example", flags: flags)] }.In(rig.Intake);
        await rig.DrainAsync();

        for (var i = 0; i < 5; i++)
        {
            rig.Clock.Advance(TimeSpan.FromMinutes(61));
            await rig.DrainAsync();
        }

        EngineRig.Pairs(rig.Target).Should().HaveCount(told ? 1 : 0);
        EngineRig.Pairs(rig.Intake).Should().ContainSingle();
    }

    [Fact]
    public async Task Lists_are_not_warned_and_their_mail_is_held_in_the_end()
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, o => (o.DelayWarning, o.GiveUpAfter) = ([TimeSpan.FromHours(1)], TimeSpan.FromHours(2)), Deferring("no answer"));
        new PairFactory { MoreHeaders = ["Precedence: bulk\n"] }.In(rig.Intake);
        await rig.DrainAsync();

        for (var i = 0; i < 3; i++)
        {
            rig.Clock.Advance(TimeSpan.FromMinutes(61));
            await rig.DrainAsync();
        }

        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        rig.Log.Count("sender not told (delayed): mail of a list (Precedence: bulk)").Should().Be(1);
        EngineRig.Pairs(rig.Held).Should().ContainSingle();
    }

    [Fact]
    public async Task Exims_own_warnings_go_on_where_ours_end()
    {
        await using var rig = new EngineRig();
        var later = false;
        BounceTests.With(rig, o => o.DelayWarning = [TimeSpan.FromHours(1)], TestPass.PerRecipient("judge", _ => later ? Disposition.Continue : Disposition.Defer("no answer")));
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        rig.Clock.Advance(TimeSpan.FromMinutes(61));
        await rig.DrainAsync();
        rig.EximDelivers().Should().Equal("alice@sender.example");

        later = true;
        rig.Clock.Advance(TimeSpan.FromMinutes(61));
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Header.WarningCount.Should().Be(1);
    }

    [Fact]
    public async Task Nobody_is_given_up_when_the_operator_says_never()
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, o => (o.DelayWarning, o.GiveUpAfter) = ([TimeSpan.FromHours(1)], TimeSpan.Zero), Deferring("no answer"));
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        for (var i = 0; i < 3; i++)
        {
            rig.Clock.Advance(TimeSpan.FromDays(20));
            await rig.DrainAsync();
        }

        var warning = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        var read = DsnSample.Read(warning.Header, warning.Body);
        read.Field("Action").Should().Be("delayed");
        read.Field("Will-Retry-Until").Should().BeNull();
        read.Text.Should().Contain("it will be tried again").And.NotContain("until");
        EngineRig.Pairs(rig.Intake).Should().ContainSingle();
    }

    [Fact]
    public async Task Without_the_pass_nobody_is_given_up()
    {
        await using var rig = new EngineRig();
        rig.With(Deferring("no answer"));
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        rig.Clock.Advance(TimeSpan.FromDays(30));
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        EngineRig.Pairs(rig.Intake).Should().ContainSingle();
    }

    [Theory]
    [InlineData(true, 4, 2)]
    [InlineData(true, 12, 8)]
    [InlineData(true, 28, 24)]
    [InlineData(false, 4, 4)]
    [InlineData(true, 8, 8)]
    [InlineData(true, 0, 0)]
    public async Task Relayed_is_reported_when_asked_for_and_not_asked_for_again(bool report, int flags, int left)
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, o => o.ReportRelayed = report);
        new PairFactory { Recipients = [DsnSample.Rcpt("b@r.example", "rfc822;o@o.example", flags)] }.In(rig.Intake);

        await rig.DrainAsync();

        var pairs = EngineRig.Pairs(rig.Target);
        var requeued = pairs.Single(p => !p.Header.IsNullSender);
        requeued.Header.Recipients[0].DsnFlags.Should().Be(left);
        requeued.Pending.Should().Equal("b@r.example");
        pairs.Should().HaveCount(report && (flags & 4) != 0 ? 2 : 1);
        foreach (var notice in pairs.Where(p => p.Header.IsNullSender)) DsnSample.Read(notice.Header, notice.Body).Field("Action").Should().Be("relayed");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    private static TestPass Deferring(string reason) => TestPass.PerRecipient("judge", _ => Disposition.Defer(reason));
}
