using SpoolWorker.Engine;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Whatever ends a look at a message is published once, as data.</summary>
public class OutcomeTests
{
    [Fact]
    public async Task Recipients_that_fare_differently_have_a_fate_each_and_name_their_pass()
    {
        await using var rig = new EngineRig();
        var received = rig.Clock.GetUtcNow();
        rig.With(TestPass.PerRecipient("first", r => r[0] == 'b' ? Disposition.Hold("smells") : Disposition.Continue));
        rig.With(TestPass.PerRecipient("second", r => r[0] switch
        {
            'c' => Disposition.Hold("looks odd"),
            'd' => Disposition.Discard("trap"),
            'e' => Disposition.Defer("not now"),
            _ => Disposition.Continue,
        }));
        var pair = new PairFactory { Time = received.ToUnixTimeSeconds(), Recipients = ["a@r.example", "b@r.example", "c@r.example", "d@r.example", "e@r.example"] };
        var outcomes = Start(rig);
        pair.In(rig.Intake);
        rig.Clock.Advance(TimeSpan.FromSeconds(10));

        await rig.DrainAsync();

        var outcome = outcomes.Should().ContainSingle().Subject;
        (outcome.Intake, outcome.Id, outcome.Text, outcome.IsSettled, outcome.IsNews).Should().Be((rig.Intake, pair.MessageId, "requeued+held+discarded+deferred", false, true));
        outcome.Fates.Should().Equal(new Fate(OutcomeKind.Requeued, 1, "", pair.MessageId), new Fate(OutcomeKind.Held, 1, "first", pair.MessageId), new Fate(OutcomeKind.Held, 1, "second", pair.MessageId),
            new Fate(OutcomeKind.Discarded, 1, "second"), new Fate(OutcomeKind.Deferred, 1, "second"));
        (outcome.Passes, outcome.NewId, outcome.Sender, outcome.Recipients, outcome.Size).Should().Be(("first+second", (MessageId?)pair.MessageId, "alice@sender.example", 5, (long)pair.HeaderFile.Length + pair.DataFile.Length));
        outcome.Placed.Should().BeEquivalentTo([new Placed(pair.MessageId, rig.Target, ToTarget: true), new Placed(pair.MessageId, rig.Held, ToTarget: false)]);
        outcome.Settled.Should().BeEquivalentTo("a@r.example", "b@r.example", "c@r.example", "d@r.example");
        outcome.Runs.Select(r => (r.Pass, r.Verdict, r.IsUnavailable)).Should().Equal(("first", DispositionKind.Hold, false), ("second", DispositionKind.Hold, false));
        outcome.SinceArrival.Should().Be(TimeSpan.FromSeconds(10));
        rig.Log.Count($"{pair.Id} requeued+held+discarded+deferred: ").Should().Be(1);
        rig.Log.Count(", pass first+second, ").Should().Be(1);
    }

