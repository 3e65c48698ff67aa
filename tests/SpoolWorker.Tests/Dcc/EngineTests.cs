using SpoolWorker.Passes.Dcc;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dcc;

/// <summary>The pass in the engine: recipients that fare differently, greylisting by the schedule, a daemon that is away for an hour. The clock is a fake one.</summary>
public class EngineTests
{
    private static (DccOptions Options, string Path) Settings(EngineRig rig)
    {
        var path = $"{rig.Root}/dccifd";
        return (new DccOptions { Address = [path], BreakAfter = 3, BreakFor = TimeSpan.FromSeconds(30) }, path);
    }

    private static void Use(EngineRig rig, DccOptions options) => rig.With(new DccPass(options, rig.Clock, rig.Log), options);

    private static async Task RetryAsync(EngineRig rig, TimeSpan after)
    {
        rig.Clock.Advance(after);
        // What the schedule does every few seconds.
        await rig.Engine.RetryAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => rig.Engine.Busy == 0, "tried again");
        await rig.DrainAsync();
    }

    [Fact]
    public async Task Recipients_are_served_or_held_by_their_own_letter()
    {
        await using var rig = new EngineRig();
        var (options, path) = Settings(rig);
        Use(rig, options);
        await using var daemon = DccStandIn.OnSocket(path).Says(new DccScript { Overall = "S", Letters = "ARA", Header = DccScript.BulkHeader });
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example", "c@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();

        var going = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        going.Pending.Should().Equal("a@r.example", "c@r.example");
        DccScene.Text(going.Header.Headers[^1].Text).Should().Be(DccScript.BulkHeader);
        var held = EngineRig.Pairs(rig.Held).Should().ContainSingle().Subject;
        held.Pending.Should().Equal("b@r.example");
        DccScene.Text(held.Header.Headers[^1].Text).Should().Be(DccScript.BulkHeader);
        File.ReadAllText($"{rig.Held}/{held.Id}.reason").Should().Contain("b@r.example: dcc: bulk mail says DCC (R)");
        rig.Log.Count($"{pair.Id} dcc: S ARA by {path}: X-DCC-standin-Metrics:").Should().Be(1);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Greylisting_asks_again_by_the_schedule_until_the_daemon_lets_the_message_in()
    {
        await using var rig = new EngineRig();
        var (options, path) = Settings(rig);
        options.GreylistRetry = TimeSpan.FromMinutes(5);
        Use(rig, options);
        await using var daemon = DccStandIn.OnSocket(path);
        // dccd's embargo: client, sender and recipient together, for so long after the first try.
        var first = new Dictionary<string, DateTimeOffset>();
        daemon.Script = asked =>
        {
            var now = rig.Clock.GetUtcNow();
            var letters = string.Concat(asked.Recipients.Select(r =>
            {
                var triple = $"{asked.Client} {asked.Sender} {r}";
                return !r.StartsWith("new", StringComparison.Ordinal) || now - (first.TryAdd(triple, now) ? now : first[triple]) > TimeSpan.FromMinutes(7) ? 'A' : 'G';
            }));
            return new DccScript { Overall = letters.Contains('G') ? "G" : "A", Letters = letters };
        };
        var pair = new PairFactory { Recipients = ["known@r.example", "new@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();
        rig.EximDelivers().Should().Equal("known@r.example");
        await RetryAsync(rig, TimeSpan.FromMinutes(4.9));
        daemon.Asked.Should().HaveCount(1, "it is not time yet");
        await RetryAsync(rig, TimeSpan.FromMinutes(0.2));
        daemon.Asked.Should().HaveCount(2);
        EngineRig.Pairs(rig.Target).Should().BeEmpty("the embargo lasts");
        await RetryAsync(rig, TimeSpan.FromMinutes(5.1));

        daemon.Asked.Select(a => string.Join(' ', a.Recipients)).Should().Equal("known@r.example new@r.example", "new@r.example", "new@r.example");
        rig.EximDelivers().Should().Equal("new@r.example");
        rig.Log.Count($"{pair.Id} requeued+deferred: ").Should().Be(1);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        EngineRig.Pairs(rig.Held).Should().BeEmpty();
    }

    [Fact]
    public async Task A_daemon_away_for_an_hour_loses_nothing_and_counts_against_no_message()
    {
        await using var rig = new EngineRig();
        var (options, path) = Settings(rig);
        rig.Settings.Engine.RetryMost = TimeSpan.FromMinutes(5);
        rig.Settings.Engine.MaxAttempts = 2;
        Use(rig, options);
        var pairs = Enumerable.Range(0, 20).Select(n => new PairFactory { Id = PairFactory.ShortId(n) }.In(rig.Intake)).ToList();

        await rig.DrainAsync();
        for (var minute = 0; minute < 60; minute++) await RetryAsync(rig, TimeSpan.FromMinutes(1));

        EngineRig.Pairs(rig.Intake).Select(p => p.HeaderBytes).Should().BeEquivalentTo(pairs.Select(p => p.HeaderFile), "nothing was lost, nothing changed");
        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        EngineRig.Pairs(rig.Held).Should().BeEmpty();
        foreach (var pair in pairs)
        {
            var entry = rig.Ledger.Find(rig.Intake, pair.MessageId)!;
            entry.Failures.Should().Be(0, "no attempt was counted");
            entry.Deferred!.Reason.Should().Contain("dcc is not available");
        }
        rig.Log.Count("pass dcc: circuit open for 30 s, its service is down").Should().BeGreaterThan(0);
        rig.Log.All.Should().Contain($"{path}: cannot connect").And.Contain("circuit open for 30 s after 3 failures");
        rig.Log.Count("circuit closed").Should().Be(0);

        await using var daemon = DccStandIn.OnSocket(path);
        for (var minute = 0; minute < 12 && EngineRig.Pairs(rig.Target).Count < pairs.Count; minute++) await RetryAsync(rig, TimeSpan.FromMinutes(1));

        rig.Log.Count("pass dcc: circuit closed, its service answers again").Should().BeGreaterThan(0);
        rig.EximDelivers().Should().HaveCount(pairs.Count);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task All_workers_ask_at_once()
    {
        await using var rig = new EngineRig();
        var (options, path) = Settings(rig);
        rig.Settings.Engine.Workers = 8;
        Use(rig, options);
        await using var daemon = DccStandIn.OnSocket(path).Says(new DccScript { Delay = TimeSpan.FromMilliseconds(50) });
        for (var n = 0; n < 80; n++) new PairFactory { Id = PairFactory.ShortId(n) }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(80);
        daemon.MostBusy.Should().Be(8);
    }

    [Fact]
    public async Task OnUnavailable_skip_lets_mail_go_on_without_DCC()
    {
        await using var rig = new EngineRig();
        var (options, _) = Settings(rig);
        options.OnUnavailable = SpoolWorker.Passes.OnUnavailable.Skip;
        Use(rig, options);
        var pair = new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.HeaderBytes.Should().Equal(pair.HeaderFile);
        rig.Log.All.Should().Contain("pass dcc skipped: ").And.Contain("cannot connect");
    }
}
