// How long a group waits for company, as PostgreSQL's commit_delay and commit_siblings: while other messages are in hand,
// one set of syncs for all of them costs less than waiting a little for them. A message that is alone never waits, and
// what the others are waiting for themselves (a slow service) is not waited for long: a wait that brings nobody is halved.
using System.Threading.Channels;

namespace SpoolWorker.Engine.Commit.Groups;

/// <summary>Fills a group.</summary>
/// <typeparam name="T">What is committed together.</typeparam>
/// <param name="size">Most in a group.</param>
/// <param name="others">How many are in hand that have not been handed over yet.</param>
/// <param name="clock">Timestamps; null: the system's.</param>
internal sealed class Gathering<T>(int size, Func<int> others, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    // A set of syncs takes some 2 to 8 ms on a disk: longer than this is lost on those that wait.
    private static readonly TimeSpan Most = TimeSpan.FromMilliseconds(10), Least = TimeSpan.FromMilliseconds(1);

    // Looking costs a few microseconds, a message that computes some hundred.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);
    private TimeSpan _wait = Most;

    /// <summary>Takes what is there, and what comes while it is worth waiting for. Blocks for at most 10 ms.</summary>
    public void Fill(List<T> group, ChannelReader<T> reader)
    {
        Take(group, reader);
        var (began, first) = (_clock.GetTimestamp(), group.Count);
        while (group.Count < size && others() > 0)
        {
            if (_clock.GetElapsedTime(began) >= _wait)
            {
                _wait = group.Count > first ? Min(_wait * 2, Most) : Max(_wait / 2, Least);
                return;
            }
            Thread.Sleep(Look);
            Take(group, reader);
        }
    }

    private void Take(List<T> group, ChannelReader<T> reader)
    {
        while (group.Count < size && reader.TryRead(out var message)) group.Add(message);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
