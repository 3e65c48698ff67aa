using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SpoolWorker.Ledger.Notices;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Notices;
using SpoolWorker.Schedule;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Notices;

/// <summary>A rename that fails behind the ledger's commit takes all of it back: the hold, the notice, the tally, and the place among the notices that may go.</summary>
public sealed class NoticeUndoneTests : IAsyncDisposable
{
    private readonly EngineRig _rig = new();

    public NoticeUndoneTests()
    {
        _rig.Notices = new NoticesFeature(new NoticeOptions { To = ["postmaster@one.example"], RateLimit = 1, RatePer = TimeSpan.FromHours(1) }, "mx.here.example");
        _rig.With(new TestPass("clamd", _ => new PassResult { Disposition = Disposition.Hold("virus Eicar says clamd"), Results = new Dictionary<string, string> { ["virus_result"] = "virus" } }));
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    // In held/ nothing is visible yet; in the target the held pair is, and is taken back.
    [Theory]
    [InlineData("held")]
    [InlineData("target")]
    public async Task A_notice_that_did_not_go_is_sent_at_the_next_try_with_what_it_was_to_tell(string place)
    {
        var untold = await Counted(2);
        _rig.Clock.Advance(TimeSpan.FromMinutes(61));
        await Undone(4, place == "held" ? _rig.Held : _rig.Target);
        (_rig.Ledger.Untold, EngineRig.Pairs(_rig.Held).Count, EngineRig.Pairs(_rig.Target).Count).Should().Be((untold, 3, 1));

        await NextTry();
        (_rig.Ledger.Untold.Count, EngineRig.Pairs(_rig.Held).Count).Should().Be((0, 4));
        EngineRig.Pairs(_rig.Target).Select(Text).Where(t => t.Contains("\n2 more were held for such a reason since Mon, 23 Nov 2026 12:00:00 +0000", StringComparison.Ordinal)).Should().ContainSingle().Which.Should().Contain($"show {PairFactory.ShortId(4)}\n");
        EngineRig.Pairs(_rig.Target).Should().HaveCount(2);
    }

    [Fact]
    public async Task What_was_only_counted_is_counted_once()
    {
        var untold = await Counted(1);
        await Undone(3, _rig.Held);
        _rig.Ledger.Untold.Should().Be(untold);
        await NextTry();
        (_rig.Ledger.Untold, EngineRig.Pairs(_rig.Target).Count).Should().Be((untold with { Count = 2 }, 1));
    }

    [Fact]
    public async Task A_summary_that_did_not_go_leaves_all_as_it_was()
    {
        var untold = await Counted(2);
        _rig.Clock.Advance(TimeSpan.FromMinutes(61));
        var sender = new UntoldSender(_rig.Engine, _rig.Notices!, NullLogger<UntoldSender>.Instance);
        _rig.FailRenames(_rig.Target);
        ((Action)(() => sender.Run())).Should().Throw<IOException>();
        _rig.LetRenames();
        (_rig.Ledger.Untold, _rig.Ledger.Runs.Find(NoticesFeature.Name), EngineRig.Pairs(_rig.Target).Count).Should().Be((untold, null, 1));

        sender.Run().Should().Be(2);
        sender.Run().Should().Be(0);
        (_rig.Ledger.Untold.Count, EngineRig.Pairs(_rig.Target).Count).Should().Be((0, 2));
        EngineRig.Pairs(_rig.Target).Select(Text).Should().ContainSingle(t => t.Contains("2 more were held for such a reason since Mon, 23 Nov 2026 12:00:00 +0000", StringComparison.Ordinal));
    }

    // One is told of, the others are counted.
    private async Task<Untold> Counted(int count)
    {
        for (var n = 1; n <= count + 1; n++) new PairFactory { Id = PairFactory.ShortId(n) }.In(_rig.Intake);
        await _rig.DrainAsync();
        _rig.Ledger.Untold.Count.Should().Be(count);
        return _rig.Ledger.Untold;
    }

    private async Task Undone(int n, string place)
    {
        new PairFactory { Id = PairFactory.ShortId(n) }.In(_rig.Intake);
        _rig.FailRenames(place);
        await _rig.DrainAsync();
        _rig.LetRenames();
        EngineRig.Pairs(_rig.Intake).Should().ContainSingle(_rig.Log.All);
    }

    private async Task NextTry()
    {
        _rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await _rig.Engine.ScanAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => !_rig.Engine.IsPaused, "another try");
        await _rig.DrainAsync();
        EngineRig.Names(_rig.Intake).Should().BeEmpty();
    }

    private static string Text(Found message) => Encoding.UTF8.GetString(message.Body);
}
