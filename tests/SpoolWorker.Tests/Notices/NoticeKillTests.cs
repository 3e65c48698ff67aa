using SpoolWorker.Engine.Commit;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Notices;

/// <summary>A notice goes with the hold it tells of, whatever kills the worker.</summary>
public sealed class NoticeKillTests : IDisposable
{
    private static readonly string[] Holds =
    [
        "--Passes:0=rules", "--Passes:1=notices", "--Rules:List:0:When=sender", "--Rules:List:0:Then=hold", "--Rules:List:0:Reason=odd",
        "--Notices:To:0=postmaster@one.example", "--Notices:When=pass = rules", "--Notices:RateLimit=2",
    ];

    private readonly Playground _play = new();

    public NoticeKillTests() => _ = (_play.Target, _play.Held);

    public static TheoryData<string> Steps => [.. CrashPoint.Steps.Where(s => s != CrashPoint.Recovering).SelectMany(s => new[] { s, $"{s}:2" })];

    public void Dispose() => _play.Dispose();

    [Theory]
    [MemberData(nameof(Steps))]
    public void Killed_at_any_step_each_hold_is_told_or_counted_once(string step)
    {
        for (var n = 1; n <= 3; n++) new PairFactory { Id = PairFactory.ShortId(n) }.In(_play.Intake);
        _ = _play.RunKilled(step, ["run", "--once", .. Holds]).ExitCode;
        for (var i = 0; i < 2; i++) _play.RunConfigured(["run", "--once", .. Holds]).ExitCode.Should().Be(0);
        EngineRig.Pairs(_play.Held).Should().HaveCount(3);
        EngineRig.Pairs(_play.Target).Should().HaveCount(2).And.OnlyContain(p => p.Pending.SequenceEqual(new[] { "postmaster@one.example" }));
        EngineRig.Names(_play.Intake).Should().BeEmpty();
        EngineRig.Names(_play.Target).Should().HaveCount(4);
        using var ledger = SpoolWorker.Ledger.MessageLedger.Open(new() { Path = $"{_play.Path}/ledger", MapSize = 16777216 });
        // The second notice tells of the third message where that was counted before the kill.
        var told = EngineRig.Pairs(_play.Target).Count(p => System.Text.Encoding.UTF8.GetString(p.Body).Contains("\n1 more were held", StringComparison.Ordinal));
        (ledger.Untold.Count + told).Should().Be(1);
    }

    [Fact]
    public void Faults_are_told_with_their_keys()
    {
        _ = _play.Intake;
        var ran = _play.RunConfigured(["run", "--once", .. Holds, "--Notices:To:0=nobody", "--Notices:Language=xx", "--Notices:RateLimit=-1"]);
        ran.ExitCode.Should().Be(78);
        ran.Error.Should().Contain("Notices:To:0 = 'nobody'").And.Contain("Notices:Language = 'xx'").And.Contain("Notices:RateLimit");
    }
}
