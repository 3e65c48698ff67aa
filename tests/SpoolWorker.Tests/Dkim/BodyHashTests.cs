// Body hashes against a second, slow implementation that follows the words of RFC 6376, 3.4.3 and 3.4.4 line by line, over
// bodies made of what canonicalization is about, in pieces of every size.
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Tests.Dkim;

public sealed class BodyHashTests
{
    // RFC 6376, 3.4.3 and 3.4.4
    [Theory]
    [InlineData("", Canonicalization.Simple, "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=")]
    [InlineData("", Canonicalization.Relaxed, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    public void Empty_body_has_the_digest_the_RFC_gives(string body, Canonicalization form, string expected) =>
        Convert.ToBase64String(Hash(Encoding.Latin1.GetBytes(body), form)).Should().Be(expected);

    [Theory]
    [InlineData(" C \nD \t E\n\n\n", Canonicalization.Simple, " C \r\nD \t E\r\n")]
    [InlineData(" C \nD \t E\n\n\n", Canonicalization.Relaxed, " C\r\nD E\r\n")]
    [InlineData("a", Canonicalization.Simple, "a\r\n")]
    [InlineData("a", Canonicalization.Relaxed, "a\r\n")]
    [InlineData("a\r\n", Canonicalization.Simple, "a\r\r\n")]
    [InlineData("a\rb\n", Canonicalization.Relaxed, "a\rb\r\n")]
    [InlineData("a \r\n", Canonicalization.Relaxed, "a \r\r\n")]
    [InlineData("\n\n\n", Canonicalization.Simple, "\r\n")]
    [InlineData("\n \n\t\n", Canonicalization.Relaxed, "")]
    [InlineData(" \n", Canonicalization.Simple, " \r\n")]
    [InlineData("  ", Canonicalization.Relaxed, "")]
    [InlineData("\n\na\n", Canonicalization.Relaxed, "\r\n\r\na\r\n")]
    [InlineData("\t\tx\t\n", Canonicalization.Relaxed, " x\r\n")]
    public void Body_with_LF_is_hashed_as_it_will_be_sent(string body, Canonicalization form, string canonical) =>
        Hash(Encoding.Latin1.GetBytes(body), form).Should().Equal(SHA256.HashData(Encoding.Latin1.GetBytes(canonical)));

    [Theory]
    [InlineData("a\r\n\r\n", Canonicalization.Simple, "a\r\n")]
    [InlineData("a\nb\r\n", Canonicalization.Simple, "a\r\nb\r\n")]
    [InlineData("a \r\n", Canonicalization.Relaxed, "a\r\n")]
    [InlineData("a\r", Canonicalization.Relaxed, "a\r\r\n")]
    [InlineData("a \rb \r\r\n", Canonicalization.Relaxed, "a \rb \r\r\n")]
    [InlineData("\r\n\r", Canonicalization.Simple, "\r\n\r\r\n")]
    public void Body_in_wire_format_is_hashed_as_it_is_sent(string body, Canonicalization form, string canonical)
    {
        for (var piece = 1; piece < 4; piece++)
            Hash(Encoding.Latin1.GetBytes(body), form, wire: true, piece).Should().Equal(SHA256.HashData(Encoding.Latin1.GetBytes(canonical)));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 3)]
    [InlineData(true, 4)]
    public void Random_bodies_hash_as_the_slow_way_says(bool wire, int seed)
    {
        var random = new Random(seed);
        string[] alphabet = ["\r\n", "\n", "\r", " ", "\t", "a", "word", "\0", "é", "longer words without an end and more than a vector wide, over and over again"];
        for (var round = 0; round < 2000; round++)
        {
            var body = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 60)).Select(_ => alphabet[random.Next(alphabet.Length)])));
            var piece = random.Next(3) == 0 ? int.MaxValue : random.Next(1, 50);
            foreach (var form in Enum.GetValues<Canonicalization>())
            {
                var canonical = Slow(body, form, wire);
                var hashes = new BodyHashes(new MemoryBody(body, wire, piece));
                BodyHashKind[] kinds = [new(form), new(form, random.Next(0, canonical.Length + 3)), new(form, random.Next(0, canonical.Length + 3)), new(form, 0)];
                foreach (var kind in kinds) hashes.Want(kind);
                foreach (var kind in kinds)
                {
                    var hash = hashes.Get(kind);
                    var length = (int)Math.Min(kind.Limit, canonical.Length);
                    hash.Length.Should().Be(length);
                    hash.ReachesLimit.Should().Be(kind.Limit == BodyHashKind.NoLimit || kind.Limit <= canonical.Length);
                    hash.Digest.SequenceEqual(SHA256.HashData(canonical.AsSpan(0, length))).Should().BeTrue("{0} {1} in pieces of {2}: {3}", form, kind.Limit, piece, Convert.ToHexString(body));
                }
                hashes.Readings.Should().Be(1);
            }
        }
    }

    [Fact]
    public void Several_threads_may_ask_at_once()
    {
        var body = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"line {i} \n")));
        for (var round = 0; round < 100; round++)
        {
            var hashes = new BodyHashes(new MemoryBody(body, piece: 1000));
            Parallel.For(0, 8, i =>
            {
                var kind = new BodyHashKind((Canonicalization)(i % 2), i < 4 ? BodyHashKind.NoLimit : 1000 * i);
                using var ended = new CancellationTokenSource();
                // A pass that ran out of time is cancelled while it reads.
                if (i % 3 == 0) ended.Cancel();
                try
                {
                    var canonical = Slow(body, kind.Form, wire: false);
                    hashes.Get(kind, ended.Token).Digest.SequenceEqual(SHA256.HashData(canonical.AsSpan(0, (int)Math.Min(kind.Limit, canonical.Length)))).Should().BeTrue();
                }
                catch (OperationCanceledException) when (i % 3 == 0)
                {
                }
            });
        }
    }

    [Fact]
    public void Endless_blank_lines_before_the_last_word_are_all_hashed()
    {
        var body = new byte[300_001];
        Array.Fill(body, (byte)'\n');
        body[^1] = (byte)'x';
        foreach (var form in Enum.GetValues<Canonicalization>()) Hash(body, form).Should().Equal(SHA256.HashData(Slow(body, form, wire: false)));
    }

    [Fact]
    public void Large_bodies_hash_as_the_slow_way_says()
    {
        var random = new Random(5);
        var text = new StringBuilder();
        while (text.Length < 200_000) text.Append(random.Next(12) switch { 0 => "\n", 1 => "  ", 2 => "\n\n\n", 3 => "\t", _ => " lorem ipsum" });
        var body = Encoding.Latin1.GetBytes(text.ToString());
        foreach (var form in Enum.GetValues<Canonicalization>())
        {
            foreach (var wire in new[] { false, true }) Hash(body, form, wire).Should().Equal(SHA256.HashData(Slow(body, form, wire)));
        }
    }

    private static byte[] Hash(byte[] body, Canonicalization form, bool wire = false, int piece = int.MaxValue) =>
        new BodyHashes(new MemoryBody(body, wire, piece)).Get(new BodyHashKind(form)).Digest.ToArray();

    private static byte[] Slow(byte[] body, Canonicalization form, bool wire)
    {
        var lines = Encoding.Latin1.GetString(body).Split('\n').ToList();
        var last = lines[^1];
        lines.RemoveAt(lines.Count - 1);
        if (wire) lines = [.. lines.Select(l => l.EndsWith('\r') ? l[..^1] : l)];
        if (last.Length > 0) lines.Add(last);
        if (form == Canonicalization.Relaxed) lines = [.. lines.Select(l => System.Text.RegularExpressions.Regex.Replace(l, "[ \t]+", " ")).Select(l => l.EndsWith(' ') ? l[..^1] : l)];
        while (lines.Count > 0 && lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        var text = string.Concat(lines.Select(l => l + "\r\n"));
        return Encoding.Latin1.GetBytes(text.Length == 0 && form == Canonicalization.Simple ? "\r\n" : text);
    }
}
