// Messages waiting for a worker: bounded, each at most once until it is released. Memory holds a few; the rest wait on
// disk, where the next scan finds them. Losing a hint is harmless for the same reason.
using System.Collections.Concurrent;
using System.Threading.Channels;

namespace SpoolWorker.Engine.Intakes;

/// <summary>A message that waits for a worker.</summary>
/// <param name="Key">The message.</param>
/// <param name="Since">TimeProvider timestamp of its being queued.</param>
internal readonly record struct QueuedMessage(MessageKey Key, long Since);

/// <summary>Queue between scan, watcher and workers.</summary>
internal sealed class ProcessingQueue(int capacity, TimeProvider clock)
{
    private readonly Channel<QueuedMessage> _channel = Channel.CreateBounded<QueuedMessage>(capacity);
    private readonly ConcurrentDictionary<MessageKey, bool> _inside = new();

    /// <summary>Messages queued or being worked on.</summary>
    public int Count => _inside.Count;

    /// <summary>Adds a message; waits while the queue is full. False when it is inside already.</summary>
    public async ValueTask<bool> AddAsync(MessageKey key, CancellationToken cancellationToken)
    {
        if (!_inside.TryAdd(key, true)) return false;
        try
        {
            await _channel.Writer.WriteAsync(new QueuedMessage(key, clock.GetTimestamp()), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch
        {
            _inside.TryRemove(key, out _);
            throw;
        }
    }

    /// <summary>Adds a message if there is room; a hint that does not fit is dropped. True when it is inside, now or already.</summary>
    public bool Hint(MessageKey key)
    {
        if (!_inside.TryAdd(key, true) || _channel.Writer.TryWrite(new QueuedMessage(key, clock.GetTimestamp()))) return true;
        _inside.TryRemove(key, out _);
        return false;
    }

    public IAsyncEnumerable<QueuedMessage> TakeAsync(CancellationToken cancellationToken) => _channel.Reader.ReadAllAsync(cancellationToken);

    /// <summary>The message is dealt with, for now: it may be added again.</summary>
    public void Release(MessageKey key) => _inside.TryRemove(key, out _);

    /// <summary>No more messages; workers finish what is queued.</summary>
    public void Complete() => _channel.Writer.TryComplete();
}
