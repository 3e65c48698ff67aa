// What fails every message alike (a full disk, a missing directory) makes all workers wait, longer each time. By timestamps:
// the date may jump. Cannot fail.
using Microsoft.Extensions.Logging;

namespace SpoolWorker.Engine;

/// <summary>The pause all workers make while the environment keeps messages from being handed over.</summary>
internal sealed class EnvironmentPause(TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1), Most = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private int _failures;
    private long _until;

    /// <summary>True since a failure, until a message is handed over.</summary>
    public bool IsOn => Volatile.Read(ref _failures) > 0;

    /// <summary>A message was handed over: it is over.</summary>
    public void End()
    {
        // With each message that is handed over: most find nothing to end.
        if (!IsOn) return;
        using var _ = _lock.EnterScope();
        Volatile.Write(ref _failures, 0);
        Interlocked.Exchange(ref _until, 0);
    }

    /// <summary>The environment failed.</summary>
    public void Begin()
    {
        // Messages that fail together are one failure: else eight of them would at once wait as long as eight in a row.
        using var _ = _lock.EnterScope();
        if (Interlocked.Read(ref _until) is var until && until > 0 && clock.GetTimestamp() < until) return;
        var failures = _failures + 1;
        var wait = TimeSpan.FromTicks(Math.Min(First.Ticks << Math.Min(failures - 1, 20), Most.Ticks));
        Interlocked.Exchange(ref _until, clock.GetTimestamp() + (long)(wait.TotalSeconds * clock.TimestampFrequency));
        log.HandOverPaused(wait.TotalSeconds);
        // Last: a run that sees it gives up, and the reason has to be told by then.
        Volatile.Write(ref _failures, failures);
    }

    /// <summary>Waits until the next try may be made.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (Interlocked.Read(ref _until) is var until && until > 0)
        {
            var now = clock.GetTimestamp();
            if (now >= until) return;
            await Task.Delay(clock.GetElapsedTime(now, until), clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
