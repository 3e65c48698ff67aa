using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Messages that are known by a row of their day only.</summary>
public class FinishedMessageTests
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(16);

    [Theory]
    [InlineData(IntakeKind.Spool)]
    [InlineData(IntakeKind.Queuefile)]
    public async Task A_repetition_is_removed(object kind)
    {
        await using var rig = new EngineRig { Kind = (IntakeKind)kind };
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);
        await FinishAsync(rig);
        pair.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Names(rig.Intake).Should().BeEmpty();
        (EngineRig.Pairs(rig.Target).Count, EngineRig.Pairs(rig.Held).Count).Should().Be((0, 0));
        rig.Log.Count("suppressed").Should().Be(1);
    }

    [Fact]
    public async Task A_new_recipient_of_a_known_id_is_served_where_they_come_one_by_one()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        new PairFactory { Recipients = ["a@r.example"] }.In(rig.Intake);
        await FinishAsync(rig);
        rig.Clock.Advance(TimeSpan.FromDays(2));
        new PairFactory { Recipients = ["b@r.example"] }.In(rig.Intake);
        await FinishAsync(rig, "b@r.example");
        new PairFactory { Recipients = ["a@r.example", "b@r.example", "c@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();

        rig.EximDelivers().Should().Equal("c@r.example");
        EngineRig.Names(rig.Held).Should().BeEmpty();
    }

    [Fact]
    public async Task A_new_recipient_of_a_known_id_is_neither_lost_nor_are_the_others_served_twice_where_they_come_at_once()
    {
        await using var rig = new EngineRig();
        new PairFactory { Recipients = ["a@r.example"] }.In(rig.Intake);
        await FinishAsync(rig);
        // exim -Mar on a pair that came back
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain("another message came under the id");
    }

    [Theory]
    [InlineData(IntakeKind.Spool)]
    [InlineData(IntakeKind.Queuefile)]
    public async Task Another_message_under_a_known_id_is_held(object kind)
    {
        await using var rig = new EngineRig { Kind = (IntakeKind)kind };
        new PairFactory().In(rig.Intake);
        await FinishAsync(rig);
        new PairFactory { Sender = "other@sender.example" }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        EngineRig.Pairs(rig.Target).Should().BeEmpty();
    }

    [Fact]
    public async Task A_new_recipient_that_is_deferred_is_not_as_old_as_the_id()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var defers = false;
        BounceTests.With(rig, o => o.GiveUpAfter = TimeSpan.FromDays(5), new TestPass("judge", _ => defers ? PassResult.For(Disposition.Defer("later")) : PassResult.Continue));
        new PairFactory { Recipients = ["a@r.example"] }.In(rig.Intake);
        await FinishAsync(rig);
        defers = true;
        new PairFactory { Recipients = ["b@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().BeEmpty("nobody is told anything");
        EngineRig.Pairs(rig.Intake).Should().ContainSingle();
    }

    [Fact]
    public async Task A_day_is_kept_as_long_as_an_intake_has_not_been_read_and_what_lies_in_it_outlives_the_day()
    {
        await using var rig = new EngineRig();
        var stays = new PairFactory { Id = PairFactory.ShortId(1) }.In(rig.Intake);
        var goes = new PairFactory { Id = PairFactory.ShortId(2) }.In(rig.Intake);
        await FinishAsync(rig);
        await rig.StopAsync();
        // A backup was restored, or the pair can never be unlinked.
        stays.In(rig.Intake);
        rig.Clock.Advance(Long);
        rig.Start();
        rig.Engine.Expire();
        rig.Ledger.IsSettled(rig.Intake, goes.MessageId).Should().BeTrue("nobody has looked into the intake");
        await rig.DrainAsync();
        stays.In(rig.Intake);

        rig.Engine.Expire();

        rig.Ledger.IsSettled(rig.Intake, goes.MessageId).Should().BeFalse();
        rig.Ledger.IsSettled(rig.Intake, stays.MessageId).Should().BeTrue();
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().BeEmpty("it was delivered long ago");
        rig.Clock.Advance(Long);
        rig.Engine.Expire();
        rig.Ledger.CountFinished.Should().Be(0);
    }

    [Fact]
    public void A_record_waits_to_become_a_row_until_the_removal_of_its_pair_is_durable()
    {
        var root = Directory.CreateTempSubdirectory("sw-removals-").FullName;
        try
        {
            var path = Directory.CreateDirectory($"{root}/input").FullName;
            using var intake = new Intake(path, IntakeKind.Spool);
            var removals = new Removals(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            using (var folder = SpoolFolder.Open(path))
            {
                removals.Add(Entry(1), intake, folder);
                removals.Take(all: false).Should().BeEmpty();
                removals.Synced(removals.Waiting, [folder.Status.Device + 1]);
                removals.Take(all: false).Should().BeEmpty("that was another file system");
                var before = removals.Waiting;
                removals.Add(Entry(2), intake, folder);
                removals.Synced(before, [folder.Status.Device]);
                removals.Take(all: false).Select(e => e.Id).Should().Equal(Entry(1).Id);
                removals.Noted(1);
                removals.Take(all: true).Select(e => e.Id).Should().Equal(Entry(2).Id);
                removals.Noted(1);
                removals.Add(Entry(3), intake, folder);
            }
            // Nobody can sync what is no longer there.
            Directory.Move(path, path + "-away");
            Directory.CreateDirectory(path);
            removals.Take(all: true).Should().BeEmpty("the next start looks");
            (removals.Waiting, removals.Take(all: true).Length).Should().Be((0, 0));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }

        static LedgerEntry Entry(int n) => new() { Intake = "/intake", Id = PairFactory.ShortId(n) };
    }

    [Fact]
    public async Task Without_a_history_mail_goes_on()
    {
        await using var rig = new EngineRig();
        Directory.CreateDirectory(rig.Settings.Ledger.Path);
        File.WriteAllText(HistoryFiles.DirectoryOf(rig.Settings.Ledger), "in the way");
        for (var i = 0; i < 20; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);

        await FinishAsync(rig);

        rig.Log.Count("history: ").Should().Be(1);
        rig.Ledger.CountFinished.Should().Be(20);
    }

    [Fact]
    public async Task The_history_tells_what_the_ledger_no_longer_knows()
    {
        await using var rig = new EngineRig();
        rig.Settings.Target.MessageId = MessageIdPolicy.Renew;
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        var renewed = EngineRig.Pairs(rig.Target).Single().Id.ToString();
        await rig.StopAsync();

        using var glance = LedgerGlance.Open(rig.Settings.Ledger)!;

        glance.FindAll(pair.MessageId).Should().ContainSingle().Which.Done["bob@r.example"].Should().Be($"requeued {renewed}");
        glance.FindText(renewed, 10).Should().ContainSingle().Which.Id.Should().Be(pair.Id);
    }

    // Until the ledger has rows in place of records; a stop notes all.
    private static async Task FinishAsync(EngineRig rig, params string[] delivered)
    {
        await rig.DrainAsync();
        if (delivered.Length > 0) rig.EximDelivers().Should().Equal(delivered);
        else rig.EximDelivers();
        await rig.RestartAsync();
        rig.Ledger.Count.Should().Be(0);
        rig.Ledger.CountFinished.Should().BePositive();
    }
}
