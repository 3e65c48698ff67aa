using System.Text;
using SpoolWorker.Passes.Authentication;

namespace SpoolWorker.Tests.Authentication;

public class AuthenticationResultsLineTests
{
    [Fact]
    public void NoResultIsSaidSo() => Text(new AuthenticationResultsLine("mx.example")).Should().Be("Authentication-Results: mx.example; none\n");

    [Fact]
    public void OneMethodALine()
    {
        var line = new AuthenticationResultsLine("mx.example");
        line.Add("spf", "pass", "", "", ("smtp.mailfrom", "joe@mail.example"));
        line.Add("dkim", "fail", "body hash does not match", "", ("header.d", "mail.example"), ("header.s", "a-selector-that-is-long-enough-to-fold"), ("header.b", "abc/+=12"));
        line.Add("dmarc", "none", "", "", ("header.from", ""));
        Text(line).Should().Be("""
            Authentication-Results: mx.example;
            	spf=pass smtp.mailfrom=joe@mail.example;
            	dkim=fail reason="body hash does not match" header.d=mail.example
            	header.s=a-selector-that-is-long-enough-to-fold header.b="abc/+=12";
            	dmarc=none

            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("SRS0=a=b=c=d@fwd.example", "SRS0=a=b=c=d@fwd.example")]
    [InlineData("a b@c.example", "\"a b@c.example\"")]
    [InlineData("\"x; dkim=pass\"@evil.example", "\"\\\"x; dkim=pass\\\"@evil.example\"")]
    [InlineData("x\r\n\tdkim=pass@evil.example", "xdkim=pass@evil.example", true)]
    [InlineData("@", "\"@\"")]
    [InlineData("2001:db8::1", "\"2001:db8::1\"")]
    [InlineData("a\\", "\"a\\\\\"")]
    public void ValuesCannotEndAResult(string value, string expected, bool quoted = false)
    {
        var line = new AuthenticationResultsLine("mx.example");
        line.Add("spf", "none", "", "", ("smtp.mailfrom", value));
        Text(line).Should().Be($"Authentication-Results: mx.example;\n\tspf=none smtp.mailfrom={(quoted ? $"\"{expected}\"" : expected)}\n");
    }

    private static string Text(AuthenticationResultsLine line) => Encoding.Latin1.GetString(line.Build().Text.Span);
}
