using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

public class HeaderLineTests
{
    [Theory]
    [InlineData("Received", 'P')]
    [InlineData("From", 'F')]
    [InlineData("To", 'T')]
    [InlineData("Cc", 'C')]
    [InlineData("Bcc", 'B')]
    [InlineData("Reply-To", 'R')]
    [InlineData("Sender", 'S')]
    [InlineData("Message-ID", 'I')]
    [InlineData("message-id", 'I')]
    [InlineData("FROM", 'F')]
    [InlineData("Subject", ' ')]
    [InlineData("X-From", ' ')]
    [InlineData("Fro", ' ')]
    [InlineData("", ' ')]
    public void Flag_is_that_of_Exim(string name, char flag)
    {
        HeaderLine.FlagFor(Samples.Bytes(name)).Should().Be(flag);
    }

    [Fact]
    public void Every_line_of_the_samples_has_the_flag_that_FlagFor_gives()
    {
        foreach (var folder in Samples.Folders("valid"))
        {
            foreach (var line in Samples.Read(folder).Headers.Where(line => !line.IsDeleted))
            {
                HeaderLine.FlagFor(line.Name).Should().Be(line.Flag, "{0} in {1}", Samples.Text(line.Text), folder);
            }
        }
    }

    [Theory]
    [InlineData("X: y\n", "X", " y\n")]
    [InlineData("Authentication-Results: mx;\n\tspf=pass\n", "Authentication-Results", " mx;\n\tspf=pass\n")]
    [InlineData("X:\n", "X", "\n")]
    [InlineData("X: \u00e4\n", "X", " \u00c3\u00a4\n")]
    public void A_field_is_taken_as_it_is(string text, string name, string value)
    {
        var line = HeaderLine.Create(text);

        Samples.Text(line.Name.ToArray()).Should().Be(name);
        Samples.Text(line.Value.ToArray()).Should().Be(value);
        line.Is(Samples.Bytes(name.ToUpperInvariant())).Should().BeTrue();
    }

    [Theory]
    [InlineData("", "name")]
    [InlineData("X", "name")]
    [InlineData("\n", "name")]
    [InlineData(": y\n", "name")]
    [InlineData("X Y: z\n", "name")]
    [InlineData(" X: z\n", "name")]
    [InlineData("\u00dc: z\n", "name")]
    [InlineData("X: y", "newline")]
    [InlineData("X: y\r\n", "carriage return")]
    [InlineData("X: a\rb\n", "carriage return")]
    [InlineData("X: a\0b\n", "NUL")]
    [InlineData("X: y\nBcc: z\n", "folding")]
    [InlineData("X: y\n\n", "folding")]
    [InlineData("X: y\n\nbody\n", "folding")]
    [InlineData("X: y\n \n z\n", "folding")]
    [InlineData("X: y\n\t\n", "folding")]
    public void What_is_not_exactly_one_field_is_refused(string text, string reason)
    {
        var create = () => HeaderLine.Create(text);

        create.Should().Throw<ArgumentException>().WithMessage($"*{reason}*");
    }

    [Fact]
    public void A_line_without_a_colon_has_no_name()
    {
        var line = new HeaderLine(' ', Samples.Bytes("no colon here\n"));

        line.Name.IsEmpty.Should().BeTrue();
        line.Value.IsEmpty.Should().BeTrue();
    }

    [Theory]
    [InlineData("one line", "one line")]
    [InlineData("folded\n here\r\n\tand here\n", "folded here\tand here")]
    [InlineData("two\nwords", "two words")]
    [InlineData("two\r\nwords\r\n", "two words")]
    [InlineData("a\rb", "a\rb")]
    public void Unfolding_joins_no_words(string value, string expected) => HeaderLine.Unfold(value).Should().Be(expected);

    [Fact]
    public void White_space_before_the_colon_is_not_part_of_the_name()
    {
        // obsolete syntax that still comes by mail (RFC 5322, 4.5)
        Samples.Text(new HeaderLine(' ', Samples.Bytes("Subject \t: x\n")).Name.ToArray()).Should().Be("Subject");
    }
}
