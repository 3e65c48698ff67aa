using System.Globalization;
using SpoolWorker.Characters;

namespace SpoolWorker.Tests.Commands;

public sealed class AmountTests
{
    [Theory]
    [InlineData(3600, "h", 86_399)]
    [InlineData(86_400, "d", 40_000_000)]
    public void An_age_is_rounded_half_up(long unit, string name, long last)
    {
        for (var seconds = unit; seconds <= last; seconds += 1 + seconds / 3000) Amount.Age(seconds).Should().Be(Rounded(seconds, unit, name));
    }

    [Theory]
    [InlineData(1L << 10, "K", (1L << 20) - 1)]
    [InlineData(1L << 20, "M", (1L << 30) - 1)]
    [InlineData(1L << 30, "G", 1L << 40)]
    public void A_size_is_rounded_half_up(long unit, string name, long last)
    {
        for (var bytes = unit; bytes <= last; bytes += 1 + bytes / 3000) Amount.Size(bytes).Should().Be(Rounded(bytes, unit, name));
        Amount.Size(last).Should().Be(Rounded(last, unit, name));
    }

    [Theory]
    [InlineData(-1, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m")]
    [InlineData(3599, "59m")]
    [InlineData(3779, "1.0h")]
    [InlineData(3780, "1.1h")]
    [InlineData(35_999, "10.0h")]
    [InlineData(36_000, "10h")]
    public void An_age_has_one_unit(long seconds, string expected) => Amount.Age(seconds).Should().Be(expected);

    [Fact]
    public void The_largest_size_there_is_is_no_overflow() => Amount.Size(long.MaxValue).Should().Be("8589934592G");

    private static string Rounded(long value, long unit, string name)
    {
        var exact = (decimal)value / unit;
        return Math.Round(exact, exact < 10 ? 1 : 0, MidpointRounding.AwayFromZero).ToString(exact < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + name;
    }
}
