// Holds of what comes: made, listed and removed. Each change is a transaction with its row of the audit; a running worker is told by the same sign as of a verb, and
// waited for, so that the answer says what holds from now on. Where none runs, the next one that starts reads them before it takes a message.
using System.Globalization;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Verbs;

/// <summary>Whether a change counts already.</summary>
internal enum StandingEffect
{
    /// <summary>For all that the running worker judges from now on.</summary>
    Now,

    /// <summary>No worker runs; for all that the next one does.</summary>
    NextStart,

    /// <summary>A worker runs and has not said that it knows.</summary>
    Unknown,
}

/// <summary>Standing holds as an operator asks for them.</summary>
/// <param name="settings">Where the ledger is.</param>
/// <param name="clock">Dates.</param>
internal sealed class StandingOrders(Settings settings, TimeProvider clock)
{
    /// <summary>Each is asked about every message; more than this are a table's work.</summary>
    public const int Most = 100;

    // A worker that is told takes it up within milliseconds; one that starts may have a ledger to recover first.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>All there are.</summary>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    public IReadOnlyList<StandingHold> All()
    {
        using var ledger = LedgerGlance.Open(settings.Ledger);
        return [.. ledger?.Standing() ?? []];
    }

    /// <summary>Makes one.</summary>
    /// <param name="hold">With condition, reason and author.</param>
    /// <param name="time">How long it is to last; null: until it is removed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>It as it stands in the ledger; null: there are <see cref="Most"/> already.</returns>
    /// <exception cref="IOException">The ledger cannot be written.</exception>
    public async Task<(StandingHold? Hold, StandingEffect Effect)> AddAsync(StandingHold hold, TimeSpan? time, CancellationToken cancellationToken)
    {
        using var ledger = Open();
        if (ledger.Standing.Read().Holds.Count >= Most) return (null, StandingEffect.Unknown);
        var now = clock.GetUtcNow();
        hold = hold with { Time = now.ToUnixTimeMilliseconds(), Ends = time is { } most ? (now + most).ToUnixTimeMilliseconds() : 0 };
        var (made, change) = ledger.Standing.Add(hold, time is null ? "" : string.Create(CultureInfo.InvariantCulture, $", until {now + time:yyyy-MM-dd HH:mm:ss} UTC"));
        return (made, await TellAsync(ledger, change, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Removes one. What it holds stays held.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="reason">Why, in his words.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>It as it was; null: there is none of that number.</returns>
    /// <exception cref="IOException">The ledger cannot be written.</exception>
    public async Task<(StandingHold? Hold, StandingEffect Effect)> RemoveAsync(long number, string actor, string reason, CancellationToken cancellationToken)
    {
        using var ledger = Open();
        StandingHold? removed = null;
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var change = ledger.Standing.Remove(number, hold =>
        {
            removed = hold;
            return hold.RowOf(VerbKind.HoldEnd, "removed") with { Actor = actor, Uid = Posix.EffectiveUser, Reason = reason, Time = now, Executed = now };
        });
        return change is null ? (null, StandingEffect.Unknown) : (removed, await TellAsync(ledger, change.Value, cancellationToken).ConfigureAwait(false));
    }

    private MessageLedger Open()
    {
        Places.MakePrivate(settings.Ledger.Path);
        return MessageLedger.Open(settings.Ledger);
    }

    private async Task<StandingEffect> TellAsync(MessageLedger ledger, long change, CancellationToken cancellationToken)
    {
        VerbSignal.Give(settings.Ledger.Path);
        for (var since = clock.GetTimestamp(); clock.GetElapsedTime(since) < Patience; await Task.Delay(Pause, cancellationToken).ConfigureAwait(false))
        {
            if (ledger.Standing.Read().Seen >= change) return StandingEffect.Now;
            // Both locks, as a worker that starts meanwhile waits for them.
            using var alone = LedgerLocks.TryAlone(settings.Ledger.Path);
            if (alone is not null) return StandingEffect.NextStart;
        }
        return StandingEffect.Unknown;
    }
}
