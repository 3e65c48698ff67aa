// Runs the configured passes over one message, strictly in order, and gathers what they decided: -H with their edits and a
// disposition for each recipient. Each pass has a time limit and a circuit breaker of its own (Polly): after BreakAfter
// failures it is not called for BreakFor, so that one dead service does not cost every message a time-out.
// Nothing a pass does escapes as an exception, except cancellation of the whole program. A pass that runs out of time and
// does not listen is left to itself: nothing that it was given is used by the passes after it, and the stop waits for it.
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Ledger;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>The passes in their order.</summary>
internal sealed class PassChain
{
    private IReadOnlyList<(ConfiguredPass Configured, ResiliencePipeline<PassResult> Pipeline)> _passes;
    private readonly List<Breaker> _breakers = [];
    private readonly IReadOnlyList<NamedResult> _inShort;
    private readonly ResultVariables _variables;
    private readonly ConcurrentDictionary<Task, bool> _stragglers = new();
    private readonly ILogger _log;
    private readonly TimeProvider _clock;
    private readonly OrdersInForce _orders;
    private readonly string _lastAsReceived;

    /// <param name="passes">The passes.</param>
    /// <param name="clock">The time of an attempt, and time limits.</param>
    /// <param name="log">Log.</param>
    /// <param name="written">Results that go into -H: names and patterns.</param>
    /// <param name="orders">Pauses and skips; null: there are none.</param>
    public PassChain(IEnumerable<ConfiguredPass> passes, TimeProvider clock, ILogger<PassChain> log, IReadOnlyList<string>? written = null, OrdersInForce? orders = null)
    {
        _orders = orders ?? new OrdersInForce(null, clock);
        _log = log;
        _clock = clock;
        _passes = [.. passes.Select(p => (p, Pipeline(p)))];
        Hours = new OpeningHours(_passes.Where(p => p.Configured.Hours is not null).ToDictionary(p => p.Configured.Pass.Name, p => p.Configured.Hours!));
        _variables = new ResultVariables(written ?? [], _passes.SelectMany(p => p.Configured.Results));
        _lastAsReceived = _passes.LastOrDefault(p => p.Configured.Traits.HasFlag(PassTraits.BeforeHeaderEdits)).Configured?.Pass.Name ?? "";
        _inShort = [.. _passes.SelectMany(p => p.Configured.Results).Where(r => r.Word.Length > 0).DistinctBy(r => r.Name)];
    }

    /// <summary>Names of the passes of a configuration whose passes are not made, as none is to be asked.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    /// <summary>The hours of those that do not run all day.</summary>
    public OpeningHours Hours { get; }

    /// <summary>The breaker of each pass, in their order.</summary>
    public IReadOnlyList<Breaker> Breakers => _breakers;

    /// <summary>Whether messages come out of the passes: of this chain, and of those it has followed.</summary>
    public ChainActivity Activity { get; private set; } = new();

    /// <summary>The results that have a short word.</summary>
    public IReadOnlyList<NamedResult> InShort => _inShort;

    /// <summary>The names of the passes in their order, and whether mail may go on without them.</summary>
    public IReadOnlyList<(string Name, bool MayBeSkipped)> Steps => [.. _passes.Select(p => (p.Configured.Pass.Name, !p.Configured.Traits.HasFlag(PassTraits.NeverSkipped)))];

    /// <summary>Why a message that has come to a pass waits there: it is paused, or has other hours. Null: it goes through.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="cameTo">When it came to passes that were closed then, Unix milliseconds; null: to none so far.</param>
    /// <param name="now">Now.</param>
    /// <param name="isUrgent">Whatever the hours are: a pause holds all the same.</param>
    public PassWait? WaitAt(string pass, IReadOnlyDictionary<string, long>? cameTo, DateTimeOffset now, bool isUrgent = false)
    {
        if (_orders.SkipOf(pass) is not null) return null;
        if (_orders.PauseOfPass(pass) is not { } pause) return isUrgent ? null : Hours.WaitAt(pass, cameTo, now);
        var since = cameTo is not null && cameTo.TryGetValue(pass, out var before) ? before : now.ToUnixTimeMilliseconds();
        return new PassWait(pass, since, pause.End ?? Deferral.OpenEnded, $"waits: {pause.Row.Sentence}");
    }

