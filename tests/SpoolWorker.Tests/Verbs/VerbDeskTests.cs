using Microsoft.Extensions.Logging.Abstractions;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Verbs;

/// <summary>Verbs that wait for their messages.</summary>
public sealed class VerbDeskTests
{
    private const int Flood = 300, Later = 900;

    // Whoever looks at verbs looks at pauses, standing holds and what is deferred, too: those waited until the last of a flood had room in the queue.
    [Fact]
    public async Task A_flood_leaves_time_for_others_and_what_is_asked_for_meanwhile_has_its_turn_first()
    {
        await using var rig = new EngineRig();
        rig.Start();
        using var held = new Intake(rig.Held, IntakeKind.Spool);
        // Of its own: no timer of the engine rings.
        var clock = new FakeClock();
        var queue = new ProcessingQueue(1, clock);
        var desk = new VerbDesk(rig.Ledger, held, () => [], queue, new StandingHolds(rig.Ledger, clock, NullLogger<StandingHolds>.Instance), new AuditOptions(), clock);
        rig.Ledger.Verbs.Add([.. Enumerable.Range(0, Flood).Select(i => Delete(rig, i))]);
        var taken = new List<string>();
        using var stop = new CancellationTokenSource();
        var worker = Task.Run(async () =>
        {
            await foreach (var (key, _) in queue.TakeAsync(stop.Token))
            {
                lock (taken) taken.Add(key.Id.ToString());
                clock.Advance(TimeSpan.FromMilliseconds(50));
            }
        });

        (await desk.LookForAWhileAsync(CancellationToken.None)).Should().BeTrue("there is more");
        var before = Count();
        before.Should().BeLessThan(Flood / 2);
        rig.Ledger.Verbs.Add([Delete(rig, Later)]);
        (await desk.LookForAWhileAsync(CancellationToken.None)).Should().BeTrue("there is more");
        // One is in the queue, and one may be on its way there.
        lock (taken) taken.IndexOf(PairFactory.ShortId(Later)).Should().BeInRange(0, before + 2);
        var looks = 2;
        while (await desk.LookForAWhileAsync(CancellationToken.None)) (++looks).Should().BeLessThan(Flood, "it comes to an end");
        await EngineRig.UntilAsync(() => Count() == Flood + 1, "all are queued once");

        await stop.CancelAsync();
        await ((Task)worker).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        int Count()
        {
            lock (taken) return taken.Count;
        }
    }

    [Fact]
    public async Task What_is_meant_for_a_place_that_is_configured_no_more_is_settled()
    {
        await using var rig = new EngineRig();
        rig.Start();
        using var held = new Intake(rig.Held, IntakeKind.Spool);
        var desk = new VerbDesk(rig.Ledger, held, () => [], new ProcessingQueue(10, rig.Clock), new StandingHolds(rig.Ledger, rig.Clock, NullLogger<StandingHolds>.Instance), new AuditOptions(), rig.Clock);
        var rows = rig.Ledger.Verbs.Add([Delete(rig, 1), Delete(rig, 1) with { Intake = "/gone/input" }, Delete(rig, 2) with { Intake = "/gone/input" }]);
        (await desk.LookAsync(null, CancellationToken.None)).Should().Be(1);
        var now = rig.Ledger.Verbs.Find(rows);
        now[0]!.Result.Should().Be(VerbResult.Waiting);
        now.Skip(1).Should().OnlyContain(r => r!.Result == VerbResult.NotThere && r.Told == "/gone/input is no place of this worker's");
    }

    private static VerbRow Delete(EngineRig rig, int number) => new() { Verb = VerbKind.Delete, Intake = rig.Held, Id = PairFactory.ShortId(number) };
}
