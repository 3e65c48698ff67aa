using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Tests.Dkim;

public sealed class KeyTests
{
    private static readonly RSA Rsa = RSA.Create(1024);
    private static readonly string Spki = Convert.ToBase64String(Rsa.ExportSubjectPublicKeyInfo());
    private static readonly string Bare = Convert.ToBase64String(Rsa.ExportRSAPublicKey());

    // RFC 8463, A.2
    private const string RfcSecret = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", RfcPublic = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    [Theory]
    [InlineData("v=DKIM1; k=rsa; p={spki}", "")]
    [InlineData("p={spki}", "")]
    [InlineData("p={bare}", "")]
    [InlineData("v=DKIM1; p={spki};", "")]
    [InlineData("v=DKIM1; h=sha1 : sha256; s=*; t=y:s; n=a note; p={spki}", "ys")]
    [InlineData("k=RSA; s=email:web; p={spki}", "")]
    [InlineData("s=web; p={spki}", "n")]
    [InlineData("h=sha1; p={spki}", "1")]
    [InlineData("v=DKIM1; p=", "r")]
    [InlineData("v=DKIM1; k=ed25519; p={ed}", "")]
    public void Records_say_what_a_key_is_for(string text, string expected)
    {
        var record = KeyRecord.TryParse(Fill(text), out var reason);
        record.Should().NotBeNull(reason);
        var flags = $"{(record!.IsTesting ? "y" : "")}{(record.IsStrict ? "s" : "")}{(record.IsForMail ? "" : "n")}{(record.AllowsSha256 ? "" : "1")}{(record.IsRevoked ? "r" : "")}";
        flags.Should().Be(expected);
    }

    [Theory]
    [InlineData("", "no tag at byte 0 of the key record")]
    [InlineData("v=spf1 -all", "the key record is of another version")]
    [InlineData("p={spki}; v=DKIM1", "the key record is of another version")]
    [InlineData("v=DKIM2; p={spki}", "the key record is of another version")]
    [InlineData("v=DKIM1; k=rsa", "no p= in the key record")]
    [InlineData("v=DKIM1; k=dsa; p={spki}", "unknown key type")]
    [InlineData("v=DKIM1; p=???", "p= is not base64")]
    [InlineData("v=DKIM1; p=AAAA", "the key is no RSA public key")]
    [InlineData("v=DKIM1; p={spki}; p={spki}", "duplicate tag p= at byte ")]
    [InlineData("v=DKIM1; k=ed25519; p={spki}", "an Ed25519 key has 32 bytes, not 162")]
    [InlineData("v=DKIM1; p=\u0000\u0001", "a control character in a value")]
    public void Other_records_say_why(string text, string reason)
    {
        KeyRecord.TryParse(Fill(text), out var why).Should().BeNull();
        why.Should().StartWith(reason);
    }

    [Fact]
    public void Odd_bytes_in_records_are_reasons_not_exceptions()
    {
        var random = new Random(7);
        var good = Fill("v=DKIM1; k=rsa; p={spki}");
        for (var i = 0; i < 3000; i++)
        {
            var bytes = good.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var record = KeyRecord.TryParse(bytes.AsMemory(0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length), out _);
            record?.Key?.Verify(new byte[32], new byte[128]).Should().BeFalse();
        }
    }

    [Fact]
    public void Records_too_long_are_no_keys()
    {
        KeyRecord.TryParse(new byte[KeyRecord.MaxLength + 1], out var reason).Should().BeNull();
        reason.Should().Be($"a key record of {KeyRecord.MaxLength + 1} bytes");
    }

    [Fact]
    public void Cache_gives_the_same_key_again_and_forgets_the_one_not_used_for_longest()
    {
        var cache = new KeyCache(2);
        ReadOnlyMemory<byte> first = Fill("p={spki}"), second = Fill("p={bare}"), third = Fill("k=ed25519; p={ed}");
        var key = cache.Get(first, out _);
        cache.Get(second, out _);
        cache.Get(first.ToArray(), out _).Should().BeSameAs(key);
        cache.Get(third, out _);
        cache.Count.Should().Be(2);
        cache.Get(first, out _).Should().BeSameAs(key);
        cache.Get("p=?"u8.ToArray(), out var reason).Should().BeNull();
        cache.Get("p=?"u8.ToArray(), out var again).Should().BeNull();
        again.Should().Be(reason).And.NotBeEmpty();
    }

