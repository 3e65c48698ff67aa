// A bounded queue between threads that sleep while there is nothing to do. BlockingCollection and Task.Wait spin before they
// sleep: four threads that wait for work every few milliseconds gave the processor away a dozen times for each message.
using System.Diagnostics.CodeAnalysis;

namespace SpoolWorker.Engine.Commit.Groups;

/// <summary>The queue. Any thread may add, any may take.</summary>
internal sealed class HandOver<T>(int capacity)
    where T : class
{
    private readonly object _gate = new();
    private readonly Queue<T> _items = new();
    private bool _isComplete;

    /// <summary>Adds one; waits while it is full.</summary>
    public void Add(T item)
    {
        lock (_gate)
        {
            while (_items.Count >= capacity) Monitor.Wait(_gate);
            _items.Enqueue(item);
            // All: who waits for room and who waits for work share the gate.
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Takes one; waits for it. False when it is complete and empty.</summary>
    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        lock (_gate)
        {
            while (_items.Count == 0 && !_isComplete) Monitor.Wait(_gate);
            if (!_items.TryDequeue(out item)) return false;
            if (_items.Count == capacity - 1) Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>No more will come.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Monitor.PulseAll(_gate);
        }
    }
}
