using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Engine;

/// <summary>What a start makes of what a crash left.</summary>
public class RecoveryTests
{
    [Fact]
    public async Task A_body_without_header_goes_when_the_ledger_says_that_all_is_done()
    {
        await using var rig = new EngineRig();
        var requeued = new PairFactory { Id = PairFactory.ShortId(1) }.In(rig.Intake);
        var discarded = new PairFactory { Id = PairFactory.ShortId(2), Recipients = ["trap@r.example"] }.In(rig.Intake);
        var delivered = new PairFactory { Id = PairFactory.ShortId(3), NonRecipients = "NN bob@r.example\n" }.In(rig.Intake);
        rig.With(TestPass.PerRecipient("judge", r => r[0] == 't' ? Disposition.Discard("trap") : Disposition.Continue));
        await rig.DrainAsync();
        await rig.RestartAsync();
        EngineRig.Names(rig.Intake).Should().BeEmpty();

        // as if killed between the two unlinks; the last one is a message that is just being received
        var foreign = new PairFactory { Id = PairFactory.ShortId(4) };
        foreach (var pair in new[] { requeued, discarded, delivered, foreign }) File.WriteAllBytes($"{rig.Intake}/{pair.BodyName}", pair.DataFile);
        await rig.RestartAsync();

        EngineRig.Names(rig.Intake).Should().Equal(foreign.BodyName);
    }

    [Theory]
    [InlineData("not yet renamed")]
    [InlineData("renamed")]
    [InlineData("delivered")]
    public async Task A_partly_served_message_is_finished_and_the_rest_served_later(string how)
    {
        await using var rig = new EngineRig();
        var later = false;
        rig.With(TestPass.PerRecipient("judge", r => r[0] switch { 'a' => Disposition.Continue, 'b' => Disposition.Hold("smells"), _ => later ? Disposition.Continue : Disposition.Defer("wait") }));
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example", "c@r.example"] }.In(rig.Intake);
        await rig.DrainAsync();
        // back to what a kill between the ledger's commit and the renames, or after them, leaves
        var entry = rig.Decided(pair.MessageId);
        entry.Staged.Should().HaveCount(2);
        await rig.StopAsync();
        using (var ledger = SpoolWorker.Ledger.MessageLedger.Open(rig.Settings.Ledger)) ledger.Commit([entry], []);
        string[] served = [];
        if (how == "not yet renamed")
        {
            foreach (var staged in entry.Staged) File.Move($"{staged.Folder}/{staged.Id}-H", $"{staged.Folder}/hdr.{staged.Id}.{staged.Tag}");
        }
        if (how == "delivered") served = rig.EximDelivers();

        later = true;
        rig.Start();
        rig.Clock.Advance(TimeSpan.FromMinutes(5));
        await rig.DrainAsync();

        served.Concat(EngineRig.Pairs(rig.Target).SelectMany(p => p.Pending)).Should().BeEquivalentTo("a@r.example", "c@r.example");
        EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.Pending.Should().Equal("b@r.example");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_worker_that_was_down_for_longer_than_it_remembers_still_knows_what_it_committed()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        var entry = rig.Decided(pair.MessageId);
        await rig.StopAsync();
        using (var ledger = SpoolWorker.Ledger.MessageLedger.Open(rig.Settings.Ledger)) ledger.Commit([entry], []);
        rig.EximDelivers().Should().HaveCount(1);
        pair.In(rig.Intake);
        rig.Clock.Advance(TimeSpan.FromDays(30));

        rig.Start();
        rig.Engine.Expire();
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().BeEmpty("it was delivered a month ago");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Another_workers_body_is_not_swept()
    {
        await using var rig = new EngineRig();
        rig.Start();
        var tag = rig.Ledger.Tag;
        await rig.StopAsync();
        var pair = new PairFactory();
        File.WriteAllBytes($"{rig.Target}/{pair.BodyName}", pair.DataFile);
        File.WriteAllText($"{rig.Target}/hdr.{pair.Id}.{tag}", "ours");
        File.WriteAllText($"{rig.Target}/hdr.{pair.Id}.othertag", "of a worker that died in the same power cut");

        rig.Start();

        EngineRig.Names(rig.Target).Should().Equal(pair.BodyName, $"hdr.{pair.Id}.othertag");
    }

    [Fact]
    public async Task A_body_whose_message_is_deferred_stays()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory().In(rig.Intake);
        rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Defer("later"))));
        await rig.DrainAsync();
        File.Delete($"{rig.Intake}/{pair.HeaderName}");

        await rig.RestartAsync();

        EngineRig.Names(rig.Intake).Should().Equal(pair.BodyName);
    }
}
