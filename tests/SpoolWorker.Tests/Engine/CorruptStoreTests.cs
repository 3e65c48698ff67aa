using SpoolWorker.Engine.Intakes;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>What goes to corrupt/ together, and what does not.</summary>
public sealed class CorruptStoreTests
{
    [Fact]
    public async Task Half_a_body_goes_alone_and_the_header_of_the_next_try_stays()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory().In(rig.Intake);
        using var folder = new SpoolDirectory(rig.Intake).Open();
        var store = new CorruptStore(new SpoolDirectory(rig.Settings.Corrupt.Path), rig.Clock);

        // When the scan looked there was no -H; queuefile has come back since.
        store.MoveBody(folder, pair.MessageId, new SpoolParseError(SpoolParseErrorKind.HeaderMissing, 0, "no -H"));

        EngineRig.Names(rig.Settings.Corrupt.Path).Should().BeEquivalentTo([$"{pair.Id}-D", $"{pair.Id}.reason"]);
        EngineRig.Names(rig.Intake).Should().Equal(pair.HeaderName);
    }
}
