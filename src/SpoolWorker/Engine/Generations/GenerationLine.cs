// The generations, one after the other: one is in force, those before it end when their last message is done. Any thread.
namespace SpoolWorker.Engine.Generations;

/// <summary>The generations of a worker.</summary>
internal sealed class GenerationLine<T>
{
    private readonly Lock _lock = new();
    private readonly List<Generation<T>> _live = [];
    private readonly Func<T, Task> _endAsync;
    private volatile Generation<T> _current;

    /// <param name="first">The one of the start.</param>
    /// <param name="endAsync">Gives back what one holds that nobody uses any more.</param>
    public GenerationLine(T first, Func<T, Task> endAsync)
    {
        _endAsync = endAsync;
        _current = new Generation<T>(1, first, End);
        _live.Add(_current);
    }

    /// <summary>The one in force; what is to outlast the next has to be taken.</summary>
    public Generation<T> Current => _current;

    /// <summary>Those that are in force or used still, the oldest first.</summary>
    public IReadOnlyList<T> Live
    {
        get
        {
            lock (_lock) return [.. _live.Select(g => g.Value)];
        }
    }

    /// <summary>Uses the one in force; the caller releases it.</summary>
    public Generation<T> Take()
    {
        while (true)
        {
            // One that has just been replaced, and whose last message is done, is not there any more.
            if (_current is var current && current.TryTake()) return current;
        }
    }

    /// <summary>Puts another in force; one at a time. Returns its number.</summary>
    public int Replace(T next)
    {
        Generation<T> before;
        lock (_lock)
        {
            before = _current;
            _current = new Generation<T>(before.Number + 1, next, End);
            _live.Add(_current);
        }
        before.Release();
        return before.Number + 1;
    }

    // In the background: whoever leaves last is a worker with the next message to do.
    private void End(Generation<T> ended) => _ = Task.Run(async () =>
    {
        await _endAsync(ended.Value).ConfigureAwait(false);
        lock (_lock) _live.Remove(ended);
    });
}
