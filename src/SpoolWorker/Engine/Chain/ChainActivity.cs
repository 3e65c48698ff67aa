namespace SpoolWorker.Engine.Chain;

/// <summary>Whether messages come out of the passes. Any thread.</summary>
internal sealed class ChainActivity
{
    private int _running;
    private long _lastEnd;

    /// <summary>Messages that are in the passes now: each of them has a time limit.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Timestamp of the last one's coming out of them.</summary>
    public long LastEnd => Interlocked.Read(ref _lastEnd);

    public void Enter() => Interlocked.Increment(ref _running);

    public void Leave(long timestamp)
    {
        Interlocked.Exchange(ref _lastEnd, timestamp);
        Interlocked.Decrement(ref _running);
    }
}
