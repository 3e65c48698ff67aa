// Limits what the worker writes itself: the notifications to one address, and the notices to administrators. RateLimit at once, and one more whenever RatePer / RateLimit has gone by (the
// generic cell rate algorithm: one time an address is all it needs). What is on its way to a commit counts already and is
// given back when the commit is undone; what is committed is in the ledger, in the same transaction as the message that
// caused it, so neither a restart nor a crash forgets it. Throws LedgerException when the ledger cannot be read.
using SpoolWorker.Ledger;

namespace SpoolWorker.Engine.Notices;

/// <summary>The allowance of one notification or notice, from its staging to its commit or undoing.</summary>
internal sealed class RateCharge(AddressRate rate, Action<string> release) : IDisposable
{
    private int _released;

    /// <summary>What the ledger is to remember.</summary>
    public AddressRate Rate { get; } = rate;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0) release(Rate.Key);
    }
}

/// <summary>Allowances of addresses, and that of notices.</summary>
internal sealed class OwnMailRates(MessageLedger ledger, TimeProvider clock)
{
    private readonly Dictionary<string, (long Until, int Users)> _inFlight = [];
    private readonly Lock _lock = new();

    /// <summary>Takes one from an allowance; null when there is none left.</summary>
    /// <param name="address">The address, or what stands for one.</param>
    /// <param name="limit">How many within <paramref name="per"/>; 0: any number.</param>
    /// <param name="per">The time they are counted in.</param>
    public RateCharge? TryTake(ReadOnlySpan<byte> address, int limit, TimeSpan per)
    {
        var key = RateTable.KeyOf(address);
        var period = (long)per.TotalMilliseconds;
        lock (_lock)
        {
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            var (pending, users) = _inFlight.GetValueOrDefault(key);
            var until = Math.Max(pending, ledger.FindRate(key));
            // A clock that was set back does not leave an address without notifications for longer than one period.
            var step = limit == 0 ? 0 : Math.Max(1, period / limit);
            var next = Math.Clamp(until, now, now + period) + step;
            if (limit > 0 && next > now + period) return null;
            _inFlight[key] = (next, users + 1);
            return new RateCharge(new AddressRate(key, next, step), Release);
        }
    }

    private void Release(string key)
    {
        lock (_lock)
        {
            var (until, users) = _inFlight[key];
            if (users > 1) _inFlight[key] = (until, users - 1);
            else _inFlight.Remove(key);
        }
    }
}
