// A private key from a file: RSA as PKCS#1 or PKCS#8 in PEM, Ed25519 as PKCS#8 in PEM or as its 32 bytes in base64 (what
// dkimpy writes). A key that others than owner and group can read, or that the group can write, is refused. All faults are
// sentences for the operator; nothing throws while loading. Signing serves many threads at once.
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

#pragma warning disable RS0030 // reads the operator's key file

namespace SpoolWorker.Passes.Signing.Keys;

/// <summary>A key that signs.</summary>
public sealed class PrivateKey : IDisposable
{
    /// <summary>RFC 8301, 3.2: signers have to use 1024 bits at least.</summary>
    public const int MinRsaBits = 1024;

    /// <summary>Largest modulus that OpenSSL works with.</summary>
    public const int MaxRsaBits = 16384;

    // RSA of 16,384 bits takes 13 kB in PEM.
    private const int MaxFile = 64 * 1024;

    // RFC 8410, 3
    private const string Ed25519Oid = "1.3.101.112";

    private readonly RSA? _rsa;
    private readonly byte[]? _seed;
    private readonly byte[]? _ed25519Public;

    private PrivateKey(RSA rsa)
    {
        _rsa = rsa;
        Public = PublicKey.Of(rsa);
    }

    private PrivateKey(byte[] seed)
    {
        _seed = seed;
        _ed25519Public = new byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(seed, 0, _ed25519Public, 0);
        Public = PublicKey.OfEd25519(_ed25519Public)!;
    }

    /// <summary>RSA or Ed25519, as the file had it.</summary>
    public KeyType Type => Public.Type;

    /// <summary>What it signs with.</summary>
    public SignatureAlgorithm Algorithm => Type == KeyType.Rsa ? SignatureAlgorithm.RsaSha256 : SignatureAlgorithm.Ed25519Sha256;

    /// <summary>The public half, for checking what was signed.</summary>
    public PublicKey Public { get; }

    /// <summary>Bytes of a signature.</summary>
    public int SignatureLength => _rsa is null ? Ed25519.SignatureSize : (_rsa.KeySize + 7) / 8;

    /// <summary>Signs a SHA-256 digest.</summary>
    public byte[] Sign(ReadOnlySpan<byte> digest)
    {
        if (_rsa is not null) return _rsa.SignHash(digest.ToArray(), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(_seed!, 0, _ed25519Public!, 0, digest.ToArray(), 0, digest.Length, signature, 0);
        return signature;
    }

    /// <summary>Forgets it. Nobody may be signing.</summary>
    public void Dispose()
    {
        _rsa?.Dispose();
        if (_seed is not null) CryptographicOperations.ZeroMemory(_seed);
    }

    /// <summary>The value of <c>p=</c> in the key record.</summary>
    public string PublicBase64() => Convert.ToBase64String(_rsa?.ExportSubjectPublicKeyInfo() ?? _ed25519Public!);

    /// <summary>A new key in PEM (PKCS#8).</summary>
    public static string NewPem(KeyType type)
    {
        if (type == KeyType.Rsa)
        {
            using var rsa = RSA.Create(2048);
            return rsa.ExportPkcs8PrivateKeyPem();
        }
        var seed = RandomNumberGenerator.GetBytes(Ed25519.SecretKeySize);
        return PemEncoding.WriteString("PRIVATE KEY", (byte[])[.. Ed25519Prefix, .. seed]);
    }

    // RFC 8410, 7: SEQUENCE { 0, { 1.3.101.112 }, OCTET STRING { OCTET STRING of 32 bytes } }
    private static ReadOnlySpan<byte> Ed25519Prefix => [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

    /// <summary>Why a file holds no key to sign with; null when it does. Nothing of the key is kept.</summary>
    public static string? FaultOf(string path)
    {
        using var key = TryLoad(path, out var fault);
        return key is null ? fault : null;
    }

    /// <summary>Loads a key file.</summary>
    public static PrivateKey? TryLoad(string path, out string fault)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) return Fail("name the file of the private key (spoolworker keygen makes one)", out fault);
        try
        {
            using var handle = File.OpenHandle(path);
            var mode = File.GetUnixFileMode(handle);
            if ((mode & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute)) != 0) return Fail($"others can read the key file (mode {Octal(mode)}); chmod o-rwx it", out fault);
            if ((mode & UnixFileMode.GroupWrite) != 0) return Fail($"the group can write the key file (mode {Octal(mode)}); chmod g-w it", out fault);
            var length = RandomAccess.GetLength(handle);
            if (length > MaxFile) return Fail("the file is too large for a key", out fault);
            var bytes = new byte[length];
            var read = RandomAccess.Read(handle, bytes, 0);
            return TryParse(Encoding.Latin1.GetString(bytes, 0, read), out fault);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Fail($"the key cannot be read: {e.Message}", out fault);
        }
    }

    /// <summary>Reads the text of a key file.</summary>
    public static PrivateKey? TryParse(string text, out string fault)
    {
        fault = "";
        if (!text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            Span<byte> seed = stackalloc byte[Ed25519.SecretKeySize + 3];
            return Convert.TryFromBase64String(text.Trim(), seed, out var written) && written == Ed25519.SecretKeySize
                ? new PrivateKey(seed[..written].ToArray())
                : Fail("neither PEM nor an Ed25519 key of 32 bytes in base64", out fault);
        }
        if (text.Contains("ENCRYPTED", StringComparison.Ordinal)) return Fail("the key is encrypted; store it without a pass phrase", out fault);
        if (!PemEncoding.TryFind(text, out var fields)) return Fail("the PEM text is damaged", out fault);
        var label = text[fields.Label];
        var der = Convert.FromBase64String(text[fields.Base64Data]);
        if (label == "PRIVATE KEY" && Seed(der) is { } found) return new PrivateKey(found);
        if (label is not ("PRIVATE KEY" or "RSA PRIVATE KEY")) return Fail($"'{label}' is no private key of RSA or Ed25519", out fault);
        var rsa = RSA.Create();
        try
        {
            if (label == "PRIVATE KEY") rsa.ImportPkcs8PrivateKey(der, out _);
            else rsa.ImportRSAPrivateKey(der, out _);
            if (rsa.KeySize is >= MinRsaBits and <= MaxRsaBits) return new PrivateKey(rsa);
            fault = $"an RSA key of {rsa.KeySize} bits; make one of {MinRsaBits} to {MaxRsaBits}, best 2048";
        }
        catch (CryptographicException)
        {
            fault = "no private key of RSA or Ed25519";
        }
        rsa.Dispose();
        return null;
    }

    // PKCS#8 of Ed25519 may carry attributes or the public key behind the seed (RFC 5958). Null for any other key.
    private static byte[]? Seed(byte[] der)
    {
        try
        {
            var info = new AsnReader(der, AsnEncodingRules.BER).ReadSequence();
            info.ReadInteger();
            if (info.ReadSequence().ReadObjectIdentifier() != Ed25519Oid) return null;
            var seed = new AsnReader(info.ReadOctetString(), AsnEncodingRules.BER).ReadOctetString();
            return seed.Length == Ed25519.SecretKeySize ? seed : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');

    private static PrivateKey? Fail(string why, out string fault)
    {
        fault = why;
        return null;
    }
}
