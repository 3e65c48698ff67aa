using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Verbs;

/// <summary>inject killed in the middle: the message is there or it is not, and what is left of it goes.</summary>
public sealed class InjectKillTests : IDisposable
{
    private const int Killed = 137;
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData(CrashPoint.Staged, false)]
    [InlineData(CrashPoint.Synced, false)]
    [InlineData(CrashPoint.Renamed, true)]
    public void What_a_killed_inject_leaves_is_removed_by_the_worker(string step, bool isThere)
    {
        _ = (_play.Target, _play.Intake);
        File.WriteAllText($"{_play.Path}/mail.eml", "Subject: hello\n\ntext\n");
        string[] inject = ["inject", $"{_play.Path}/mail.eml", "--from", "alice@sender.example", "--to", "bob@r.example"];
        _play.RunKilled(step, inject).ExitCode.Should().Be(Killed);
        EngineRig.Names(_play.Intake).Should().HaveCount(2);
        EngineRig.Names(_play.Intake).Count(n => n.EndsWith("-H", StringComparison.Ordinal)).Should().Be(isThere ? 1 : 0);

        // One that is at work looks the same for a moment.
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        EngineRig.Names(_play.Intake).Should().HaveCount(isThere ? 0 : 2);
        foreach (var name in EngineRig.Names(_play.Intake)) File.SetLastWriteTimeUtc($"{_play.Intake}/{name}", DateTime.UtcNow.AddMinutes(-5));
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        EngineRig.Names(_play.Intake).Should().BeEmpty();
        EngineRig.Pairs(_play.Target).Should().HaveCount(isThere ? 1 : 0);

        _play.RunConfigured(inject).ExitCode.Should().Be(0);
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        EngineRig.Pairs(_play.Target).Should().HaveCount(isThere ? 2 : 1);
    }

    [Fact]
    public async Task One_that_still_writes_is_left_alone_however_long_it_takes()
    {
        await using var rig = new EngineRig();
        using var directory = new SpoolDirectory(rig.Intake) { Name = "intake" };
        var pair = new PairFactory();
        HeaderFileReader.TryRead(pair.HeaderFile, pair.MessageId, out var header, out _).Should().BeTrue();
        using var body = new MemoryStream(pair.Body);
        using var staged = new SpoolStage(directory, SpoolOwnership.Of(rig.Intake), Injections.Tag).TryStage(header!, body)!;
        rig.Clock.Advance(TimeSpan.FromDays(400));
        await rig.DrainAsync();
        rig.Engine.Expire();
        EngineRig.Names(rig.Intake).Should().BeEquivalentTo(pair.BodyName, staged.StagedHeaderName);

        // Its process died.
        staged.Dispose();
        rig.Engine.Expire();
        EngineRig.Names(rig.Intake).Should().BeEmpty("a running worker looks from time to time");
    }

    [Fact]
    public async Task In_an_intake_of_queuefile_its_body_is_no_half_hand_over()
    {
        await using var rig = new EngineRig { Kind = SpoolWorker.Options.IntakeKind.Queuefile };
        var pair = new PairFactory();
        File.WriteAllBytes($"{rig.Intake}/{pair.BodyName}", pair.DataFile);
        File.WriteAllBytes($"{rig.Intake}/hdr.{pair.Id}.{Injections.Tag}", pair.HeaderFile);
        await rig.DrainAsync();
        rig.Clock.Advance(TimeSpan.FromDays(400));
        await rig.DrainAsync();
        EngineRig.Names(rig.Corrupt).Should().BeEmpty();
        rig.Engine.Expire();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }
}