    [Fact]
    public void One_key_object_serves_many_threads()
    {
        var key = PrivateKey.TryParse(Rsa.ExportPkcs8PrivateKeyPem(), out _)!;
        var record = KeyRecord.TryParse(Fill("p={spki}"), out _)!;
        Parallel.For(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var digest = SHA256.HashData(BitConverter.GetBytes(i));
            var signature = key.Sign(digest);
            record.Key!.Verify(digest, signature).Should().BeTrue();
            signature[i % signature.Length] ^= 1;
            record.Key.Verify(digest, signature).Should().BeFalse();
        });
    }

    [Fact]
    public void A_key_of_another_algorithm_is_a_reason_and_no_exception()
    {
        // 1.3.101.112 is Ed25519; 1.3.101.99 is nothing.
        byte[] unknown = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x63, 4, 0x22, 4, 0x20, .. new byte[32]];
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (var der in new[] { unknown, curve.ExportPkcs8PrivateKey(), [0x30, 0], [0x30, 0x80], unknown[..20], [] })
        {
            PrivateKey.TryParse(PemEncoding.WriteString("PRIVATE KEY", der), out var fault).Should().BeNull();
            fault.Should().Be("no private key of RSA or Ed25519");
        }
        byte[] spki = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x63, 3, 0x21, 0, .. new byte[32]];
        foreach (var der in new[] { spki, curve.ExportSubjectPublicKeyInfo() })
        {
            KeyRecord.TryParse(Encoding.ASCII.GetBytes($"v=DKIM1; p={Convert.ToBase64String(der)}"), out var reason).Should().BeNull();
            reason.Should().Be("the key is no RSA public key");
        }
    }

    [Fact]
    public void Odd_bytes_in_private_keys_are_reasons_not_exceptions()
    {
        var random = new Random(8);
        byte[][] good = [Rsa.ExportPkcs8PrivateKey(), PemEncoding.TryFind(PrivateKey.NewPem(KeyType.Ed25519), out var fields) ? Convert.FromBase64String(PrivateKey.NewPem(KeyType.Ed25519)[fields.Base64Data]) : []];
        for (var i = 0; i < 2000; i++)
        {
            var der = good[i % 2].ToArray();
            for (var n = random.Next(1, 4); n > 0; n--) der[random.Next(Math.Min(der.Length, 40))] = (byte)random.Next(256);
            if (PrivateKey.TryParse(PemEncoding.WriteString("PRIVATE KEY", der), out var fault) is null) fault.Should().NotBeEmpty();
        }
    }

    [Fact]
    public void Private_keys_are_read_in_every_usual_form()
    {
        using var rsa = RSA.Create(1024);
        var seed = Convert.FromBase64String(RfcSecret);
        var ed = PemEncoding.WriteString("PRIVATE KEY", (byte[])[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20, .. seed]);
        foreach (var text in new[] { rsa.ExportPkcs8PrivateKeyPem(), rsa.ExportRSAPrivateKeyPem(), ed, RfcSecret, RfcSecret + "\n", PrivateKey.NewPem(KeyType.Rsa), PrivateKey.NewPem(KeyType.Ed25519) })
        {
            var key = PrivateKey.TryParse(text, out var fault);
            key.Should().NotBeNull(fault);
            var digest = SHA256.HashData("x"u8);
            var signature = key!.Sign(digest);
            signature.Length.Should().Be(key.SignatureLength);
            key.Public.Verify(digest, signature).Should().BeTrue();
            var published = KeyRecord.TryParse(Encoding.ASCII.GetBytes($"k={key.Type.Token()}; p={key.PublicBase64()}"), out fault);
            published!.Key!.Verify(digest, signature).Should().BeTrue();
        }
        PrivateKey.TryParse(RfcSecret, out _)!.PublicBase64().Should().Be(RfcPublic);
    }

    [Fact]
    public void What_is_no_private_key_says_so()
    {
        using var small = RSA.Create(512);
        using var curve = ECDsa.Create();
        Fault(small.ExportPkcs8PrivateKeyPem()).Should().Contain("512 bits");
        Fault(small.ExportSubjectPublicKeyInfoPem()).Should().Contain("no private key");
        Fault(curve.ExportPkcs8PrivateKeyPem()).Should().Contain("no private key");
        Fault(curve.ExportECPrivateKeyPem()).Should().Contain("no private key");
        Fault(small.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1))).Should().Contain("encrypted");
        Fault("-----BEGIN PRIVATE KEY-----\nAAAA").Should().Contain("damaged");
        Fault("hello").Should().Contain("neither PEM");
        Fault("").Should().Contain("neither PEM");
    }

    [Theory]
    [InlineData("0600", null)]
    [InlineData("0640", null)]
    [InlineData("0400", null)]
    [InlineData("0644", "others can read the key file (mode 0644)")]
    [InlineData("0602", "others can read the key file (mode 0602)")]
    [InlineData("0660", "the group can write the key file (mode 0660)")]
    public void Key_files_have_to_be_private(string mode, string? fault)
    {
        using var folder = new TempDirectory();
        var path = folder.At("key");
        File.WriteAllText(path, RfcSecret);
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
        var key = PrivateKey.TryLoad(path, out var why);
        if (fault is null) key.Should().NotBeNull(why);
        else why.Should().StartWith(fault);
        File.Delete(path);
        PrivateKey.TryLoad(path, out var gone).Should().BeNull();
        gone.Should().StartWith("the key cannot be read");
    }

    [Fact]
    public void Words_are_those_of_the_RFCs()
    {
        Enum.GetValues<SignatureAlgorithm>().Select(a => a.Token()).Should().Equal("rsa-sha256", "rsa-sha1", "ed25519-sha256");
        Enum.GetValues<Canonicalization>().Select(c => c.Token()).Should().Equal("simple", "relaxed");
        Enum.GetValues<KeyType>().Select(k => k.Token()).Should().Equal("rsa", "ed25519");
        foreach (var algorithm in Enum.GetValues<SignatureAlgorithm>()) Algorithms.ParseAlgorithm(Encoding.ASCII.GetBytes(algorithm.Token())).Should().Be(algorithm);
        Algorithms.ParseAlgorithm("rsa-sha512"u8).Should().BeNull();
        Algorithms.TryPair("relaxed"u8, out var header, out var body).Should().BeTrue();
        (header, body).Should().Be((Canonicalization.Relaxed, Canonicalization.Simple));
        Algorithms.TryPair("relaxed/"u8, out _, out _).Should().BeFalse();
        Algorithms.TryPair("simple/nofws"u8, out _, out _).Should().BeFalse();
    }

    private static string Fault(string text)
    {
        PrivateKey.TryParse(text, out var fault).Should().BeNull();
        return fault;
    }

    private static byte[] Fill(string text) =>
        Encoding.Latin1.GetBytes(text.Replace("{spki}", Spki, StringComparison.Ordinal).Replace("{bare}", Bare, StringComparison.Ordinal).Replace("{ed}", RfcPublic, StringComparison.Ordinal));
}
