using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Dkim;

/// <summary>Keys, messages, and how they are signed and verified in these tests.</summary>
internal static class Mail
{
    public const string RfcSeed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static readonly RSA Rsa = RSA.Create(2048);

    public static readonly string RsaPem = Rsa.ExportPkcs8PrivateKeyPem();

    public static readonly string RsaPkcs1Pem = Rsa.ExportRSAPrivateKeyPem();

    public static readonly PrivateKey RsaKey = PrivateKey.TryParse(RsaPem, out _)!;

    public static readonly PrivateKey EdKey = PrivateKey.TryParse(RfcSeed, out _)!;

    public static PrivateKey Key(KeyType type) => type == KeyType.Rsa ? RsaKey : EdKey;

    public static string Record(KeyType type, string more = "") => $"v=DKIM1; k={type.Token()}; {more}p={Key(type).PublicBase64()}";

    public static string Selector(KeyType type) => type == KeyType.Rsa ? "r1" : "e1";

    public const string Domain = "example.org";

    public static FakeDns Dns() => new FakeDns().Txt($"r1._domainkey.{Domain}", Record(KeyType.Rsa)).Txt($"e1._domainkey.{Domain}", Record(KeyType.Ed25519));

    /// <summary>Header lines as text with LF, the body as it is.</summary>
    public static HeaderFile Message(string headers, bool isWire = false)
    {
        var lines = ImmutableArray.CreateBuilder<HeaderLine>();
        foreach (var field in System.Text.RegularExpressions.Regex.Split(headers.TrimEnd('\n'), "\n(?![ \t])"))
        {
            // a leading '*' marks what Exim keeps as deleted
            var text = new HeaderLine(' ', Encoding.Latin1.GetBytes(field.TrimStart('*') + "\n"));
            lines.Add(text with { Flag = field.StartsWith('*') ? '*' : HeaderLine.FlagFor(text.Name) });
        }
        var file = new HeaderFile { Id = default, Login = default, Uid = 0, Gid = 0, Sender = default, ReceivedTime = Now.ToUnixTimeSeconds(), WarningCount = 0, Headers = lines.ToImmutable() };
        return isWire ? file.WithFlag("spool_file_wireformat") : file;
    }

    public const string Plain = "Received: from a by b; Mon, 23 Nov 2026 11:59:00 +0000\nFrom: Joe <joe@example.org>\nTo: Suzie <suzie@example.net>,\n\tBob <bob@example.net>\nSubject: Is dinner  ready?\nDate: Mon, 23 Nov 2026 12:00:00 +0000\nMessage-ID: <20261123@example.org>\n";

    public static DkimSigner Signer(KeyType type, string canonicalization = "relaxed/relaxed", Action<DkimKeyOptions>? change = null)
    {
        var options = new DkimKeyOptions { Domain = Domain, Selector = Selector(type), Canonicalization = canonicalization };
        change?.Invoke(options);
        return DkimSigner.TryCreate(options, Key(type), out _)!;
    }

    public static HeaderFile Sign(this HeaderFile message, IMessageBody body, DkimSigner signer) =>
        message.WithHeaderOnTop(signer.Sign(SignedMessage.Live(message, body), Now, default));

    public static DkimOutcome Verify(HeaderFile message, IMessageBody body, IDnsResolver dns, DkimOptions? options = null)
    {
        var verifier = new DkimVerifier(options ?? new DkimOptions());
        return verifier.VerifyAsync(message, new BodyHashes(body), verifier.Lookups(dns, new KeyCache()), default).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>A signature line that says just these tags, rightly signed with the RSA key.</summary>
    public static string SignedField(HeaderFile message, IMessageBody body, string tags, string form = "relaxed/relaxed", KeyType type = KeyType.Rsa)
    {
        Algorithms.TryPair(Encoding.ASCII.GetBytes(form), out var header, out var bodyForm).Should().BeTrue();
        // tags that are wrong on purpose are no list
        _ = TagList.TryParse(Encoding.Latin1.GetBytes(tags), out var list, out _);
        var limit = list is not null && list.TryValue("l"u8, out var l) && TagValues.TryNumber(l, out var n) ? n : BodyHashKind.NoLimit;
        var bh = Convert.ToBase64String(new BodyHashes(body).Get(new BodyHashKind(bodyForm, limit)).Digest);
        var text = $"DKIM-Signature: {tags.Replace("{bh}", bh, StringComparison.Ordinal)};\n b=";
        var line = new HeaderLine(' ', Encoding.Latin1.GetBytes(text + "\n"));
        var names = list is not null && list.TryValue("h"u8, out var h) ? h : "from"u8;
        var digest = new byte[32];
        var hole = text.Length - text.IndexOf(':', StringComparison.Ordinal) - 1;
        SignatureDigest.Compute(SignedMessage.Live(message, body), names, -1, line, new Tag(0, 0, 0, 0, hole, hole + 1), header, digest);
        return text + Convert.ToBase64String(Key(type).Sign(digest)) + "\n";
    }
}
