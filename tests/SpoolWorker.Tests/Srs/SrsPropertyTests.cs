using SpoolWorker.Passes.Srs;
using static SpoolWorker.Tests.Srs.SrsSamples;

namespace SpoolWorker.Tests.Srs;

/// <summary>What is encoded decodes, under all settings, for senders of any kind: those of our own domain, and those that look like SRS themselves.</summary>
public sealed class SrsPropertyTests
{
    private static readonly string[] Pieces = ["a", "x", "b.example", "_", "=", "+", "-", ".", "==", "SRS0", "SRS1", "srs0=", "SRS0+Aa.", "SRS1=", "aa", "JM", "jm", "abcd", "own.example", "2", "/", "\u00c3\u00bc", "%", "~"];
    private static readonly string[] Domains = ["_", "x", "localhost", "b.example", "own.example", "OWN.Example", "ab", "a_b.example", "b.example.", "[192.0.2.1]", "-", "SRS0", "b\u00c3\u00bc.example"];

    [Theory]
    [InlineData(SrsFormat.Exim)]
    [InlineData(SrsFormat.Srs0)]
    public void What_is_encoded_decodes(SrsFormat format)
    {
        var random = new Random(4715);
        var (made, refused) = (0, 0);
        for (var i = 0; i < 30_000; i++)
        {
            var rules = RulesOf(format) with
            {
                Domain = "own.example",
                UseHash = random.Next(3) > 0,
                UseTimestamp = random.Next(3) > 0,
                HashLength = random.Next(2) == 0 ? 4 : random.Next(1, 28),
                Separator = "=+-"[random.Next(3)],
            };
            var local = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            if (random.Next(8) == 0) local = $"\"{local} {local}\"";
            var address = $"{local}@{Domains[random.Next(Domains.Length)]}";
            new SrsEncoder(rules).TryEncode(address, Noon, out var rewritten, out var status);
            if (status is not (SrsStatus.Ok or SrsStatus.TooLong))
            {
                rewritten.Should().Be(address, "what is not rewritten stays");
                refused += status == SrsStatus.NotNeeded ? 0 : 1;
                continue;
            }
            made++;
            var decoded = new SrsDecoder(rules).TryDecode(rewritten, Noon.AddDays(1), out var original, out var how);
            decoded.Should().BeTrue("{0} became {1}, which is {2} ({3})", address, rewritten, how, rules);
            // A second forwarder's address leads to the first one, not to the sender it was made of.
            if (format == SrsFormat.Exim || !SrsDecoder.LooksRewritten(address)) original.Should().Be(address, rewritten);
        }
        made.Should().BeGreaterThan(10_000);
        refused.Should().BeLessThan(3_000, "only what neither hash nor stamp marks");
    }

    [Theory]
    [InlineData(SrsFormat.Srs0, false, true, "x@_")]
    [InlineData(SrsFormat.Srs0, false, true, "x@localhost")]
    [InlineData(SrsFormat.Exim, true, true, "SRS0+Aa.=b@own.example")]
    [InlineData(SrsFormat.Exim, true, true, "SRS0=abcd=jm=b.example=a@own.example")]
    [InlineData(SrsFormat.Exim, true, true, "SRS1=x@own.example")]
    public void Found_by_fuzzing(SrsFormat format, bool useHash, bool useTimestamp, string address)
    {
        var rules = RulesOf(format) with { Domain = "own.example", UseHash = useHash, UseTimestamp = useTimestamp };
        Decoded(rules, Encoded(rules, address)).Should().Be((address, SrsStatus.Ok));
    }

    [Fact]
    public void What_could_not_be_read_back_stays_as_it_is()
    {
        var rules = RulesOf(SrsFormat.Srs0) with { UseHash = false, UseTimestamp = false };
        new SrsEncoder(rules).TryEncode("x@localhost", Noon, out var rewritten, out var status).Should().BeFalse();
        (rewritten, status).Should().Be(("x@localhost", SrsStatus.Malformed));
    }
}
