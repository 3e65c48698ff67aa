// Whether the engine moves: the reading of the intakes, the workers and the commit group, each by what it has in hand and when it last got on
// with something. What may rightly take long is not counted: a pass within its own time limit, a wait for memory that others have, a scan that
// waits for room in the queue. By timestamps: the date may jump. Cannot fail.
using SpoolWorker.Engine.Chain;

namespace SpoolWorker.Engine;

/// <summary>What moves, and what does not.</summary>
/// <param name="parts">The parts.</param>
/// <param name="passes">Whether messages come out of the passes.</param>
/// <param name="scan">How often the intakes are to be read through.</param>
/// <param name="clock">Timestamps.</param>
internal sealed class EngineHealth(EngineParts parts, ChainActivity passes, TimeSpan scan, TimeProvider clock)
{
    /// <summary>Nothing of the engine's own takes so long on a disk that works; no answer of NFS either, when it comes.</summary>
    public static readonly TimeSpan UsualLimit = TimeSpan.FromMinutes(2);

    private long _scanBegan = long.MinValue, _scanEnded = long.MinValue;
    private long _workersMoved = clock.GetTimestamp(), _commitMoved = clock.GetTimestamp();
    private long _lastScan;
    private int _working, _committing;

    /// <summary>When the intakes were last read through, to the end; null: not yet.</summary>
    public DateTimeOffset? LastScan => Interlocked.Read(ref _lastScan) is > 0 and var time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;

    public void ScanBegins()
    {
        Interlocked.Exchange(ref _scanEnded, long.MinValue);
        Interlocked.Exchange(ref _scanBegan, clock.GetTimestamp());
    }

    /// <param name="isWhole">False: it failed on the way.</param>
    public void ScanEnds(bool isWhole)
    {
        if (isWhole) Interlocked.Exchange(ref _lastScan, clock.GetUtcNow().ToUnixTimeMilliseconds());
        Interlocked.Exchange(ref _scanBegan, long.MinValue);
        Interlocked.Exchange(ref _scanEnded, clock.GetTimestamp());
    }

    public void WorkBegins()
    {
        Interlocked.Exchange(ref _workersMoved, clock.GetTimestamp());
        Interlocked.Increment(ref _working);
    }

    public void WorkEnds()
    {
        Interlocked.Decrement(ref _working);
        Interlocked.Exchange(ref _workersMoved, clock.GetTimestamp());
    }

    /// <summary>A message is the commit group's now.</summary>
    public void CommitBegins()
    {
        // Before it is counted: else whoever looks in between sees one that has not moved since the last.
        if (Volatile.Read(ref _committing) == 0) Interlocked.Exchange(ref _commitMoved, clock.GetTimestamp());
        Interlocked.Increment(ref _committing);
    }

    public void CommitEnds()
    {
        Interlocked.Decrement(ref _committing);
        Interlocked.Exchange(ref _commitMoved, clock.GetTimestamp());
    }

    /// <summary>What has not moved for so long; a sentence each, none when all is well.</summary>
    public IReadOnlyList<string> Stuck(TimeSpan limit) => [.. ScanStuck(limit), .. WorkersStuck(limit), .. CommitStuck(limit)];

    private IEnumerable<string> ScanStuck(TimeSpan limit)
    {
        var (began, ended) = (Interlocked.Read(ref _scanBegan), Interlocked.Read(ref _scanEnded));
        if (began != long.MinValue && !parts.Scanner.IsQueueing && Since(began) is var reading && reading >= limit) yield return $"the reading of the intakes has not ended for {Seconds(reading)}";
        // A turn may be missed by a scan that took long; three are not.
        if (began == long.MinValue && ended != long.MinValue && parts.IsWatching && Since(ended) is var idle && idle >= limit + 3 * scan) yield return $"the intakes were last read {Seconds(idle)} ago";
    }

    private IEnumerable<string> WorkersStuck(TimeSpan limit)
    {
        var busy = Volatile.Read(ref _working) - passes.Running - parts.Memory.Waiting;
        var idle = Since(Math.Max(Interlocked.Read(ref _workersMoved), passes.LastEnd));
        if (busy > 0 && idle >= limit) yield return $"workers with mail in hand: {busy}, and none has moved for {Seconds(idle)}";
    }

    private IEnumerable<string> CommitStuck(TimeSpan limit)
    {
        var (count, idle) = (Volatile.Read(ref _committing), Since(Interlocked.Read(ref _commitMoved)));
        if (count > 0 && idle >= limit) yield return $"messages being committed: {count}, and none has been for {Seconds(idle)}";
    }

    private TimeSpan Since(long timestamp) => clock.GetElapsedTime(timestamp);

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0} s";
}
