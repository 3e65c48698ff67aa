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
using SpoolWorker.Calendar;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>A recipient and what became of it.</summary>
/// <param name="Original">Its address as it came in: the ledger's key.</param>
/// <param name="Current">As it is after the passes' edits.</param>
/// <param name="Disposition">What to do with it.</param>
/// <param name="Pass">The pass that decided; empty when none did.</param>
internal sealed record RecipientVerdict(ReadOnlyMemory<byte> Original, Recipient Current, Disposition Disposition, string Pass)
{
    /// <summary>It waits for the hours of a pass: deferred, but not by anything that went wrong.</summary>
    public bool Waits { get; init; }

    /// <summary>Where the chain was when it was decided; null: no pass was asked.</summary>
    public ChainPoint? At { get; init; }
}

/// <summary>A message as it was behind a pass, for one recipient: what those behind that pass edit, on behalf of others, is not in it.</summary>
/// <param name="Behind">The pass; empty: before the first.</param>
/// <param name="Header">-H.</param>
/// <param name="Body">The body a pass put in place of the incoming one; null when none did.</param>
/// <param name="Recipient">The recipient.</param>
/// <param name="Results">What was found by then.</param>
internal sealed record ChainPoint(string Behind, HeaderFile Header, IMessageBody? Body, Recipient Recipient, IReadOnlyDictionary<string, string> Results);

/// <summary>Where a message that is let go begins: behind a pass, with what was found by then. From there on passes edit, and decide nothing.</summary>
/// <param name="Behind">The pass; empty: before the first.</param>
/// <param name="Results">What was found by then.</param>
internal sealed record Resume(string Behind, IReadOnlyDictionary<string, string> Results);

/// <summary>What the passes made of a message.</summary>
/// <param name="Received">-H before any of them.</param>
/// <param name="Header">-H with their edits.</param>
/// <param name="Recipients">What becomes of each recipient.</param>
/// <param name="Results">What they found.</param>
/// <param name="ServiceDown">A service behind one of them could not answer.</param>
internal sealed record Verdict(HeaderFile Received, HeaderFile Header, IReadOnlyList<RecipientVerdict> Recipients, IReadOnlyDictionary<string, string> Results, bool ServiceDown)
{
    /// <summary>The body a pass put in place of the incoming one; null when none did.</summary>
    public IMessageBody? Body { get; init; }

    /// <summary>The passes that ran, in their order.</summary>
    public IReadOnlyList<PassRun> Runs { get; init; } = [];

    /// <summary>The pass some recipients wait at for its hours; null: none do.</summary>
    public PassWait? Wait { get; init; }

    /// <summary>What passes would have decided about a message that was let go.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The recipients of one disposition.</summary>
    public IReadOnlyList<RecipientVerdict> Of(DispositionKind kind) => [.. Recipients.Where(r => r.Disposition.Kind == kind)];

    /// <summary>The results that have a short word, each with a blank before it, as in " spf=pass dkim=pass"; empty when there are none.</summary>
    public string ResultsInShort { get; init; } = "";
}

/// <summary>One pass's work on one message.</summary>
/// <param name="Pass">Its name.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Verdict">What it decided, for the message or the first recipient it decided about.</param>
/// <param name="IsUnavailable">It failed, ran out of time or its service is down.</param>
internal sealed record PassRun(string Pass, TimeSpan Elapsed, DispositionKind Verdict, bool IsUnavailable)
{
    public static PassRun Of(string pass, TimeSpan elapsed, PassResult result, bool isUnavailable)
    {
        if (isUnavailable) return new PassRun(pass, elapsed, DispositionKind.Defer, IsUnavailable: true);
        var verdict = result.Disposition.Kind;
        foreach (var (_, own) in result.Recipients)
        {
            if (verdict == DispositionKind.Continue) verdict = own.Kind;
        }
        return new PassRun(pass, elapsed, verdict, IsUnavailable: false);
    }
}

/// <summary>What is known of a message that comes to the passes.</summary>
/// <param name="Attempt">1 for the first time.</param>
/// <param name="CameTo">When it came to passes that were closed then, Unix milliseconds; null: to none so far.</param>
/// <param name="IsUrgent">It waits for no hours: an operator has said so.</param>
/// <param name="From">The pass it begins at, those before it are not asked; null, or one that does not run any more: the first.</param>
internal readonly record struct Visit(int Attempt, IReadOnlyDictionary<string, long>? CameTo = null, bool IsUrgent = false, string? From = null)
{
    /// <summary>Set: the message is let go, from there on.</summary>
    public Resume? LetGo { get; init; }

    /// <summary>What passes that are not asked had found; null: nothing is known.</summary>
    public IReadOnlyDictionary<string, string>? Found { get; init; }
}

/// <summary>A pass with its settings.</summary>
internal sealed record ConfiguredPass(IMessagePass Pass, PassOptions Options)
{
    /// <summary>What it declares to find.</summary>
    public IReadOnlyList<NamedResult> Results { get; init; } = [];

    /// <summary>When messages may go through it; null: at all times.</summary>
    public PassHours? Hours { get; init; }
}

/// <summary>The passes in their order.</summary>
internal sealed class PassChain
{
    private readonly IReadOnlyList<(ConfiguredPass Configured, ResiliencePipeline<PassResult> Pipeline)> _passes;
    private readonly List<Breaker> _breakers = [];
    private readonly IReadOnlyList<NamedResult> _inShort;
    private readonly ResultVariables _variables;
    private readonly ConcurrentDictionary<Task, bool> _stragglers = new();
    private readonly ILogger _log;
    private readonly TimeProvider _clock;
    private int _running;
    private long _lastEnd;

