using System.Text;
using SpoolWorker.Commands.Input;

namespace SpoolWorker.Tests.Commands;

public class HeaderSectionTests
{
    [Theory]
    [InlineData("A: 1\nB: 2\n\nbody\n", "A: 1\n|B: 2\n", "body\n", false)]
    [InlineData("A: 1\r\nB: 2\r\n folded\r\n\r\nbody\r\n", "A: 1\n|B: 2\n folded\n", "body\r\n", true)]
    [InlineData("From x@y Mon\nA: 1\n\nbody", "A: 1\n", "body", false)]
    [InlineData("From : x@y\nA: 1\n\nbody", "From : x@y\n|A: 1\n", "body", false)]
    [InlineData("From \t : x@y\r\nA: 1\r\n\r\nbody", "From \t : x@y\n|A: 1\n", "body", true)]
    [InlineData("From x@y Mon Nov 28 15:52:30 2026\nA: 1\n\nbody", "A: 1\n", "body", false)]
    [InlineData("A: 1\nno field here\nB: 2\n", "A: 1\n", "no field here\nB: 2\n", false)]
    [InlineData("A: 1", "A: 1\n", "", false)]
    [InlineData("A: 1\r\n", "A: 1\n", "", true)]
    [InlineData("", "", "", false)]
    [InlineData("\nbody", "", "body", false)]
    [InlineData(" starts with a blank\n\nbody", "", " starts with a blank\n\nbody", false)]
    [InlineData("A : 1\n\n", "A : 1\n", "", false)]
    [InlineData("A: bare\rreturn\n\nb", "A: bare\rreturn\n", "b", false)]
    [InlineData("A: 1\n \n\nb", "A: 1\n \n", "b", false)]
    public void Splits(string message, string lines, string body, bool isWire)
    {
        var section = HeaderSection.Read(Encoding.Latin1.GetBytes(message), isWhole: true)!;
        section.Lines.Select(l => Encoding.Latin1.GetString(l.Text.Span)).Should().Equal(lines.Split('|', StringSplitOptions.RemoveEmptyEntries));
        message[section.BodyStart..].Should().Be(body);
        section.IsWireFormat.Should().Be(isWire);
    }

    [Fact]
    public void AsksForMoreWhenTheSectionGoesOn()
    {
        var message = Encoding.Latin1.GetBytes("A: 1\nB: 2\n\nbody");
        for (var n = 0; n < 11; n++) HeaderSection.Read(message.AsMemory(0, n), isWhole: false).Should().BeNull($"of {n} bytes");
        HeaderSection.Read(message.AsMemory(0, 11), isWhole: false)!.Lines.Should().HaveCount(2);
    }

    [Fact]
    public void FlagsAreExims() =>
        string.Concat(HeaderSection.Read("Received: a\nFrom: b\nX: c\nto: d\n\n"u8.ToArray(), isWhole: true)!.Lines.Select(l => l.Flag)).Should().Be("PF T");
}
