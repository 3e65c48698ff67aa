using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Dkim;

public sealed class HeaderCanonicalizerTests
{
    // The first two are RFC 6376, 3.4.5.
    [Theory]
    [InlineData("A: X\n", "a:X\r\n", "A: X\r\n")]
    [InlineData("B : Y\t\n\tZ  \n", "b:Y Z\r\n", "B : Y\t\r\n\tZ  \r\n")]
    [InlineData("Subject:\n", "subject:\r\n", "Subject:\r\n")]
    [InlineData("Subject:  \t\n", "subject:\r\n", "Subject:  \t\r\n")]
    [InlineData("S:a\n b\n\t\tc \n \n", "s:a b c\r\n", "S:a\r\n b\r\n\t\tc \r\n \r\n")]
    [InlineData("S: a\rb\n", "s:a\rb\r\n", "S: a\rb\r\n")]
    [InlineData("S: \u00e9\u00c9\n", "s:\u00e9\u00c9\r\n", "S: \u00e9\u00c9\r\n")]
    public void Lines_are_brought_into_both_forms(string line, string relaxed, string simple)
    {
        Field(line, Canonicalization.Relaxed).Should().Equal(Sha(relaxed));
        Field(line, Canonicalization.Simple).Should().Equal(Sha(simple));
    }

    [Theory]
    [InlineData("DKIM-Signature: v=1; bh=x=; b=ab\n\tcd ; d=e\n", "dkim-signature:v=1; bh=x=; b=; d=e", "DKIM-Signature: v=1; bh=x=; b=; d=e")]
    [InlineData("DKIM-Signature: v=1;\n b = \n\tcd\n", "dkim-signature:v=1; b =", "DKIM-Signature: v=1;\r\n b =")]
    [InlineData("DKIM-Signature: b=;bh=b;\n", "dkim-signature:b=;bh=b;", "DKIM-Signature: b=;bh=b;")]
    public void Only_the_value_of_b_goes_from_the_signature(string line, string relaxed, string simple)
    {
        foreach (var (form, expected) in new[] { (Canonicalization.Relaxed, relaxed), (Canonicalization.Simple, simple) })
        {
            var field = HeaderLine.Create(line);
            TagList.TryParse(field.Text[15..], out var tags, out _).Should().BeTrue();
            tags.TryFind("b"u8, out var b).Should().BeTrue();
            var digest = new byte[32];
            SignatureDigest.Compute([], field, b, form, digest);
            digest.Should().Equal(Sha(expected), "the form is {0}", form);
        }
    }

    [Fact]
    public void Lines_larger_than_the_buffer_hash_the_same()
    {
        var line = "X: " + string.Concat(Enumerable.Repeat("words and words\n\t", 10_000)) + "end\n";
        Field(line, Canonicalization.Simple).Should().Equal(Sha(line.Replace("\n", "\r\n", StringComparison.Ordinal)));
        Field(line, Canonicalization.Relaxed).Should().Equal(Sha("x:" + string.Concat(Enumerable.Repeat("words and words ", 10_000)) + "end\r\n"));
    }

    // RFC 6376, 5.4.2: from the bottom up; names without a line left add nothing.
    [Theory]
    [InlineData("a", "a:3")]
    [InlineData("A:a", "a:3|a:2")]
    [InlineData("a : b: a:\n a:a:b", "a:3|b:1|a:2|a:1")]
    [InlineData("c:d", "")]
    [InlineData("b:b:a", "b:1|a:3")]
    public void Names_take_lines_from_the_bottom(string names, string expected)
    {
        var message = new SignedMessage([Line("A: 1"), Line("B: 1"), Line("a: 2"), Line("A: 3")], new BodyHashes(MemoryBody.Empty));
        var hash = HashInput.Create();
        HeaderSelection.Append(ref hash, message, Encoding.ASCII.GetBytes(names), -1, Canonicalization.Relaxed);
        var digest = new byte[32];
        hash.Finish(digest);
        hash.Dispose();
        digest.Should().Equal(Sha(expected.Length == 0 ? "" : string.Join("\r\n", expected.Split('|')) + "\r\n"));
    }

    [Fact]
    public void The_signature_itself_is_never_among_the_lines()
    {
        var message = new SignedMessage([Line("A: 1"), Line("A: 2"), Line("A: 3")], new BodyHashes(MemoryBody.Empty));
        var hash = HashInput.Create();
        HeaderSelection.Append(ref hash, message, "a:a:a"u8, own: 1, Canonicalization.Relaxed);
        var digest = new byte[32];
        hash.Finish(digest);
        hash.Dispose();
        digest.Should().Equal(Sha("a:3\r\na:1\r\n"));
    }

    [Fact]
    public void Deleted_lines_do_not_count()
    {
        ImmutableArray<HeaderLine> lines = [Line("A: 1"), Line("A: 2") with { Flag = HeaderLine.DeletedFlag }];
        var file = new HeaderFile { Id = default, Login = default, Uid = 0, Gid = 0, Sender = default, ReceivedTime = 0, WarningCount = 0, Headers = lines };
        SignedMessage.Live(file, MemoryBody.Empty).Headers.Length.Should().Be(1);
    }

    private static HeaderLine Line(string text) => HeaderLine.Create(text + "\n");

    private static byte[] Sha(string text) => SHA256.HashData(Encoding.Latin1.GetBytes(text));

    private static byte[] Field(string line, Canonicalization form)
    {
        var hash = HashInput.Create();
        HeaderCanonicalizer.Append(ref hash, Encoding.Latin1.GetBytes(line), form);
        var digest = new byte[32];
        hash.Finish(digest);
        hash.Dispose();
        return digest;
    }
}
