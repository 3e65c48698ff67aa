using SpoolWorker.Engine.Commit;
using SpoolWorker.Tests.Commands;

namespace SpoolWorker.Tests.Doctor;

/// <summary>What docs/operations.md says a lost ledger costs: no mail, and twice only what had been handed over and was not yet removed from its intake.</summary>
public sealed class LostLedgerTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData(CrashPoint.Claimed, 1)]
    [InlineData(CrashPoint.Staged, 1)]
    [InlineData(CrashPoint.Synced, 1)]
    [InlineData(CrashPoint.Recorded, 1)]
    [InlineData(CrashPoint.Renamed, 2)]
    [InlineData(CrashPoint.Committed, 2)]
    [InlineData(CrashPoint.HeaderRemoved, 1)]
    [InlineData(CrashPoint.Removed, 1)]
    public void Nothing_is_lost_with_the_ledger(string step, int copies)
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
        Directory.EnumerateFiles(_play.Target, "*-H").Should().HaveCount(copies);
        Directory.EnumerateFiles(_play.Intake, "*-H").Should().BeEmpty();
    }
}
