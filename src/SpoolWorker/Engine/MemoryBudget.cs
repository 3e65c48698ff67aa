// Memory for the messages in hand, in one sum: each alone is bounded (SpoolLimits), but workers times the largest -H, and as
// many again on their way through the commit, are gigabytes. A share is taken before a message is read and given back when
// all is done with it. In the order of asking, so that a large message is not starved by small ones; what is larger than the
// whole budget waits until it is alone. Nobody holds a share while asking for another, so nothing can wait for ever.
namespace SpoolWorker.Engine;

/// <summary>The budget.</summary>
internal sealed class MemoryBudget
{
    // A -H of 60 MB was seen to cost 2.6 times its bytes: as read, as fields, as written anew.
    private const int BytesAByte = 3;

    // Buffers of a message whatever its size: reading the body, hashing it, copying it.
    private const long BytesAMessage = 128 * 1024;

    // Of shares above this the collector is told: what was given back is free only when it has been collected, and on a machine with much
    // memory it waits until there are gigabytes of it.
    private const long LargeShare = 16 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<(long Bytes, TaskCompletionSource<IDisposable?> Waiter)> _waiting = new();
    private readonly long _whole;
    private long _free, _uncollected;
    private bool _isClosed;

    /// <param name="bytes">The budget.</param>
    public MemoryBudget(long bytes) => _free = _whole = bytes;

    /// <summary>Messages that wait for room.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    /// <summary>Takes the share of a message; waits until there is room. Dispose gives it back. Null when the budget is closed.</summary>
    /// <param name="headerBytes">Size of its -H.</param>
    public ValueTask<IDisposable?> TakeAsync(long headerBytes)
    {
        var bytes = Math.Min(_whole, BytesAMessage + (BytesAByte * headerBytes));
        lock (_lock)
        {
            if (_isClosed) return ValueTask.FromResult<IDisposable?>(null);
            if (_waiting.Count == 0 && bytes <= _free)
            {
                _free -= bytes;
                return ValueTask.FromResult<IDisposable?>(new Share(this, bytes));
            }
            var waiter = new TaskCompletionSource<IDisposable?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((bytes, waiter));
            return new ValueTask<IDisposable?>(waiter.Task);
        }
    }

    /// <summary>No more shares: who waits is sent away.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            while (_waiting.TryDequeue(out var next)) next.Waiter.SetResult(null);
        }
    }

    private void GiveBack(long bytes)
    {
        // Before the next one begins: else what nobody has collected yet grows with every large message, whatever the budget.
        if (bytes >= LargeShare && Interlocked.Add(ref _uncollected, bytes) >= _whole)
        {
            Interlocked.Exchange(ref _uncollected, 0);
            GC.Collect();
        }
        lock (_lock)
        {
            _free += bytes;
            while (_waiting.TryPeek(out var next) && next.Bytes <= _free)
            {
                _free -= next.Bytes;
                _waiting.Dequeue().Waiter.SetResult(new Share(this, next.Bytes));
            }
        }
    }

    private sealed class Share(MemoryBudget budget, long bytes) : IDisposable
    {
        private int _isGivenBack;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isGivenBack, 1) == 0) budget.GiveBack(bytes);
        }
    }
}
