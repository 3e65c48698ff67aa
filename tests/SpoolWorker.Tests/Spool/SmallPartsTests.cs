using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>Journal, body checks and the table of error tokens.</summary>
public class SmallPartsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a@x\n", "a@x")]
    [InlineData("a@x\nb@x\n", "a@x|b@x")]
    [InlineData("a@x\nb@x.exam", "a@x")]
    [InlineData("a@x", "")]
    [InlineData("\n\na@x\n\n", "a@x")]
    [InlineData("a@x\n\0\0\0\nb@x\n", "a@x|b@x")]
    [InlineData("a b@x\r\n", "a b@x\r")]
    public void Journal_gives_whole_lines_only(string journal, string addresses)
    {
        string.Join('|', Journal.Read(Samples.Bytes(journal)).Select(address => Samples.Text(address))).Should().Be(addresses);
    }

    [Fact]
    public void Body_of_every_sample_starts_with_its_name_and_has_the_lines_of_its_header()
    {
        foreach (var folder in Samples.Folders("valid"))
        {
            var header = Samples.Read(folder);
            var body = File.ReadAllBytes(Path.Combine(Samples.Root, "valid", folder, header.Id.BodyName));

            BodyForm.StartsWithNameLine(body, header.Id).Should().BeTrue(folder);
            BodyForm.StartsWithNameLine(body.AsSpan(0, header.Id.BodyOffset), header.Id).Should().BeTrue(folder);
            BodyForm.StartsWithNameLine(body.AsSpan(0, header.Id.BodyOffset - 1), header.Id).Should().BeFalse(folder);
            if (header.IsWireFormat)
            {
                header.BodyLineCount.Should().BeNull(folder);
            }
            else
            {
                BodyForm.CountLines(body.AsSpan(header.Id.BodyOffset)).Should().Be(header.BodyLineCount, folder);
            }
        }
    }

    [Fact]
    public void Lines_are_counted_over_any_length()
    {
        BodyForm.CountLines(""u8).Should().Be(0);
        BodyForm.CountLines(Enumerable.Range(0, 100_000).Select(i => i % 7 == 0 ? (byte)'\n' : (byte)i).ToArray()).Should()
            .Be(Enumerable.Range(0, 100_000).LongCount(i => i % 7 == 0 || (byte)i == '\n'));
    }

    [Fact]
    public void Every_kind_has_its_own_stable_token()
    {
        var kinds = Enum.GetValues<SpoolParseErrorKind>();

        kinds.Select(kind => kind.Token()).Should().OnlyHaveUniqueItems().And.Equal(
            "truncated", "too-large", "nul-byte", "name-line", "originator-line", "sender-line", "time-line", "variable-line", "non-recipient-tree",
            "recipient-count", "recipient-line", "header-separator", "header-line", "body-name-line", "body-line-count", "body-missing",
            "header-missing", "not-regular-file");
        FluentActions.Invoking(() => ((SpoolParseErrorKind)(-1)).Token()).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Errors_show_values_shortened_and_escaped()
    {
        var (bytes, id) = Samples.HeaderFile("21-4.99-plain");
        var text = Samples.Text(bytes).Replace("<alice@sender.example>\n1", "'\\\x01\u00ff" + new string('x', 100) + "\n1", StringComparison.Ordinal);

        HeaderFileReader.TryRead(Samples.Bytes(text), id, out _, out var error).Should().BeFalse();

        error!.ToString().Should().Be($@"offset 46: '\'\\\x01\xff{new string('x', 56)}...' is not a sender in angle brackets (SenderLine)");
    }
}
