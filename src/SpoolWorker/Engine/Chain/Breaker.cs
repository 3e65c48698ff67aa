// What a pass's circuit breaker does, for who looks at the worker: Polly tells of changes only. Any thread may read.
using Polly.CircuitBreaker;

namespace SpoolWorker.Engine.Chain;

/// <summary>The circuit breaker of a pass.</summary>
internal sealed class Breaker(string pass, TimeProvider clock)
{
    private readonly CircuitBreakerStateProvider _state = new();
    private long _since = clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The pass.</summary>
    public string Pass => pass;

    /// <summary>For Polly.</summary>
    public CircuitBreakerStateProvider Provider => _state;

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

    /// <summary>It has just changed.</summary>
    public void Changed() => Interlocked.Exchange(ref _since, clock.GetUtcNow().ToUnixTimeMilliseconds());
}
