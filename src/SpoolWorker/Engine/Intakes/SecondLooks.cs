// Busy or half written: most often a matter of milliseconds. So such a message is looked at again soon, each time a little
// later, and left to the scan after a while. Cannot fail.
using System.Collections.Concurrent;

namespace SpoolWorker.Engine.Intakes;

/// <summary>Further looks at messages that were not ready.</summary>
internal sealed class SecondLooks(ProcessingQueue queue, TimeProvider clock)
{
    private const int MostLooks = 14;
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(3), Most = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<MessageKey, int> _looks = new();

    /// <summary>True when nothing is to be looked at again soon.</summary>
    public bool IsEmpty => _looks.IsEmpty;

    /// <summary>Counts a look that found the message not ready. To be called before its key is free, or a drain would see neither the
    /// message nor its next look.</summary>
    /// <returns>How long to wait for the next one; null: leave it to the scan.</returns>
    public TimeSpan? Next(MessageKey key)
    {
        var looks = _looks.AddOrUpdate(key, 1, static (_, n) => n + 1);
        if (looks <= MostLooks) return TimeSpan.FromTicks(Math.Min(First.Ticks << (looks - 1), Most.Ticks));
        Forget(key);
        return null;
    }

    /// <summary>The message needs no further look.</summary>
    public void Forget(MessageKey key) => _looks.TryRemove(key, out _);

    /// <summary>Queues the message again after a while. To be called when its key is free: a look that came before would take the message
    /// for queued, and never come again.</summary>
    public async Task ComeBackAsync(MessageKey key, TimeSpan wait, CancellationToken stop)
    {
        try
        {
            await Task.Delay(wait, clock, stop).ConfigureAwait(false);
            // No room: the scan comes back to it, and nobody waits for this look.
            if (!queue.Hint(key)) Forget(key);
        }
        catch (OperationCanceledException)
        {
            // the stop
        }
    }
}
