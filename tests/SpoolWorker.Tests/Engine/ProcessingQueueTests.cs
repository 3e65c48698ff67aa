using SpoolWorker.Engine;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Who waits for whom.</summary>
public class ProcessingQueueTests
{
    private const int Backlog = 100;

    private static readonly MessageKey[] Keys =
    [
        .. Enumerable.Range(0, 3 * Backlog).Select(i => new MessageKey(null!, MessageId.TryParse(PairFactory.ShortId(i).AsSpan(), out var id) ? id : throw new InvalidOperationException())),
    ];

    [Theory]
    [InlineData((int)Lane.Found)]
    [InlineData((int)Lane.Again)]
    public async Task What_arrives_waits_for_one_message_of_a_backlog_at_the_most(int lane)
    {
        var queue = new ProcessingQueue(Backlog, TimeProvider.System);
        foreach (var key in Keys.Take(Backlog)) await queue.AddAsync(key, (Lane)lane, default);
        var taken = queue.TakeAsync(default).GetAsyncEnumerator();

        for (var i = 0; i < 8; i++)
        {
            await taken.MoveNextAsync();
            var arrived = Keys[Backlog + i];
            queue.Hint(arrived).Should().BeTrue();
            await taken.MoveNextAsync();
            if (taken.Current.Key == arrived) continue;
            await taken.MoveNextAsync();
            taken.Current.Key.Should().Be(arrived);
        }
    }

    [Fact]
    public async Task No_lane_waits_for_ever_behind_the_others()
    {
        var queue = new ProcessingQueue(Backlog, TimeProvider.System);
        foreach (var key in Keys.Take(Backlog)) queue.Hint(key);
        foreach (var key in Keys.Skip(Backlog).Take(Backlog)) await queue.AddAsync(key, Lane.Found, default);
        foreach (var key in Keys.Skip(2 * Backlog)) await queue.AddAsync(key, Lane.Again, default);

        var first = new List<MessageKey>();
        await foreach (var (key, _) in queue.TakeAsync(default))
        {
            first.Add(key);
            if (first.Count == 40) break;
        }

        first.Count(k => Array.IndexOf(Keys, k) < Backlog).Should().Be(20);
        first.Count(k => Array.IndexOf(Keys, k) is >= Backlog and < 2 * Backlog).Should().Be(10);
        first.Count(k => Array.IndexOf(Keys, k) >= 2 * Backlog).Should().Be(10);
    }

    [Fact]
    public async Task A_message_is_inside_once_until_it_is_released()
    {
        var queue = new ProcessingQueue(1, TimeProvider.System);
        queue.Hint(Keys[0]).Should().BeTrue();
        (await queue.AddAsync(Keys[0], Lane.Found, default)).Should().BeFalse();
        queue.Hint(Keys[1]).Should().BeFalse("its lane is full");
        queue.Count.Should().Be(1);

        queue.Complete();
        var taken = new List<MessageKey>();
        await foreach (var (key, _) in queue.TakeAsync(default)) taken.Add(key);
        taken.Should().Equal(Keys[0]);
        queue.Release(Keys[0]);
        queue.Count.Should().Be(0);
    }
}
