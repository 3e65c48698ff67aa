using System.Text;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Tests.Fields;

public sealed class FieldSyntaxTests
{
    [Theory]
    [InlineData("word", 0)]
    [InlineData(" \t\r\n word", 5)]
    [InlineData("(a) word", 4)]
    [InlineData("(a (b) c)word", 9)]
    [InlineData("(a \\) b) word", 9)]
    [InlineData("(a)(b) (c)word", 10)]
    [InlineData("(never closed word", 18)]
    [InlineData(") word", 0)]
    [InlineData("", 0)]
    public void Comments_and_blanks_are_skipped(string text, int expected)
    {
        FieldSyntax.SkipComments<char>(text, 0).Should().Be(expected);
        FieldSyntax.SkipComments<byte>(Encoding.Latin1.GetBytes(text), 0).Should().Be(expected);
    }

    [Theory]
    [InlineData("\"a\"b", 3)]
    [InlineData("\"\"", 2)]
    [InlineData("\"a\\\"b\"", 6)]
    [InlineData("\"(\"", 3)]
    [InlineData("\"a", 0)]
    [InlineData("\"a\\\"", 0)]
    public void Quoted_strings_end_at_a_quote_of_their_own(string text, int expected)
    {
        FieldSyntax.EndOfQuoted<char>(text, 0).Should().Be(expected);
        FieldSyntax.EndOfQuoted<byte>(Encoding.Latin1.GetBytes(text), 0).Should().Be(expected);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\\\"b\\\\c", "a\"b\\c")]
    [InlineData("a\\", "a\\")]
    public void Quoted_pairs_mean_their_second_half(string text, string expected) => FieldSyntax.Unescape(text).Should().Be(expected);
}
