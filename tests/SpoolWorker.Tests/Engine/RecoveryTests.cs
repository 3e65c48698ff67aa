using SpoolWorker.Engine;
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
