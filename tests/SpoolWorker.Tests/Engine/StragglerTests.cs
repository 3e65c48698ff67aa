using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dkim;

namespace SpoolWorker.Tests.Engine;

/// <summary>A pass that ran out of time and goes on by itself: what it was given is its own, and the stop waits for it.</summary>
public class StragglerTests
{
    [Fact]
    public async Task Nothing_that_a_straggler_holds_is_used_by_the_passes_after_it()
    {
        var clock = new FakeClock();
        var end = new TaskCompletionSource();
        PassContext? held = null, next = null;
        var chain = Chain(clock,
            new TestPass("first", _ => Found("a", "1")),
            new TestPass("straggler", async (context, unheard) =>
            {
                held = context;
                _ = BodyHashes.Of(context.Body);
                await end.Task;
                return PassResult.Continue;
            }),
            new TestPass("second", _ => Found("b", "2")),
            new TestPass("third", context =>
            {
                next = context;
                return PassResult.Continue;
            }));
        var run = RunAsync(chain);
        while (!run.IsCompleted)
        {
            // the time limit of the pass
            clock.Advance(TimeSpan.FromSeconds(20));
            // Lets the next pass begin: its limit counts from there, by this clock.
            await Task.Delay(5);
        }
        var verdict = await run;

        held!.Results.Keys.Should().Equal("a");
        next!.Results.Keys.Should().BeEquivalentTo("a", "b");
        BodyHashes.Of(next.Body).Should().NotBeSameAs(BodyHashes.Of(held.Body), "the straggler may be in the middle of reading");
        verdict.Body.Should().BeNull("it is the same body all the same");
        next.Body.Length.Should().Be(held.Body.Length);
        end.SetResult();
    }

    [Fact]
    public async Task Passes_that_end_in_time_share_the_body_and_its_hashes()
    {
        var clock = new FakeClock();
        var bodies = new List<IMessageBody>();
        PassResult Keep(PassContext context)
        {
            bodies.Add(context.Body);
            return PassResult.Continue;
        }
        await RunAsync(Chain(clock, new TestPass("one", Keep), new TestPass("two", Keep)));

        bodies.Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task The_stop_waits_for_stragglers()
    {
        var clock = new FakeClock();
        var end = new TaskCompletionSource();
        var chain = Chain(clock, new TestPass("straggler", async (_, _) =>
        {
            await end.Task;
            return PassResult.Continue;
        }));
        var run = RunAsync(chain);
        while (!run.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(20));
            // Lets the next pass begin: its limit counts from there, by this clock.
            await Task.Delay(5);
        }

        var waited = chain.WaitForStragglersAsync(TimeSpan.FromSeconds(30));

        waited.IsCompleted.Should().BeFalse();
        end.SetResult();
        await waited;
        await chain.WaitForStragglersAsync(TimeSpan.FromSeconds(30));
    }

    private static PassResult Found(string name, string value) => new() { Results = new Dictionary<string, string> { [name] = value } };

    private static PassChain Chain(FakeClock clock, params TestPass[] passes) =>
        new(passes.Select(p => new ConfiguredPass(p, new PassOptions { OnUnavailable = OnUnavailable.Skip, Timeout = TimeSpan.FromSeconds(10) })), clock, new Logger<PassChain>(new LogLines()));

    private static Task<Verdict> RunAsync(PassChain chain)
    {
        var pair = new PairFactory();
        HeaderFileReader.TryRead(pair.HeaderFile, pair.MessageId, out var header, out _).Should().BeTrue();
        return chain.RunAsync(header!, new MemoryBody(pair.Body), [.. header!.Pending], new Visit(1), CancellationToken.None).AsTask();
    }
}
