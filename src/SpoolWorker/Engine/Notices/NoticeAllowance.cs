// Which held message is told of by a notice of its own, and which is only counted: as many notices at once as Notices:RateLimit says, and one more whenever a part of the time
// has gone by (OwnMailRates). What is counted is told with the next notice. What is on its way to a commit is not told by another; given back when that is done or undone.
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Notices;
using SpoolWorker.Passes.Notices;

namespace SpoolWorker.Engine.Notices;

/// <summary>The place of one held message, or of a summary, from its staging to its commit or undoing.</summary>
internal sealed class NoticeCharge(RateCharge? rate, NoticeNote note, Action<NoticeNote> release) : IDisposable
{
    private int _released;

    /// <summary>Whether a notice goes; else it is counted.</summary>
    public bool IsSent => rate is not null;

    /// <summary>What the ledger is to remember of the allowance.</summary>
    public AddressRate? Rate => rate?.Rate;

    /// <summary>What the tally is to be changed by.</summary>
    public NoticeNote Note => note;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _released, 1) != 0) return;
        rate?.Dispose();
        release(note);
    }
}

/// <summary>The allowance of notices.</summary>
internal sealed class NoticeAllowance(MessageLedger ledger, OwnMailRates rates, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private long _beingTold;

    // No address: it has no domain.
    private static ReadOnlySpan<byte> Key => "notices"u8;

    /// <summary>For a message that is being held.</summary>
    /// <exception cref="Ledger.Store.LedgerException">The ledger cannot be read.</exception>
    public NoticeCharge Take(NoticeOptions options)
    {
        lock (_lock)
        {
            return rates.TryTake(Key, options.RateLimit, options.RatePer) is { } rate ? Telling(rate) : new NoticeCharge(null, new NoticeNote(1, 0, clock.GetUtcNow().ToUnixTimeMilliseconds()), Release);
        }
    }

    /// <summary>For what is not told yet alone; null: that is nothing, or no notice may go now.</summary>
    /// <exception cref="Ledger.Store.LedgerException">The ledger cannot be read.</exception>
    public NoticeCharge? TakeForUntold(NoticeOptions options)
    {
        lock (_lock)
        {
            if (ledger.Untold.Count <= _beingTold || rates.TryTake(Key, options.RateLimit, options.RatePer) is not { } rate) return null;
            return Telling(rate);
        }
    }

    private NoticeCharge Telling(RateCharge rate)
    {
        var untold = ledger.Untold;
        var told = Math.Max(0, untold.Count - _beingTold);
        _beingTold += told;
        return new NoticeCharge(rate, new NoticeNote(0, told, untold.Since), Release);
    }

    private void Release(NoticeNote note)
    {
        lock (_lock) _beingTold -= note.Told;
    }
}
