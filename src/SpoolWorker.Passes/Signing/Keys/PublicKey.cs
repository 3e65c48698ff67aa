// A public key as an imported object. Importing costs as much as five verifications, so these are kept (KeyCache). One
// object serves many threads at once: .NET's RSA over OpenSSL holds nothing but a counted EVP_PKEY and makes a context for
// each call, and OpenSSL guards what a key caches; a test hammers it. A key that cannot be used is a reason, not an exception.
using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace SpoolWorker.Passes.Signing.Keys;

/// <summary>A key that checks signatures over SHA-256 digests.</summary>
public sealed class PublicKey
{
    private readonly RSA? _rsa;
    private readonly Ed25519.PublicPoint? _point;

    private PublicKey(RSA rsa)
    {
        _rsa = rsa;
        Type = KeyType.Rsa;
        Bits = rsa.KeySize;
    }

    private PublicKey(Ed25519.PublicPoint point)
    {
        _point = point;
        Type = KeyType.Ed25519;
        Bits = 256;
    }

    /// <summary>Longest signature any key here gives: RSA with OpenSSL's largest modulus of 16,384 bits.</summary>
    public const int MaxSignature = 2048;

    /// <summary>What it verifies.</summary>
    public KeyType Type { get; }

    /// <summary>Of an RSA key its modulus, of Ed25519 256.</summary>
    public int Bits { get; }

    /// <summary>Checks a signature: RSASSA-PKCS1-v1_5 (RFC 6376, 3.3.2) or PureEdDSA over the digest (RFC 8463, 3).</summary>
    public bool Verify(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        if (_rsa is not null)
        {
            try
            {
                return _rsa.VerifyHash(digest, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            }
            catch (CryptographicException)
            {
                // OpenSSL refuses to work with some keys it can import (an even modulus, an exponent of 1)
                return false;
            }
        }
        return signature.Length == Ed25519.SignatureSize && Ed25519.Verify(signature.ToArray(), 0, _point!, digest.ToArray(), 0, digest.Length);
    }

    /// <summary>Takes the bytes of <c>p=</c>: a SubjectPublicKeyInfo, or an RSAPublicKey as RFC 6376 wrote first; for
    /// Ed25519 the 32 bytes themselves (RFC 8463, 4.2).</summary>
    public static PublicKey? TryImport(KeyType type, ReadOnlySpan<byte> bytes, out string reason)
    {
        reason = "";
        if (type == KeyType.Ed25519)
        {
            var point = bytes.Length == Ed25519.PublicKeySize ? Ed25519.ValidatePublicKeyFullExport(bytes.ToArray(), 0) : null;
            if (point is null) reason = bytes.Length == Ed25519.PublicKeySize ? "the key is no point of Ed25519" : $"an Ed25519 key has {Ed25519.PublicKeySize} bytes, not {bytes.Length}";
            return point is null ? null : new PublicKey(point);
        }
        var rsa = RSA.Create();
        try
        {
            int read;
            if (IsSubjectPublicKeyInfo(bytes)) rsa.ImportSubjectPublicKeyInfo(bytes, out read);
            else rsa.ImportRSAPublicKey(bytes, out read);
            if (read == bytes.Length) return new PublicKey(rsa);
            reason = "bytes follow the RSA key";
        }
        catch (CryptographicException)
        {
            reason = "the key is no RSA public key";
        }
        rsa.Dispose();
        return null;
    }

    internal static PublicKey Of(RSA rsa) => new(rsa);

    internal static PublicKey? OfEd25519(byte[] bytes) => TryImport(KeyType.Ed25519, bytes, out _);

    // SEQUENCE { SEQUENCE … } against SEQUENCE { INTEGER … }: the first tag inside tells.
    private static bool IsSubjectPublicKeyInfo(ReadOnlySpan<byte> der)
    {
        if (der.Length < 2) return false;
        var header = der[1] < 0x80 ? 2 : 2 + (der[1] & 0x7f);
        return header < der.Length && der[header] == 0x30;
    }
}
