// Messages waiting for a worker: bounded, each at most once until it is released. Memory holds a few; the rest wait on
// disk, where the next scan finds them. Losing a hint is harmless for the same reason.
//
// Three lanes, so that new mail does not stand behind a backlog: what has just arrived, what a scan has found, what is
// tried again. Each has turns of its own, so that none waits for ever behind the others either.
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SpoolWorker.Engine.Intakes;

/// <summary>A message that waits for a worker.</summary>
/// <param name="Key">The message.</param>
/// <param name="Since">TimeProvider timestamp of its being queued.</param>
internal readonly record struct QueuedMessage(MessageKey Key, long Since);

/// <summary>Where a message comes from: who waits for whom.</summary>
internal enum Lane
{
    /// <summary>Seen to arrive.</summary>
    Arrived,

    /// <summary>Found by a scan: a backlog, or mail that no watcher told of.</summary>
    Found,

    /// <summary>Deferred before, and its time has come.</summary>
    Again,
}

/// <summary>Queue between scan, watcher and workers.</summary>
internal sealed class ProcessingQueue(int capacity, TimeProvider clock)
{
    // Whose turn it is, and who comes in its place when its lane is empty. Every second one is for what arrives: beside any
    // backlog it waits for a worker to be free, and for one message more at the most.
    private static readonly Lane[][] Turns =
    [
        [Lane.Arrived, Lane.Found, Lane.Again], [Lane.Found, Lane.Arrived, Lane.Again], [Lane.Arrived, Lane.Found, Lane.Again], [Lane.Again, Lane.Arrived, Lane.Found],
    ];

    private readonly Channel<QueuedMessage>[] _lanes = [.. Enum.GetValues<Lane>().Select(_ => Channel.CreateBounded<QueuedMessage>(capacity))];
    private readonly ConcurrentDictionary<MessageKey, bool> _inside = new();

    // A sign for each message in the lanes: workers wait for all three at once.
    private readonly Channel<bool> _signs = Channel.CreateUnbounded<bool>();
    private int _count;
    private uint _turn;

    /// <summary>Messages queued or being worked on.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds a message; waits while its lane is full. False when it is inside already.</summary>
    public async ValueTask<bool> AddAsync(MessageKey key, Lane lane, CancellationToken cancellationToken)
    {
        if (!TryEnter(key)) return false;
        try
        {
            await _lanes[(int)lane].Writer.WriteAsync(new QueuedMessage(key, clock.GetTimestamp()), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Release(key);
            throw;
        }
        _signs.Writer.TryWrite(true);
        return true;
    }

    /// <summary>Adds a message that has arrived if there is room; a hint that does not fit is dropped. True when it is inside, now or already.</summary>
    public bool Hint(MessageKey key)
    {
        if (!TryEnter(key)) return true;
        if (_lanes[(int)Lane.Arrived].Writer.TryWrite(new QueuedMessage(key, clock.GetTimestamp())))
        {
            _signs.Writer.TryWrite(true);
            return true;
        }
        Release(key);
        return false;
    }

    public async IAsyncEnumerable<QueuedMessage> TakeAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var _ in _signs.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (TryTake(out var message)) yield return message;
        }
    }

    /// <summary>The message is dealt with, for now: it may be added again.</summary>
    public void Release(MessageKey key)
    {
        if (_inside.TryRemove(key, out _)) Interlocked.Decrement(ref _count);
    }

    /// <summary>No more messages; workers finish what is queued.</summary>
    public void Complete()
    {
        foreach (var lane in _lanes) lane.Writer.TryComplete();
        _signs.Writer.TryComplete();
    }

    private bool TryEnter(MessageKey key)
    {
        if (!_inside.TryAdd(key, true)) return false;
        Interlocked.Increment(ref _count);
        return true;
    }

    private bool TryTake(out QueuedMessage message)
    {
        foreach (var lane in Turns[Interlocked.Increment(ref _turn) % Turns.Length])
        {
            if (_lanes[(int)lane].Reader.TryRead(out message)) return true;
        }
        message = default;
        return false;
    }
}
