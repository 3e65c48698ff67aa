// Addresses of every kind an envelope can hold, the same in every run. Latin-1: UTF-8 stands as its bytes.
using System.Text;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Tests.Srs;

internal static class SrsSamples
{
    public const string Secret = "a secret, with a blank";
    public static readonly DateTimeOffset Noon = DateTimeOffset.FromUnixTimeSeconds(1_795_435_200);
    private const string Letters = "abcdefghijklmnopqrstuvwxyz", Digits = "0123456789", Signs = "!#%&'*+-/=?^_`|~";

    public static SrsRules RulesOf(SrsFormat format, params string[] secrets) => new()
    {
        Formats = [format],
        Domain = "fwd.example",
        Secrets = [.. (secrets.Length > 0 ? secrets : [Secret]).Select(Encoding.UTF8.GetBytes)],
    };

    /// <summary>Local parts without quotes.</summary>
    public static IEnumerable<string> Plain(int count)
    {
        var random = new Random(4711);
        for (var i = 0; i < count; i++)
        {
            var alphabet = (i % 4) switch { 0 => Letters, 1 => Letters + Letters.ToUpperInvariant() + Digits, 2 => Letters + Signs, _ => Letters + "\u00e4\u00d6\u0416\u6f22" };
            var local = Text(random, alphabet, random.Next(1, i % 10 == 0 ? 200 : 30));
            if (i % 3 == 0) local += "." + Text(random, alphabet, 4);
            yield return Bytes($"{local}@{Domain(random, i)}");
        }
    }

    /// <summary>Local parts in quotes, each of which needs them; without escapes.</summary>
    public static IEnumerable<string> Quoted(int count)
    {
        var random = new Random(4712);
        for (var i = 0; i < count; i++) yield return Bytes($"\"{Text(random, Letters + "AB=+ ()<>,;:@[]", random.Next(1, 25))} {Text(random, Letters, 3)}\"@{Domain(random, i)}");
    }

    /// <summary>Local parts whose quoting is odd: escapes, quotes nobody needs, quotes within quotes.</summary>
    public static readonly string[] Odd =
    [
        "\"ab\"@b.example", "\"a\\\\b\"@b.example", "\"a\\\"b\"@b.example", "\"\\\"a b\\\"\"@b.example", "\"a..b\"@b.example", "\"a@b\"@b.example", "\"\"@b.example",
        "\"a=b=c\"@b.example", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "\"a b\"@[192.0.2.1]", "a..b@b.example", ".a@b.example", "\"SRS0=x\"@b.example", "\"a\\\\\"@b.example",
    ];

    /// <summary>What is already rewritten: by other forwarders, once or more, and what only looks so.</summary>
    public static IEnumerable<string> Rewritten(int count)
    {
        var random = new Random(4713);
        for (var i = 0; i < count; i++)
        {
            var separator = "=+-"[random.Next(3)];
            var rest = $"{separator}{Text(random, Letters + "ABC/+", 4)}={Text(random, "ABCDEFGH234567", 2)}={Domain(random, i)}={Text(random, Letters + "=+", random.Next(1, 20))}";
            var tag = (i % 5) switch { 0 => "srs0", 1 or 2 => "SRS0", 3 => "SRS1", _ => "Srs1" };
            yield return Bytes(tag.EndsWith('0') ? $"{tag}{rest}@{Domain(random, i + 1)}" : $"{tag}{separator}{Text(random, Letters, 4)}={Domain(random, i)}={rest}@{Domain(random, i + 1)}");
        }
    }

    /// <summary>The local part as a program gets it that is handed no quotes.</summary>
    public static string Unquoted(string address)
    {
        SrsAddress.TryParse(address, out var parsed).Should().BeTrue();
        return $"{parsed.Content}@{parsed.Domain}";
    }

    public static string Encoded(SrsRules rules, string address, DateTimeOffset? at = null)
    {
        new SrsEncoder(rules).TryEncode(address, at ?? Noon, out var rewritten, out var status);
        status.Should().BeOneOf([SrsStatus.Ok, SrsStatus.TooLong], address);
        return rewritten;
    }

    public static (string Original, SrsStatus Status) Decoded(SrsRules rules, string address, DateTimeOffset? at = null)
    {
        new SrsDecoder(rules).TryDecode(address, at ?? Noon, out var original, out var status).Should().Be(status == SrsStatus.Ok);
        return (original, status);
    }

    public static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static string Domain(Random random, int i) => (i % 5) switch
    {
        0 => "b.example",
        1 => $"{Text(random, Letters, 3)}.{Text(random, Letters, 12)}-x.Example",
        2 => "M\u00fcnchen.example",
        3 => "A.EXAMPLE",
        _ => $"{Text(random, Letters + Digits, 8)}.test",
    };

    private static string Text(Random random, string alphabet, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => alphabet[random.Next(alphabet.Length)]));
}