    /// <summary>Judges a message for the recipients still to be served.</summary>
    /// <param name="header">Its -H.</param>
    /// <param name="body">Its body.</param>
    /// <param name="pending">The recipients.</param>
    /// <param name="visit">What is known of earlier attempts.</param>
    /// <param name="cancellationToken">Ends a pass, and then all.</param>
    public async ValueTask<Verdict> RunAsync(HeaderFile header, IMessageBody body, IReadOnlyList<Recipient> pending, Visit visit, CancellationToken cancellationToken)
    {
        Activity.Enter();
        try
        {
            return await RunAllAsync(header, body, pending, visit, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Activity.Leave(_clock.GetTimestamp());
        }
    }

    private async ValueTask<Verdict> RunAllAsync(HeaderFile header, IMessageBody body, IReadOnlyList<Recipient> pending, Visit visit, CancellationToken cancellationToken)
    {
        var skips = visit.LetGo is { Behind.Length: > 0 };
        var state = new ChainState(header, body, pending, visit.LetGo, visit.Found, visit.LetGo?.Unknown ?? visit.Unknown, visit.Copies, visit.LetGo?.Own ?? visit.Own) { KeepsMarks = skips || visit.HasMarks };
        var runs = new List<PassRun>(_passes.Count);
        var now = _clock.GetUtcNow();
        var asked = BeginningAt(visit.From).ToList();
        var (isAsReceived, skipAt) = (asked.Exists(p => p.Configured.Pass.Name == _lastAsReceived), (DateTimeOffset?)null);
        foreach (var (configured, pipeline) in asked)
        {
            var active = state.Active();
            if (active.Count == 0) break;
            var name = configured.Pass.Name;
            if (skips)
            {
                skips = name != visit.LetGo!.Behind;
                isAsReceived &= name != _lastAsReceived;
                continue;
            }
            if (WaitAt(name, visit.CameTo, now, visit.IsUrgent) is { } wait)
            {
                if (visit.LetGo is not null) state.DeferActive(name, wait.Why);
                else state.Wait(wait);
                break;
            }
            // A pass that judges the message as received is to see it so.
            if (!isAsReceived) state.CleanMarks();
            isAsReceived &= name != _lastAsReceived;
            if (_orders.SkipOf(name) is { } order)
            {
                var byHand = new Skip(SkipCause.ByHand, order.Sentence);
                state.Skip(name, configured.Results, byHand, now);
                runs.Add(new PassRun(name, TimeSpan.Zero, DispositionKind.Continue, IsUnavailable: false) { Skip = byHand });
                continue;
            }
            var context = new PassContext(state.Header, state.Body, active, visit.Attempt, state.Results, now) { Unknown = state.Unknown, RecipientResults = state.RecipientResults(), Copies = state.Copies() };
            var started = _clock.GetTimestamp();
            var (result, unavailable) = await RunOneAsync(configured, pipeline, context, cancellationToken).ConfigureAwait(false);
            var skip = unavailable is null ? null : SkipOf(configured.Options, header, unavailable, now);
            runs.Add(PassRun.Of(name, _clock.GetElapsedTime(started), result, unavailable is not null) with { Skip = skip });
            if (unavailable is null)
            {
                state.Apply(name, result);
                continue;
            }
            state.LeaveBody();
            if (skip is not null)
            {
                if (!skip.IsMarked) _log.PassSkipped(header.Id, name, unavailable);
                state.Skip(name, configured.Results, skip, now);
                continue;
            }
            if (configured.Options.SkipAfter > TimeSpan.Zero) skipAt = OldEnoughAt(configured.Options, header);
            state.DeferActive(name, $"{name} is not available: {unavailable}");
            break;
        }
        state.Write(_variables);
        return state.ToVerdict() with { Runs = runs, SkipAt = skipAt, ResultsInShort = string.Concat(_inShort.Where(r => state.Results.ContainsKey(r.Name)).Select(r => $" {r.Word}={state.Results[r.Name]}")) };
    }

    /// <summary>To be called before it is used, when it takes another's place: a pass that has the same limits as before keeps its breaker, open or closed; one whose limits
    /// are others begins with a closed one.</summary>
    public void Follow(PassChain before)
    {
        Activity = before.Activity;
        for (var i = 0; i < _passes.Count; i++)
        {
            var own = _breakers[i];
            var at = before._breakers.FindIndex(b => b.Pass == own.Pass && b.Limits == own.Limits);
            if (at < 0) continue;
            _breakers[i] = before._breakers[at];
            _passes = [.. _passes.Select((p, n) => n == i ? (p.Configured, before._passes[at].Pipeline) : p)];
        }
    }

    /// <summary>The names of those behind one; of all for the empty name; null when there is no such pass.</summary>
    public IReadOnlyList<string>? NamesBehind(string pass)
    {
        var names = _passes.Select(p => p.Configured.Pass.Name).Concat(Left).ToList();
        return pass.Length == 0 ? names : names.IndexOf(pass) is var at and >= 0 ? names[(at + 1)..] : null;
    }

    /// <summary>Waits for passes that were left to themselves: what they read from must not be closed under them. At most so long.</summary>
    public async Task WaitForStragglersAsync(TimeSpan most)
    {
        var left = _stragglers.Keys.ToList();
        if (left.Count == 0) return;
        await Task.WhenAll(left).WaitAsync(most).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (left.Count(t => !t.IsCompleted) is > 0 and var still) _log.StragglersLeft(still);
    }

    private static Skip? SkipOf(PassOptions options, HeaderFile header, string unavailable, DateTimeOffset now)
    {
        if (options.OnUnavailable == OnUnavailable.Skip) return new Skip(SkipCause.OnUnavailable, unavailable);
        return options.SkipAfter > TimeSpan.Zero && now >= OldEnoughAt(options, header) ? new Skip(SkipCause.SkipAfter, unavailable) : null;
    }

    private static DateTimeOffset OldEnoughAt(PassOptions options, HeaderFile header) => DateTimeOffset.FromUnixTimeSeconds(header.ReceivedTime) + options.SkipAfter;

    private IEnumerable<(ConfiguredPass Configured, ResiliencePipeline<PassResult> Pipeline)> BeginningAt(string? pass) =>
        pass is not null && _passes.Any(p => p.Configured.Pass.Name == pass) ? _passes.SkipWhile(p => p.Configured.Pass.Name != pass) : _passes;

    // A pass that does not listen to its token is left to itself; the message is not.
    private async Task<PassResult> RunWithinAsync(IMessagePass pass, PassContext context, CancellationToken token)
    {
        var running = pass.RunAsync(context, token);
        if (running.IsCompleted) return await running.ConfigureAwait(false);
        var task = running.AsTask();
        try
        {
            return await task.WaitAsync(token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!task.IsCompleted)
        {
            _stragglers[task] = true;
            _ = task.ContinueWith(
                ended =>
                {
                    _ = ended.Exception;
                    _stragglers.TryRemove(ended, out _);
                }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    private async ValueTask<(PassResult Result, string? Unavailable)> RunOneAsync(ConfiguredPass configured, ResiliencePipeline<PassResult> pipeline, PassContext context, CancellationToken cancellationToken)
    {
        try
        {
            var result = await pipeline.ExecuteAsync(
                static async (run, token) =>
                {
                    try
                    {
                        return await run.Chain.RunWithinAsync(run.Pass, run.Context, token).ConfigureAwait(false);
                    }
                    catch (OperationCanceledException e) when (!token.IsCancellationRequested)
                    {
                        // A pass's own time-out, not the program's stop: a failure like any other.
                        throw new TimeoutException(e.Message, e);
                    }
                },
                (Chain: this, configured.Pass, Context: context), cancellationToken).ConfigureAwait(false);
            return (result, result.UnavailableReason);
        }
        catch (BrokenCircuitException)
        {
            return (PassResult.Continue, $"circuit open for {configured.Options.BreakFor.TotalSeconds:0.#} s after {configured.Options.BreakAfter} failures");
        }
        catch (TimeoutRejectedException)
        {
            return (PassResult.Continue, $"no answer within {configured.Options.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception e) when (e is not PosixException && !cancellationToken.IsCancellationRequested)
        {
            // A failing read of the message's own file is not the service's fault: the engine counts that one.
            return (PassResult.Continue, $"{e.GetType().Name}: {e.Message}");
        }
    }

    // It outlives this chain, when the next has the same pass: nothing of the pass itself may be in it.
    private ResiliencePipeline<PassResult> Pipeline(ConfiguredPass configured)
    {
        var breaker = new Breaker(configured.Pass.Name, BreakerLimits.Of(configured.Options), _clock);
        _breakers.Add(breaker);
        return breaker.Pipeline(_log, _clock);
    }
}