    /// <param name="passes">The passes.</param>
    /// <param name="clock">The time of an attempt, and time limits.</param>
    /// <param name="log">Log.</param>
    /// <param name="written">Results that go into -H: names and patterns.</param>
    public PassChain(IEnumerable<ConfiguredPass> passes, TimeProvider clock, ILogger<PassChain> log, IReadOnlyList<string>? written = null)
    {
        _log = log;
        _clock = clock;
        _passes = [.. passes.Select(p => (p, Pipeline(p)))];
        Hours = new OpeningHours(_passes.Where(p => p.Configured.Hours is not null).ToDictionary(p => p.Configured.Pass.Name, p => p.Configured.Hours!));
        _variables = new ResultVariables(written ?? [], _passes.SelectMany(p => p.Configured.Results));
        _inShort = [.. _passes.SelectMany(p => p.Configured.Results).Where(r => r.Word.Length > 0).DistinctBy(r => r.Name)];
    }

    /// <summary>The hours of those that do not run all day.</summary>
    public OpeningHours Hours { get; }

    /// <summary>The breaker of each pass, in their order.</summary>
    public IReadOnlyList<Breaker> Breakers => _breakers;

    /// <summary>Messages that are in the passes now: each of them has a time limit.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Timestamp of the last one's coming out of them.</summary>
    public long LastEnd => Interlocked.Read(ref _lastEnd);

    /// <summary>The results that have a short word.</summary>
    public IReadOnlyList<NamedResult> InShort => _inShort;

    /// <summary>Judges a message for the recipients still to be served.</summary>
    /// <param name="header">Its -H.</param>
    /// <param name="body">Its body.</param>
    /// <param name="pending">The recipients.</param>
    /// <param name="visit">What is known of earlier attempts.</param>
    /// <param name="cancellationToken">Ends a pass, and then all.</param>
    public async ValueTask<Verdict> RunAsync(HeaderFile header, IMessageBody body, IReadOnlyList<Recipient> pending, Visit visit, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            return await RunAllAsync(header, body, pending, visit, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Exchange(ref _lastEnd, _clock.GetTimestamp());
            Interlocked.Decrement(ref _running);
        }
    }

    private async ValueTask<Verdict> RunAllAsync(HeaderFile header, IMessageBody body, IReadOnlyList<Recipient> pending, Visit visit, CancellationToken cancellationToken)
    {
        var state = new ChainState(header, body, pending, visit.LetGo, visit.Found);
        var skips = visit.LetGo is { Behind.Length: > 0 };
        var runs = new List<PassRun>(_passes.Count);
        var now = _clock.GetUtcNow();
        foreach (var (configured, pipeline) in BeginningAt(visit.From))
        {
            var active = state.Active();
            if (active.Count == 0) break;
            var name = configured.Pass.Name;
            if (skips)
            {
                skips = name != visit.LetGo!.Behind;
                continue;
            }
            if (!visit.IsUrgent && Hours.WaitAt(name, visit.CameTo, now) is { } wait)
            {
                state.Wait(wait, Hours.TextOf(name));
                break;
            }
            var context = new PassContext(state.Header, state.Body, active, visit.Attempt, state.Results, now);
            var started = _clock.GetTimestamp();
            var (result, unavailable) = await RunOneAsync(configured, pipeline, context, cancellationToken).ConfigureAwait(false);
            runs.Add(PassRun.Of(name, _clock.GetElapsedTime(started), result, unavailable is not null));
            if (unavailable is null)
            {
                state.Apply(name, result);
                continue;
            }
            state.LeaveBody();
            if (configured.Options.OnUnavailable == OnUnavailable.Skip)
            {
                _log.PassSkipped(header.Id, name, unavailable);
                continue;
            }
            state.DeferActive(name, $"{name} is not available: {unavailable}");
            break;
        }
        state.Write(_variables);
        return state.ToVerdict() with { Runs = runs, ResultsInShort = string.Concat(_inShort.Where(r => state.Results.ContainsKey(r.Name)).Select(r => $" {r.Word}={state.Results[r.Name]}")) };
    }

    /// <summary>The names of those behind one; of all for the empty name; null when there is no such pass.</summary>
    public IReadOnlyList<string>? NamesBehind(string pass)
    {
        var names = _passes.Select(p => p.Configured.Pass.Name).ToList();
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

    private ResiliencePipeline<PassResult> Pipeline(ConfiguredPass configured)
    {
        var name = configured.Pass.Name;
        var breaker = new Breaker(name, _clock);
        _breakers.Add(breaker);
        return new ResiliencePipelineBuilder<PassResult> { TimeProvider = _clock }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<PassResult>
            {
                ShouldHandle = new PredicateBuilder<PassResult>().Handle<Exception>(e => e is not OperationCanceledException and not PosixException).HandleResult(r => r.UnavailableReason is not null),
                // Half or more of at least BreakAfter calls in the window failed; Polly wants two calls at least. The
                // window outlasts two time-outs, or calls that hang would never be seen together.
                FailureRatio = 0.5,
                MinimumThroughput = Math.Max(2, configured.Options.BreakAfter),
                SamplingDuration = TimeSpan.FromSeconds(Math.Max(30, 2 * configured.Options.Timeout.TotalSeconds)),
                BreakDuration = configured.Options.BreakFor,
                StateProvider = breaker.Provider,
                OnOpened = _ =>
                {
                    breaker.Changed();
                    _log.CircuitOpened(name, configured.Options.BreakFor.TotalSeconds);
                    return default;
                },
                OnClosed = _ =>
                {
                    breaker.Changed();
                    _log.CircuitClosed(name);
                    return default;
                },
                OnHalfOpened = _ =>
                {
                    breaker.Changed();
                    return default;
                },
            })
            .AddTimeout(configured.Options.Timeout)
            .Build();
    }
}
