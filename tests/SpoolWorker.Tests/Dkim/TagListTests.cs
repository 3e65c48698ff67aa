using System.Text;
using SpoolWorker.Passes.Signing.Tags;

namespace SpoolWorker.Tests.Dkim;

public sealed class TagListTests
{
    [Theory]
    [InlineData("v=1", "v=1")]
    [InlineData(" v = 1 ; a=b;\n", "v=1|a=b")]
    [InlineData("b=ab\n\tcd; bh=\n x=;", "b=ab\n\tcd|bh=x=")]
    [InlineData("a=;b=\t\n ;c_1=x y\n", "a=|b=|c_1=x y")]
    [InlineData("v=1\r\n ; k=rsa", "v=1|k=rsa")]
    [InlineData("d=b\u00fccher.example", "d=b\u00fccher.example")]
    public void Lists_of_the_grammar_are_read_in_order(string text, string expected)
    {
        TagList.TryParse(Encoding.Latin1.GetBytes(text), out var list, out _).Should().BeTrue();
        var found = new List<string>();
        foreach (var tag in list.Tags) found.Add($"{Encoding.Latin1.GetString(list.Name(tag))}={Encoding.Latin1.GetString(list.Value(tag))}");
        string.Join('|', found).Should().Be(expected);
    }

    [Theory]
    [InlineData("", "no tag", 0)]
    [InlineData(" \n", "no tag", 2)]
    [InlineData(";", "empty tag", 0)]
    [InlineData("a=1;;b=2", "empty tag", 4)]
    [InlineData("a=1;b", "a tag has no equals sign", 5)]
    [InlineData("a b=1", "a tag has no equals sign", 2)]
    [InlineData("1=a", "a tag name begins with a letter", 0)]
    [InlineData("_a=a", "a tag name begins with a letter", 0)]
    [InlineData("=a", "a tag name begins with a letter", 0)]
    [InlineData("a=1; b=2; a=3", "duplicate tag a=", 10)]
    [InlineData("a=x\u0001", "a control character in a value", 3)]
    [InlineData("a=\0", "a control character in a value", 2)]
    public void Other_lists_say_why_and_where(string text, string reason, int offset)
    {
        TagList.TryParse(Encoding.Latin1.GetBytes(text), out _, out var error).Should().BeFalse();
        error.Should().Be(new TagListError(reason, offset));
    }

    [Fact]
    public void Names_are_told_apart_by_case()
    {
        TagList.TryParse("B=1; b=2"u8.ToArray(), out var list, out _).Should().BeTrue();
        list.TryValue("b"u8, out var value).Should().BeTrue();
        value.SequenceEqual("2"u8).Should().BeTrue();
    }

    [Fact]
    public void Lists_are_bounded()
    {
        var many = string.Join(';', Enumerable.Range(0, TagList.MaxTags + 1).Select(i => $"t{i}=1"));
        TagList.TryParse(Encoding.ASCII.GetBytes(many), out _, out var error).Should().BeFalse();
        error.Reason.Should().Be($"more than {TagList.MaxTags} tags");
    }

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("0017", 17L)]
    [InlineData("9223372036854775808", long.MaxValue)]
    [InlineData("99999999999999999999999999999999999999999999999999999999999999999999999999999999", null)]
    [InlineData("", null)]
    [InlineData("-1", null)]
    [InlineData("1 2", null)]
    public void Numbers_are_digits(string text, long? expected) =>
        (TagValues.TryNumber(Encoding.ASCII.GetBytes(text), out var number) ? number : (long?)null).Should().Be(expected);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a=20b=3D\n c=zz", null)]
    [InlineData("a=20b=3D\n =c3=BC", "a b=\u00c3\u00bc")]
    [InlineData("a=2", null)]
    public void Quoted_printable_is_decoded(string text, string? expected)
    {
        var bytes = TagValues.QuotedPrintable(Encoding.Latin1.GetBytes(text));
        (bytes is null ? null : Encoding.Latin1.GetString(bytes)).Should().Be(expected);
    }

    [Theory]
    [InlineData("Example.org", "Example.org")]
    [InlineData("a_b.example", "a_b.example")]
    [InlineData("b\u00fccher.example", "xn--bcher-kva.example")]
    [InlineData("a..example", null)]
    [InlineData("example.", null)]
    [InlineData("a b.example", null)]
    [InlineData("", null)]
    public void Domains_become_names_for_the_DNS(string text, string? expected) => TagValues.DomainName(Encoding.UTF8.GetBytes(text)).Should().Be(expected);

    [Fact]
    public void Bytes_that_are_no_UTF8_are_no_domain() => TagValues.DomainName([0xff, (byte)'.', (byte)'a']).Should().BeNull();
}
