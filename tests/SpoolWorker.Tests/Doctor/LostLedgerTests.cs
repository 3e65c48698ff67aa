using SpoolWorker.Engine.Commit;
using SpoolWorker.Tests.Commands;

namespace SpoolWorker.Tests.Doctor;

/// <summary>What docs/operations.md says a lost ledger costs: no mail, and twice only what had been handed over and was not yet removed from its intake.</summary>
public sealed class LostLedgerTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData(CrashPoint.Claimed, false)]
    [InlineData(CrashPoint.Staged, false)]
    [InlineData(CrashPoint.Synced, false)]
    [InlineData(CrashPoint.Recorded, false)]
    [InlineData(CrashPoint.Renamed, true)]
    [InlineData(CrashPoint.Committed, true)]
    [InlineData(CrashPoint.HeaderRemoved, false)]
    [InlineData(CrashPoint.Removed, false)]
    public void Nothing_is_lost_with_the_ledger(string step, bool isSeenTwice)
    {
        _ = (_play.Target, _play.Held, _play.Corrupt, _play.Made("spool/msglog"));
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        _play.RunKilled(step, "run", "--once").ExitCode.Should().NotBe(0);
        Directory.Delete($"{_play.Path}/ledger", recursive: true);
        // What a worker that is gone has staged is told, and is nobody's but the operator's to remove; its message lies in the intake.
        var isStaged = Directory.EnumerateFiles(_play.Target, "hdr.*").Any();
        isStaged.Should().Be(step is CrashPoint.Staged or CrashPoint.Synced or CrashPoint.Recorded);
        DoctorRun.Of(_play).Names.Contains("staged-by-another-ledger").Should().Be(isStaged);
        if (isStaged) File.Exists($"{_play.Intake}/{id.HeaderName}").Should().BeTrue();

        var after = _play.RunConfigured("run", "--once");
        after.ExitCode.Should().Be(0, after.Error);
        Directory.EnumerateFiles(_play.Target, "*-H").Should().ContainSingle();
        // As its body is the target's own file, it is not handed over again while it lies there.
        Directory.EnumerateFiles(_play.Held, "*-H").Should().HaveCount(isSeenTwice ? 1 : 0);
        Directory.EnumerateFiles(_play.Intake, "*-H").Should().BeEmpty();
    }

    [Fact]
    public void What_the_target_has_delivered_meanwhile_comes_twice()
    {
        _ = (_play.Target, _play.Held, _play.Corrupt);
        Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        _play.RunKilled(CrashPoint.Committed, "run", "--once").ExitCode.Should().NotBe(0);
        Directory.Delete($"{_play.Path}/ledger", recursive: true);
        foreach (var file in Directory.EnumerateFiles(_play.Target)) File.Delete(file);
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        Directory.EnumerateFiles(_play.Target, "*-H").Should().ContainSingle();
    }
}
