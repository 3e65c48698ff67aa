// What a pass's circuit breaker does, for who looks at the worker: Polly tells of changes only. Any thread may read. It holds nothing of the pass but its
// name, as it outlives it when the configuration is read again.
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>When a pass is given up for one message, and for a while.</summary>
/// <param name="Timeout">How long one run may take.</param>
/// <param name="BreakAfter">Failures after which it is not called.</param>
/// <param name="BreakFor">How long it is not.</param>
internal readonly record struct BreakerLimits(TimeSpan Timeout, int BreakAfter, TimeSpan BreakFor)
{
    public static BreakerLimits Of(PassOptions options) => new(options.Timeout, options.BreakAfter, options.BreakFor);
}

/// <summary>The circuit breaker of a pass.</summary>
internal sealed class Breaker(string pass, BreakerLimits limits, TimeProvider clock)
{
    private readonly CircuitBreakerStateProvider _state = new();
    private long _since = clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The pass.</summary>
    public string Pass => pass;

    public BreakerLimits Limits => limits;

    /// <summary>The words a breaker's state may have.</summary>
    public static IReadOnlyList<string> Words { get; } = ["closed", "half-open", "open"];

    /// <summary><c>closed</c>: the pass is called; <c>open</c>: it is not; <c>half-open</c>: one message tries its service.</summary>
    public string State => _state.CircuitState switch
    {
        CircuitState.Closed => "closed",
        CircuitState.HalfOpen => "half-open",
        _ => "open",
    };

    /// <summary>Since when it is in that state.</summary>
    public DateTimeOffset Since => DateTimeOffset.FromUnixTimeMilliseconds(Interlocked.Read(ref _since));

    /// <summary>The breaker with the time limit of a run, for Polly. Once.</summary>
    /// <param name="log">Told of changes.</param>
    /// <param name="time">Time limits.</param>
    public ResiliencePipeline<PassResult> Pipeline(ILogger log, TimeProvider time) => new ResiliencePipelineBuilder<PassResult> { TimeProvider = time }
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<PassResult>
        {
            ShouldHandle = new PredicateBuilder<PassResult>().Handle<Exception>(e => e is not OperationCanceledException and not PosixException).HandleResult(r => r.UnavailableReason is not null),
            // Half or more of at least BreakAfter calls in the window failed; Polly wants two calls at least. The
            // window outlasts two time-outs, or calls that hang would never be seen together.
            FailureRatio = 0.5,
            MinimumThroughput = Math.Max(2, limits.BreakAfter),
            SamplingDuration = TimeSpan.FromSeconds(Math.Max(30, 2 * limits.Timeout.TotalSeconds)),
            BreakDuration = limits.BreakFor,
            StateProvider = _state,
            OnOpened = _ =>
            {
                Changed();
                log.CircuitOpened(pass, limits.BreakFor.TotalSeconds);
                return default;
            },
            OnClosed = _ =>
            {
                Changed();
                log.CircuitClosed(pass);
                return default;
            },
            OnHalfOpened = _ =>
            {
                Changed();
                return default;
            },
        })
        .AddTimeout(limits.Timeout)
        .Build();

    private void Changed() => Interlocked.Exchange(ref _since, clock.GetUtcNow().ToUnixTimeMilliseconds());
}