    [Fact]
    public async Task The_time_in_the_queue_and_in_each_pass_is_told()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.Workers = 1;
        rig.With(new TestPass("slow", _ =>
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(3));
            return PassResult.Continue;
        }));
        rig.With(new TestPass("down", _ => PassResult.Unavailable("no daemon")), new PassOptions { OnUnavailable = OnUnavailable.Skip });
        var outcomes = Start(rig);
        new PairFactory { Id = PairFactory.ShortId(1) }.In(rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(2) }.In(rig.Intake);

        await rig.DrainAsync();

        outcomes.Select(o => o.Text).Should().Equal("requeued", "requeued");
        outcomes.Should().OnlyContain(o => o.Elapsed >= TimeSpan.FromSeconds(3));
        outcomes[1].InQueue.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(3), "the one worker was at the first");
        outcomes[0].Runs.Should().Equal(new PassRun("slow", TimeSpan.FromSeconds(3), DispositionKind.Continue, false), new PassRun("down", TimeSpan.Zero, DispositionKind.Defer, true) { Skip = new Skip(SkipCause.OnUnavailable, "no daemon") });
    }

    [Fact]
    public async Task What_is_no_judgement_is_published_too()
    {
        await using var rig = new EngineRig();
        var outcomes = Start(rig);
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        // A repetition; one that cannot be read; one that is frozen, and is written anew.
        pair.In(rig.Intake);
        await rig.DrainAsync();
        var broken = new PairFactory { Id = PairFactory.ShortId(1) }.In(rig.Intake);
        File.WriteAllText($"{rig.Intake}/{broken.HeaderName}", $"{broken.HeaderName}\nnonsense\n");
        await rig.DrainAsync();
        var frozen = new PairFactory { Id = PairFactory.ShortId(2), Options = "-frozen 1795446710\n" }.In(rig.Intake);
        await rig.DrainAsync();
        File.SetLastWriteTimeUtc($"{rig.Intake}/{frozen.HeaderName}", DateTime.UnixEpoch);
        await rig.DrainAsync();

        outcomes.Select(o => (o.Text, o.Id.ToString(), o.Cause, o.IsSettled, o.IsNews)).Should().Equal(
            ("requeued", pair.Id, LeftCause.None, true, true),
            ("suppressed", pair.Id, LeftCause.None, true, true),
            ("corrupt", broken.Id, LeftCause.None, true, true),
            ("left", frozen.Id, LeftCause.Frozen, false, true),
            ("left", frozen.Id, LeftCause.Frozen, false, true));
        outcomes[1].Settled.Should().Equal("bob@r.example");
        outcomes[2].Corruption.Should().BeEquivalentTo(new { Folder = rig.Corrupt, Name = broken.Id, Error = new { Kind = SpoolParseErrorKind.OriginatorLine } });
        (outcomes[2].Sender, outcomes[3].Sender).Should().Be((null, "alice@sender.example"));
        rig.Log.Count($"Error: {broken.Id} corrupt: ").Should().Be(1);
        rig.Log.Count("; from <?>, 0 rcpt, 0 bytes, id -, pass -, ").Should().Be(1);
        rig.Log.Count($"{frozen.Id} left: frozen").Should().Be(2, "the second -H is another one");
    }

    [Fact]
    public async Task Half_a_hand_over_that_the_scan_puts_aside_is_an_outcome()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var outcomes = Start(rig);
        var pair = new PairFactory().In(rig.Intake);
        File.Delete($"{rig.Intake}/{pair.HeaderName}");
        File.SetLastWriteTimeUtc($"{rig.Intake}/{pair.BodyName}", DateTime.UnixEpoch);

        await rig.DrainAsync();

        outcomes.Should().ContainSingle().Which.Corruption!.Error.Kind.Should().Be(SpoolParseErrorKind.HeaderMissing);
        rig.Log.Count($"Error: {pair.Id} corrupt: {pair.BodyName} has no {pair.HeaderName}").Should().Be(1);
    }

    [Fact]
    public async Task A_commit_that_is_undone_is_one_outcome_and_places_nothing()
    {
        await using var rig = new EngineRig();
        // A ledger that is full: the group is undone.
        rig.Settings.Ledger.MapSize = 1 << 20;
        var outcomes = Start(rig);
        new PairFactory { Recipients = [.. Enumerable.Range(0, 16_000).Select(i => $"recipient-number-{i}@receiver.example")] }.In(rig.Intake);

        await rig.DrainAsync();

        var outcome = outcomes.Should().ContainSingle().Subject;
        outcome.Fates.Should().Equal(new Fate(OutcomeKind.Undone, 16_000));
        (outcome.Text, outcome.Placed.Count, outcome.Settled.Count, outcome.IsSettled).Should().Be(("stays", 0, 0, false));
        outcome.Reason.Should().Contain("Ledger:MapSize");
    }

    [Fact]
    public async Task Notifications_are_counted_sent_or_suppressed()
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, new TestPass("judge", _ => PassResult.For(Disposition.Bounce("no such mailbox here"))));
        var outcomes = Start(rig);
        new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        new PairFactory { Id = PairFactory.ShortId(1), Sender = "" }.In(rig.Intake);
        await rig.DrainAsync();

        outcomes.Select(o => o.Text).Should().Equal("bounced", "held");
        outcomes[0].Fates.Should().Equal(new Fate(OutcomeKind.Bounced, 1, "judge"));
        outcomes[0].Notices.Should().Equal(new NoticeFate(DsnAction.Failed, IsSent: true));
        outcomes[1].Notices.Should().Equal(new NoticeFate(DsnAction.Failed, IsSent: false));
        outcomes[1].Reason.Should().Contain("not bounced: null sender");
    }

    [Fact]
    public async Task A_subscriber_that_throws_costs_no_message_anything()
    {
        await using var rig = new EngineRig();
        rig.Start();
        rig.Engine.Outcomes.Published += _ => throw new InvalidOperationException("a broken meter");
        var seen = 0;
        rig.Engine.Outcomes.Published += _ => Interlocked.Increment(ref seen);
        var pair = new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        (seen, rig.Engine.Busy).Should().Be((1, 0));
        rig.Log.Count($"Error: {pair.Id}: its outcome cannot be told: a broken meter").Should().Be(1);
    }

    [Fact]
    public void Every_kind_has_a_word_of_its_own() => Enum.GetValues<OutcomeKind>().Select(OutcomeWords.Of).Should().OnlyHaveUniqueItems();

    public static TheoryData<Exception, string> Failures => new()
    {
        { new UnreadableRecordException("1xVVht-000477-0i/in", "damaged"), "Forbidden" },
        { new PosixException(Errno.EACCES, "open", "/in/1xVVht-000477-0i-H"), "Forbidden" },
        { new PosixException(Errno.EACCES, "open", "/target/1xVVht-000477-0i-D"), "Environment" },
        { new PosixException(Errno.EMFILE, "open", "/in/1xVVht-000477-0i-H"), "Environment" },
        { new PosixException(5, "read", "/in/1xVVht-000477-0i-D"), "Message" },
        { new PosixException(5, "read", "/inner/1xVVht-000477-0i-D"), "Environment" },
        { new PosixException(Errno.ENOSPC, "write", "/target/hdr.1xVVht-000477-0i"), "Environment" },
        { new LedgerException("the ledger is full", isFatal: false), "Environment" },
        { new UnauthorizedAccessException("no"), "Environment" },
        { new InvalidOperationException("a bug"), "Message" },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void Each_failure_is_somebodys(Exception failure, string whose) => FailureClasses.Of("/in", failure).ToString().Should().Be(whose);

    // What its own looks publish, without those that found the message locked or half written on their way.
    private static List<Outcome> Start(EngineRig rig)
    {
        var outcomes = new List<Outcome>();
        rig.Start();
        rig.Engine.Outcomes.Published += outcome =>
        {
            lock (outcomes)
            {
                if (!outcome.Is(OutcomeKind.NotReady) && !outcome.Is(OutcomeKind.Gone) && outcome.Cause != LeftCause.Waits) outcomes.Add(outcome);
            }
        };
        return outcomes;
    }
}
