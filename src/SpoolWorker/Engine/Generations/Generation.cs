// What messages are judged by: made of one reading of the configuration. It is in force until the next one takes its place, and lives until the last
// message that began with it is done; then what it holds is given back. Any thread. Cannot fail.
namespace SpoolWorker.Engine.Generations;

/// <summary>One generation.</summary>
/// <param name="number">1 for the one of the start.</param>
/// <param name="value">What messages are judged by.</param>
/// <param name="end">Called once, by whoever leaves it last, when it is neither in force nor used any more.</param>
internal sealed class Generation<T>(int number, T value, Action<Generation<T>> end)
{
    // Being in force counts as a use.
    private int _users = 1;

    public int Number => number;

    public T Value => value;

    /// <summary>Uses it; false: it has ended.</summary>
    public bool TryTake()
    {
        var users = Volatile.Read(ref _users);
        while (users > 0)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users) return true;
            users = seen;
        }
        return false;
    }

    /// <summary>Ends one use.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0) end(this);
    }
}
