using System.Text;
using SpoolWorker.Passes.Lookup;

namespace SpoolWorker.Tests.Lookup;

public sealed class LineBufferTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a|")]
    [InlineData("a\n", "a|\n")]
    [InlineData("a\r\n\nb", "a|\r\n,|\n,b|")]
    [InlineData("a\rb\r\r\n", "a\rb\r|\r\n")]
    [InlineData("a\r", "a|\r")]
    [InlineData("\n\n", "|\n,|\n")]
    public void Lines_and_their_ends_make_up_the_input(string text, string expected)
    {
        foreach (var piece in new[] { 1, 2, int.MaxValue })
        {
            var lines = new LineBuffer(new MemoryBody(Encoding.Latin1.GetBytes(text), piece: piece).OpenRead(), 100);
            var found = new List<string>();
            var whole = "";
            while (lines.TryNext())
            {
                found.Add($"{Encoding.Latin1.GetString(lines.Line)}|{Encoding.Latin1.GetString(lines.End)}");
                whole += Encoding.Latin1.GetString(lines.Whole);
                lines.Number.Should().Be(found.Count);
                lines.Consumed.Should().Be(whole.Length);
            }
            string.Join(',', found).Should().Be(expected);
            whole.Should().Be(text);
            lines.IsTooLong.Should().BeFalse();
        }
    }

    [Fact]
    public void A_line_longer_than_what_is_read_at_once_is_whole()
    {
        var text = string.Concat(Enumerable.Range(0, 50).Select(i => new string((char)('a' + i % 26), i * 10_000) + "\n"));
        var lines = new LineBuffer(new MemoryBody(text).OpenRead(), 1_000_000);
        for (var i = 0; i < 50; i++)
        {
            lines.TryNext().Should().BeTrue();
            lines.Line.Length.Should().Be(i * 10_000);
            lines.Line.ContainsAnyExcept((byte)('a' + i % 26)).Should().BeFalse();
        }
        lines.TryNext().Should().BeFalse();
    }

    [Fact]
    public void A_line_above_the_limit_ends_the_reading()
    {
        var lines = new LineBuffer(new MemoryBody($"short\n{new string('x', 1_000_000)}\nnever\n").OpenRead(), 100_000);
        lines.TryNext().Should().BeTrue();
        lines.TryNext().Should().BeFalse();
        (lines.IsTooLong, lines.Number).Should().Be((true, 1L));
    }
}
