using SpoolWorker.Engine;
using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Engine;

/// <summary>One sum of memory for all messages in hand.</summary>
public class MemoryBudgetTests
{
    private const int Mega = 1 << 20;

    [Fact]
    public async Task Large_messages_are_worked_on_a_few_at_a_time()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.Workers = 8;
        rig.Settings.Engine.MemoryInHand = 16 * Mega;
        var (inside, most) = (0, 0);
        rig.With(new TestPass("judge", async (_, token) =>
        {
            var now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);
            // so that others would come in if they could
            await Task.Delay(30, token);
            Interlocked.Decrement(ref inside);
            return PassResult.Continue;
        }));
        var line = $"X-Large: {new string('x', 990_000)}\n";
        for (var i = 0; i < 12; i++) new PairFactory { Id = PairFactory.ShortId(i), MoreHeaders = [line, line] }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(12);
        most.Should().BeInRange(1, 2, "each takes 6 of the 16 MB");
    }

    [Fact]
    public async Task Who_asks_first_gets_first_and_what_is_larger_than_all_of_it_comes_alone()
    {
        var budget = new MemoryBudget(10 * Mega);
        var small = await budget.TakeAsync(Mega);
        var huge = budget.TakeAsync(60L * Mega).AsTask();
        var late = budget.TakeAsync(1000).AsTask();
        (huge.IsCompleted, late.IsCompleted).Should().Be((false, false), "the one behind the large one waits, too, or that would never come");

        small!.Dispose();
        small.Dispose();
        var share = await huge.WaitAsync(TimeSpan.FromSeconds(30));
        late.IsCompleted.Should().BeFalse("it has all there is");
        share!.Dispose();

        (await late.WaitAsync(TimeSpan.FromSeconds(30))).Should().NotBeNull();
    }

    [Fact]
    public async Task What_large_messages_leave_behind_is_collected_before_it_is_more_than_the_budget()
    {
        var budget = new MemoryBudget(100 * Mega);
        WeakReference? left = null;
        for (var i = 0; i < 2; i++)
        {
            using var share = await budget.TakeAsync(20L * Mega);
            left ??= Garbage();
        }

        left!.IsAlive.Should().BeFalse("two shares of 60 MB were given back");

        // Old, so that only a whole collection finds it.
        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference Garbage() => new(new byte[Mega]);
    }

    [Fact]
    public async Task The_stop_sends_those_away_that_wait()
    {
        var budget = new MemoryBudget(Mega);
        using var share = await budget.TakeAsync(Mega);
        var waiting = budget.TakeAsync(1).AsTask();

        budget.Close();

        (await waiting.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeNull();
        (await budget.TakeAsync(1)).Should().BeNull();
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (int seen; value > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, value, seen) != seen;)
        {
            // another was faster
        }
    }
}
