// Those who work: a few at a time take what is queued, each of them one message after another. Every look at a message ends in End, whoever ended it:
// a worker, or the commit group, which gets what was staged.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>The workers.</summary>
/// <param name="parts">What they work with.</param>
/// <param name="health">Told when they move.</param>
/// <param name="clock">Timestamps and timers.</param>
/// <param name="log">Log.</param>
internal sealed class Workers(EngineParts parts, EngineHealth health, TimeProvider clock, ILogger log)
{
    private readonly SecondLooks _soon = new(parts.Queue, clock);
    private readonly EnvironmentPause _pause = new(clock, log);
    private CancellationToken _stop;
    private long _committed, _progress;

    /// <summary>Set when they had to stop because the outcome of a commit cannot be known.</summary>
    public string? FatalReason { get; private set; }

    /// <summary>Called when <see cref="FatalReason"/> is set.</summary>
    public event Action? Stopped;

    /// <summary>Messages committed so far.</summary>
    public long Committed => Interlocked.Read(ref _committed);

    /// <summary>Changes with each message that needs no further look, and with each verb that is executed.</summary>
    public long Progress => Interlocked.Read(ref _progress);

    /// <summary>True while the environment keeps messages from being handed over.</summary>
    public bool IsPaused => _pause.IsOn;

    /// <summary>True when nothing is queued or in hand, nor will be soon.</summary>
    public bool IsIdle => parts.Queue.Count == 0 && _soon.IsEmpty;

    /// <summary>Works until the stop. Once.</summary>
    public Task RunAsync(int count, CancellationToken stop)
    {
        _stop = stop;
        return Task.WhenAll(Enumerable.Range(0, count).Select(slot => Task.Run(() => WorkAsync(slot), CancellationToken.None)));
    }

    /// <summary>A message is committed, or was taken back; by a thread of the commit group.</summary>
    public void EndCommit(PreparedMessage message, Outcome outcome)
    {
        health.CommitEnds();
        if (outcome.Is(OutcomeKind.Undone))
        {
            // Before the key is free: else what the next look at it has found would be forgotten.
            parts.Waiting.Forget(message.Key);
        }
        else
        {
            Interlocked.Increment(ref _committed);
            // Another may go on with the rest of it.
            if (message.Verb is not null) Interlocked.Increment(ref _progress);
            _pause.End();
        }
        End(message.Key, message.Look.Timed(outcome, clock));
    }

    /// <summary>Takes no more; by a thread of the commit group, more than once if more goes wrong.</summary>
    public void Fatal(string reason)
    {
        FatalReason = reason;
        Stopped?.Invoke();
    }

    private async Task WorkAsync(int slot)
    {
        try
        {
            await foreach (var queued in parts.Queue.TakeAsync(_stop).ConfigureAwait(false))
            {
                await _pause.WaitAsync(_stop).ConfigureAwait(false);
                if (_stop.IsCancellationRequested || FatalReason is not null) return;
                health.WorkBegins();
                After(queued.Key, await ProcessAsync(queued, slot).ConfigureAwait(false));
                health.WorkEnds();
                // Workers that had waited for one thing, such as the first answer to one question, go on one after the other on the thread that brought it. Where nothing else
                // makes one wait, the first would keep that thread for ever, and the others would never work again.
                await Task.Yield();
            }
        }
        catch (OperationCanceledException)
        {
            // the stop
        }
    }

    private async ValueTask<Outcome?> ProcessAsync(QueuedMessage queued, int slot)
    {
        try
        {
            // A message once begun is finished: the stop is not passed on to it.
            return await parts.Processor.ProcessAsync(queued, slot, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // A bug; it costs this message its turn, not the worker its life.
            return new Look(queued.Key, slot, queued.Since, clock.GetTimestamp()).As(OutcomeKind.Undone, e.Message) with { Error = e };
        }
    }

    // By a worker that is done with a message; null: the commit group has it now.
    private void After(MessageKey key, Outcome? outcome)
    {
        var wait = outcome is not null && outcome.Is(OutcomeKind.NotReady) ? _soon.Next(key) : null;
        if (wait is null) _soon.Forget(key);
        if (outcome is not null && outcome.Is(OutcomeKind.NotReady) && wait is null && parts.Verbs.Wants(key)) parts.Verbs.GiveUp(key);
        if (outcome is not null) End(key, outcome);
        else health.CommitBegins();
        if (wait is { } time) _ = _soon.ComeBackAsync(key, time, _stop);
    }

    // The one place a look ends in. The key is let go last: until then nobody looks at the message again.
    private void End(MessageKey key, Outcome outcome)
    {
        parts.Outcomes.Publish(outcome);
        // What was only deferred is no progress: a next try in the past would keep a drain going for ever.
        if (outcome.IsSettled) Interlocked.Increment(ref _progress);
        if (outcome.Is(OutcomeKind.Undone)) _pause.Begin();
        parts.Queue.Release(key);
        // The next verb for it, or one that was written while it was in hand. What was undone comes again with the next look at the rows.
        if (FatalReason is null && outcome.Cause != LeftCause.NotOurs && !outcome.Is(OutcomeKind.NotReady) && !outcome.Is(OutcomeKind.Undone) && parts.Verbs.Wants(key)) parts.Queue.Hint(key);
    }
}
