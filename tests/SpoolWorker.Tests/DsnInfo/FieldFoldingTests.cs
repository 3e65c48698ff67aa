using System.Text;
using SpoolWorker.Passes.DsnInfo;

namespace SpoolWorker.Tests.DsnInfo;

/// <summary>Folding as in Exim: 79 columns, 1,023 bytes, no empty lines.</summary>
public class FieldFoldingTests
{
    [Theory]
    [InlineData("Remote-MTA: X-ip; [127.0.0.1]:587", "Remote-MTA: X-ip; [127.0.0.1]:587\n")]
    [InlineData("A: X-str; 550-one\\n550 two", "A: X-str; 550-one\n 550 two\n")]
    [InlineData("A: X-str; one\\n\\n two \\n", "A: X-str; one\n two\n")]
    [InlineData("A: tab\there \u00e9\u0001", "A: tab here \\351\\001\n")]
    [InlineData("X-Exim-Diagnostic: X-str; SMTP error from remote mail server after RCPT TO:<d3@myhost.test.ex>: 550 hard error",
        "X-Exim-Diagnostic: X-str; SMTP error from remote mail server after RCPT\n TO:<d3@myhost.test.ex>: 550 hard error\n")]
    public void Folds(string field, string expected) =>
        Encoding.Latin1.GetString(FieldFolding.Fold(Encoding.Latin1.GetBytes(field), "\n"u8)).Should().Be(expected);

    [Fact]
    public void A_line_has_79_columns_at_most_and_breaks_hard_where_there_is_no_blank()
    {
        var lines = Encoding.ASCII.GetString(FieldFolding.Fold(Encoding.ASCII.GetBytes("X-Exim-Diagnostic: " + new string('x', 200)), "\r\n"u8)).Split("\r\n");
        lines[0].Should().HaveLength(18, "the blank behind the name is the only one");
        lines[1..^1].Should().OnlyContain(l => l.Length <= 79 && l.StartsWith(' '));
        lines[^1].Should().BeEmpty();
        string.Concat(lines.Select(l => l.Trim())).Should().Be("X-Exim-Diagnostic:" + new string('x', 200));
    }

    [Fact]
    public void A_field_ends_at_1023_bytes()
    {
        var folded = FieldFolding.Fold(Encoding.ASCII.GetBytes("X-Exim-Diagnostic: " + string.Join(' ', Enumerable.Repeat("word", 1000))), "\n"u8);
        folded.Length.Should().BeInRange(990, 1024);
        folded[^1].Should().Be((byte)'\n');
    }
}
