using System.Threading.Channels;
using SpoolWorker.Engine.Commit.Groups;

namespace SpoolWorker.Tests.Engine;

/// <summary>Whom a group waits for.</summary>
public class GatheringTests
{
    private readonly Channel<int> _channel = Channel.CreateUnbounded<int>();
    private readonly List<int> _group = [];
    private readonly FakeClock _clock = new();
    private int _looks;

    [Fact]
    public void One_that_is_alone_does_not_wait()
    {
        _channel.Writer.TryWrite(1);
        Fill(64, () => 0);
        _group.Should().Equal(1);
        _looks.Should().Be(1);
    }

    [Fact]
    public void What_is_in_hand_is_waited_for()
    {
        _channel.Writer.TryWrite(1);
        Fill(64, () =>
        {
            if (_looks < 3) return 1;
            _channel.Writer.TryWrite(2);
            return _looks == 3 ? 1 : 0;
        });
        _group.Should().Equal(1, 2);
    }

    [Fact]
    public void A_full_group_waits_for_nobody()
    {
        for (var i = 0; i < 5; i++) _channel.Writer.TryWrite(i);
        Fill(4, () => 100);
        _group.Should().Equal(0, 1, 2, 3);
        _looks.Should().Be(0);
    }

    [Fact]
    public void What_does_not_come_is_waited_for_less_and_less()
    {
        var gathering = new Gathering<int>(64, Others);
        var looks = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            var before = _looks;
            _channel.Writer.TryWrite(i);
            gathering.Fill(_group, _channel.Reader);
            looks.Add(_looks - before);
        }
        _group.Should().HaveCount(5);
        // Halved four times, and a look takes a millisecond at least: however slow the machine, there are never more than this.
        looks[4].Should().BeLessThanOrEqualTo(2);

        int Others()
        {
            _looks++;
            return 1;
        }
    }

    // A look is a millisecond, whatever the machine makes of it.
    private void Fill(int size, Func<int> others) => new Gathering<int>(size, () =>
    {
        _looks++;
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        return others();
    }, _clock).Fill(_group, _channel.Reader);
}
