using System.Text;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Tests.Dsn;

/// <summary>What strangers supplied, in fields: xtext, typed addresses, folding.</summary>
public class DsnFieldTests
{
    [Theory]
    [InlineData("QQ314159", "QQ314159")]
    [InlineData("env+2Bid+3D1", "env+id=1")]
    [InlineData("a+0D+0AAction:+20delivered", "a+0D+0AAction: delivered")]
    [InlineData("caf+C3+A9", "caf+C3+A9")]
    [InlineData("broken+2", "broken+2")]
    [InlineData("broken+zz", "broken+zz")]
    [InlineData("+", "+")]
    [InlineData("lower+2b", "lower+")]
    public void Xtext_is_decoded_and_never_ends_a_line(string xtext, string shown) => XText.ForField(Encoding.Latin1.GetBytes(xtext)).Should().Be(shown);

    [Theory]
    [InlineData("rfc822;bob@orig.example", "rfc822; bob@orig.example")]
    [InlineData("rfc822;asked+2Bfor@to.example", "rfc822; asked+for@to.example")]
    [InlineData("x400;/G=Bob/S=Roe/O=x/", "x400; /G=Bob/S=Roe/O=x/")]
    [InlineData("utf-8;m\\x{FC}ller@to.example", "utf-8; m\\x{FC}ller@to.example")]
    [InlineData("utf-8;a\\x{2B}b@to.example", "utf-8; a\\x{2B}b@to.example")]
    [InlineData("rfc822;a+0Ab@to.example", "rfc822; a+0Ab@to.example")]
    [InlineData("no type", null)]
    [InlineData(";nothing", null)]
    [InlineData("rfc822;", null)]
    [InlineData("rfc822; ", null)]
    [InlineData("", null)]
    public void Orcpt_keeps_its_type(string orcpt, string? shown) => TypedAddress.OfOrcpt(Encoding.UTF8.GetBytes(orcpt), global: false).Should().Be(shown);

    [Theory]
    [InlineData("bob@r.example", false, "rfc822; bob@r.example")]
    [InlineData("bob@r.example", true, "rfc822; bob@r.example")]
    [InlineData("m\u00fcller@r.example", true, "utf-8; m\u00fcller@r.example")]
    [InlineData("m\u00fcller+x@r.example", false, "utf-8; m\\x{FC}ller\\x{2B}x@r.example")]
    [InlineData("\U0001F600@r.example", false, "utf-8; \\x{1F600}@r.example")]
    public void Addresses_outside_ASCII_have_their_own_type(string address, bool global, string shown)
    {
        TypedAddress.Of(Encoding.UTF8.GetBytes(address), global).Should().Be(shown);
        TypedAddress.Unescaped(TypedAddress.Escaped(address)).Should().Be(address);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_shown_somehow() => TypedAddress.Of([(byte)'a', 0xff, (byte)'@', (byte)'b'], global: false).Should().Be("utf-8; a\\x{FF}@b");

    [Theory]
    [InlineData("short", "N: short\n")]
    [InlineData("two\r\nlines", "N: two lines\n")]
    [InlineData("bell\a nul\0 esc\u001b", "N: bell? nul? esc?\n")]
    [InlineData("x\n\n\ny", "N: x   y\n")]
    [InlineData("", "N: \n")]
    public void One_field_stays_one_field(string value, string expected) => FieldText.Field("N", value).Should().Be(expected);

    [Fact]
    public void Long_values_are_folded_and_nothing_of_them_is_lost()
    {
        var words = string.Join(' ', Enumerable.Range(0, 200).Select(i => $"word{i}"));

        var field = FieldText.Field("Diagnostic-Code", words);

        field.TrimEnd('\n').Split('\n').Should().OnlyContain(line => line.Length <= 79).And.HaveCountGreaterThan(10);
        field.Replace("\n", "", StringComparison.Ordinal).Should().Be($"Diagnostic-Code: {words}");
    }

    [Fact]
    public void Words_without_end_are_broken_before_the_limit_of_a_line()
    {
        var field = FieldText.Field("N", new string('\u00e9', 3000), global: true);

        field.Split('\n').Should().OnlyContain(line => Encoding.UTF8.GetByteCount(line) <= 998);
        field.Count(c => c == '\u00e9').Should().Be(3000);
        field.Split('\n')[1..^1].Should().OnlyContain(line => line.StartsWith(' ') && line.Trim().Length > 0);
    }

    [Fact]
    public void Texts_are_cut_at_Exims_limit()
    {
        FieldText.Cut(new string('x', 5000)).Should().HaveLength(1023).And.EndWith("[truncated]");
        FieldText.Cut("short").Should().Be("short");
    }
}
