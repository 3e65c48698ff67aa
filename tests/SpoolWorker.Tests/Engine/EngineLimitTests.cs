using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Many messages, small queues, several engines; and a drain that always ends.</summary>
public class EngineLimitTests
{
    [Fact]
    public async Task A_queue_of_one_is_enough()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.QueueCapacity = 1;
        rig.Settings.Engine.GroupSize = 1;
        for (var i = 0; i < 50; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(50);
    }

    [Fact]
    public async Task Workers_that_waited_for_one_answer_work_side_by_side_behind_it()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.Workers = 4;
        // As the first lookup of a name that all ask for: whoever brings the answer goes on with all that waited for it.
        var answer = new TaskCompletionSource<PassResult>();
        var (waiting, first, others, hasMet) = (0, 0, 0, false);
        rig.With(new TestPass("asks", (_, _) =>
        {
            if (!answer.Task.IsCompleted)
            {
                Interlocked.Increment(ref waiting);
                return new ValueTask<PassResult>(answer.Task);
            }
            if (Interlocked.Exchange(ref first, 1) == 0) hasMet = SpinWait.SpinUntil(() => Volatile.Read(ref others) > 0, TimeSpan.FromSeconds(10));
            else Interlocked.Increment(ref others);
            return ValueTask.FromResult(PassResult.Continue);
        }));
        for (var i = 0; i < 30; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);
        rig.Start();
        await rig.Engine.ScanAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => Volatile.Read(ref waiting) == 4, "all wait");

        answer.SetResult(PassResult.Continue);
        await rig.DrainAsync();

        hasMet.Should().BeTrue("a second one works while the first is at it");
        EngineRig.Pairs(rig.Target).Should().HaveCount(30);
    }

    [Fact]
    public async Task A_drain_ends_when_locked_pairs_fill_a_small_queue()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.QueueCapacity = 1;
        rig.Settings.Engine.Workers = 1;
        var handles = new List<IDisposable>();
        for (var i = 0; i < 40; i++)
        {
            var pair = new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);
            if (i >= 30) continue;
            var data = Posix.Open($"{rig.Intake}/{pair.BodyName}", Posix.O_RDWR);
            Posix.TryLock(data, pair.MessageId.BodyOffset, "").Should().BeTrue();
            handles.Add(data);
        }

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(10);
        handles.ForEach(h => h.Dispose());
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().HaveCount(40);
    }

    [Fact]
    public async Task A_hundred_thousand_names_are_scanned_within_bounds()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.QueueCapacity = 100;
        // -H alone: found, looked at, waited for
        for (var i = 0; i < 100_000; i++) using (File.Create($"{rig.Intake}/{PairFactory.ShortId(i)}-H")) { }
        var directory = new SpoolDirectory(rig.Intake);
        var queue = new ProcessingQueue(100, rig.Clock);
        using var intakes = new IntakeSet(rig.Settings);
        intakes.Open(rig.Log);
        Directory.CreateDirectory(rig.Settings.Ledger.Path);
        using var ledger = SpoolWorker.Ledger.MessageLedger.Open(rig.Settings.Ledger);
        var bodies = new LoneBodies(ledger, new CorruptStore(new SpoolDirectory(rig.Settings.Corrupt.Path), rig.Clock), new OutcomeFeed(rig.Log), TimeSpan.FromMinutes(10), rig.Clock, new Microsoft.Extensions.Logging.Logger<LoneBodies>(rig.Log));
        var scanner = new SpoolScanner(intakes, queue, new Waiting(rig.Clock), bodies, new Microsoft.Extensions.Logging.Logger<SpoolScanner>(rig.Log));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var stop = new CancellationTokenSource();

        var scan = scanner.ScanAsync(stop.Token);
        await EngineRig.UntilAsync(() => queue.Count > 100, "the queue is full");

        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(60 << 20);
        queue.Count.Should().Be(101, "one waits to be let in");
        var first = new List<MessageId>();
        await foreach (var queued in queue.TakeAsync(CancellationToken.None))
        {
            first.Add(queued.Key.Id);
            if (first.Count == 300) break;
        }
        first.Should().BeInAscendingOrder("the oldest comes first");
        await stop.CancelAsync();
        await FluentActions.Awaiting(() => scan).Should().ThrowAsync<OperationCanceledException>();
        directory.Messages().Count().Should().Be(100_000);
    }

    [Fact]
    public async Task Each_message_is_worked_on_once_at_a_time_under_scans_and_hints()
    {
        await using var rig = new EngineRig();
        var inside = new HashSet<string>();
        var twice = false;
        rig.With(new TestPass("judge", async (c, token) =>
        {
            lock (inside) twice |= !inside.Add(c.Message.Id.ToString());
            // Long enough that a second one would be seen inside.
            await Task.Delay(2, token);
            lock (inside) inside.Remove(c.Message.Id.ToString());
            return PassResult.Continue;
        }));
        for (var i = 0; i < 200; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);
        rig.Start();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => rig.DrainAsync()));

        twice.Should().BeFalse();
        EngineRig.Pairs(rig.Target).Should().HaveCount(200);
    }

    [Fact]
    public async Task A_stop_finishes_what_is_in_hand_and_leaves_the_rest()
    {
        await using var rig = new EngineRig();
        var begun = 0;
        rig.With(new TestPass("slow", async (_, _) =>
        {
            Interlocked.Increment(ref begun);
            // So that the stop comes while messages are in hand.
            await Task.Delay(50, CancellationToken.None);
            return PassResult.Continue;
        }));
        for (var i = 0; i < 100; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);
        rig.Start();
        await rig.Engine.ScanAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => begun > 5, "it works");

        await rig.StopAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(begun).And.HaveCountLessThan(100);
        EngineRig.Pairs(rig.Intake).Should().HaveCount(100 - begun);
    }
}
