using System.Collections.Concurrent;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

public class MessageIdTests
{
    [Theory]
    [InlineData("1xVVht-000477-0i", false, 19)]
    [InlineData("1xVVhs-0000000045t-2DaY", true, 26)]
    public void Both_forms_are_taken(string text, bool isLong, int bodyOffset)
    {
        MessageId.TryParse(text, out var id).Should().BeTrue();
        MessageId.TryParse(Samples.Bytes(text), out var fromBytes).Should().BeTrue();

        id.Should().Be(fromBytes);
        id.ToString().Should().Be(text);
        id.IsLong.Should().Be(isLong);
        id.Length.Should().Be(text.Length);
        id.BodyOffset.Should().Be(bodyOffset);
        id.Subdirectory.Should().Be(text[5]);
        (id.HeaderName, id.BodyName, id.JournalName).Should().Be((text + "-H", text + "-D", text + "-J"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1xVVht-000477-0")]
    [InlineData("1xVVht-000477-0i0")]
    [InlineData("1xVVht_000477-0i")]
    [InlineData("1xVVht-000477_0i")]
    [InlineData("1xVVh/-000477-0i")]
    [InlineData("1xVVh.-000477-0i")]
    [InlineData("1xVVh\u00e9-000477-0i")]
    [InlineData("1xVVhs-000000045t-02DaY")]
    [InlineData("../../../../etc/passwd0")]
    [InlineData("1xVVhs-0000000045t-2DaY-and-more-than-any-id")]
    public void Anything_else_is_refused(string text)
    {
        MessageId.TryParse(text, out var id).Should().BeFalse();
        MessageId.TryParse(Samples.Bytes(text), out _).Should().BeFalse();
        id.Should().Be(default(MessageId));
    }

    [Fact]
    public void Seconds_are_those_of_the_received_line_of_the_samples()
    {
        foreach (var folder in Samples.Folders("valid"))
        {
            var header = Samples.Read(folder);
            header.Id.Seconds.Should().Be(header.ReceivedTime, folder);
        }
    }

    [Theory]
    [InlineData("1xVVht-000477-0i-H", 'H', true)]
    [InlineData("1xVVht-000477-0i-D", 'H', false)]
    [InlineData("1xVVht-000477-0iH", 'H', false)]
    [InlineData("hdr.1xVVht-000477-0i", 'H', false)]
    [InlineData("-H", 'H', false)]
    [InlineData("", 'H', false)]
    public void File_names_are_told_apart(string name, char suffix, bool valid)
    {
        MessageId.TryParseFileName(name, suffix, out _).Should().Be(valid);
    }

    [Fact]
    public void The_default_value_is_harmless()
    {
        MessageId id = default;

        id.ToString().Should().BeEmpty();
        (id.Length, id.Seconds, id.IsLong, id.Subdirectory, id.GetHashCode()).Should().Be((0, 0L, false, '\0', 0));
        BodyForm.StartsWithNameLine("-D\n"u8, id).Should().BeFalse();
    }

    [Fact]
    public void Order_is_by_age_in_both_forms()
    {
        string[] byAge = ["1xVVhZ-000477-0i", "1xVVhs-0000000045t-2DaY", "1xVVht-000477-0I", "1xVVht-000477-0i", "1xVVht-000478-00", "2000000-00000000000-0000"[1..]];
        var ids = byAge.Select(Parse).ToList();

        ids.Reverse();
        ids.Sort();

        ids.Select(id => id.ToString()).Should().Equal("000000-00000000000-0000", "1xVVhZ-000477-0i", "1xVVhs-0000000045t-2DaY", "1xVVht-000477-0I", "1xVVht-000477-0i", "1xVVht-000478-00");
        (ids[0] < ids[1] && ids[1] >= ids[0] && ids[0] <= ids[1] && ids[1] > ids[0] && ids[0] != ids[1]).Should().BeTrue();
    }

    [Theory]
    [InlineData(false, "1xVVht-000477-0i")]
    [InlineData(true, "1xVVht-00000000477-02Xs")]
    public void Generated_ids_carry_time_process_and_fraction(bool longForm, string expected)
    {
        // 0i = 44 units of 500 us, 02Xs = 2 * 3844 + 33 * 62 + 54 us; process 477 in base 62 is 15479
        var clock = new FakeClock(DateTimeOffset.FromUnixTimeSeconds(Parse("1xVVht-000477-0i").Seconds)
            .AddMicroseconds(longForm ? 9788 : 22_000));

        new MessageIdGenerator(clock, 4 * 62 * 62 + 7 * 62 + 7).Next(longForm).ToString().Should().Be(expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ids_stay_unique_and_ascending_while_the_clock_stands_or_jumps_back(bool longForm)
    {
        var clock = new FakeClock(DateTimeOffset.FromUnixTimeSeconds(1_795_446_708).AddMilliseconds(999));
        var generator = new MessageIdGenerator(clock, 1);
        var last = default(MessageId);
        for (var i = 0; i < 10_000; i++)
        {
            if (i % 1000 == 500)
            {
                clock.Now = clock.Now.AddSeconds(-3600);
            }

            var id = generator.Next(longForm);
            MessageId.TryParse(id.ToString(), out _).Should().BeTrue();
            id.IsLong.Should().Be(longForm);
            (id > last).Should().BeTrue();
            last = id;
        }

        // 10,000 ids are five seconds of the short form, a hundredth of one of the long form
        last.Seconds.Should().BeInRange(1_795_446_708, 1_795_446_714);
    }

    [Fact]
    public void A_clock_before_the_epoch_still_gives_ids()
    {
        new MessageIdGenerator(new FakeClock(DateTimeOffset.MinValue), 1).Next(longForm: true).ToString().Should().Be("000000-00000000001-0000");
    }

    [Fact]
    public async Task Ids_stay_unique_among_threads()
    {
        var generator = new MessageIdGenerator(TimeProvider.System, Environment.ProcessId);
        var ids = new ConcurrentDictionary<MessageId, bool>();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                ids.TryAdd(generator.Next(n % 2 == 0), true);
            }
        })));

        ids.Should().HaveCount(20_000);
    }

    private static MessageId Parse(string text)
    {
        MessageId.TryParse(text, out var id).Should().BeTrue(text);
        return id;
    }

    private sealed class FakeClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
