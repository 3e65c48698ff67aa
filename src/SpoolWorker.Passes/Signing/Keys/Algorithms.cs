// The closed sets of RFC 6376 (3.3, 3.4), RFC 8301 and RFC 8463 with their words. Nothing here can fail: an unknown word
// is a null.

namespace SpoolWorker.Passes.Signing.Keys;

/// <summary>How header lines or a body are brought into form before hashing (RFC 6376, 3.4).</summary>
public enum Canonicalization
{
    /// <summary>Nearly as it stands (RFC 6376, 3.4.1 and 3.4.3).</summary>
    Simple,

    /// <summary>Without differences of case and white space (RFC 6376, 3.4.2 and 3.4.4).</summary>
    Relaxed,
}

/// <summary>A value of <c>a=</c>.</summary>
public enum SignatureAlgorithm
{
    /// <summary><c>rsa-sha256</c> (RFC 6376, 3.3.2).</summary>
    RsaSha256,

    /// <summary>Known so that it can be named in a reason; RFC 8301, 3.1 forbids both signing and accepting it.</summary>
    RsaSha1,

    /// <summary>RFC 8463: Ed25519 over the SHA-256 digest.</summary>
    Ed25519Sha256,
}

/// <summary>A value of <c>k=</c> in a key record.</summary>
public enum KeyType
{
    /// <summary><c>k=rsa</c>, the default.</summary>
    Rsa,

    /// <summary><c>k=ed25519</c> (RFC 8463).</summary>
    Ed25519,
}

/// <summary>The words of both sets.</summary>
public static class Algorithms
{
    /// <summary>The word of the RFC.</summary>
    public static string Token(this Canonicalization value) => value switch
    {
        Canonicalization.Simple => "simple",
        Canonicalization.Relaxed => "relaxed",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "not a canonicalization"),
    };

    /// <summary>The word of the RFC.</summary>
    public static string Token(this SignatureAlgorithm value) => value switch
    {
        SignatureAlgorithm.RsaSha256 => "rsa-sha256",
        SignatureAlgorithm.RsaSha1 => "rsa-sha1",
        SignatureAlgorithm.Ed25519Sha256 => "ed25519-sha256",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "not an algorithm"),
    };

    /// <summary>The word of the RFC.</summary>
    public static string Token(this KeyType value) => value switch
    {
        KeyType.Rsa => "rsa",
        KeyType.Ed25519 => "ed25519",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "not a key type"),
    };

    /// <summary>The kind of key an algorithm needs.</summary>
    public static KeyType Key(this SignatureAlgorithm value) => value == SignatureAlgorithm.Ed25519Sha256 ? KeyType.Ed25519 : KeyType.Rsa;

    // The ABNF writes these words as literals, which RFC 5234, 2.3 compares without regard to case.
    /// <summary>The value of <c>a=</c>, any case; null when it is not known.</summary>
    public static SignatureAlgorithm? ParseAlgorithm(ReadOnlySpan<byte> word) =>
        Same(word, "rsa-sha256"u8) ? SignatureAlgorithm.RsaSha256
        : Same(word, "ed25519-sha256"u8) ? SignatureAlgorithm.Ed25519Sha256
        : Same(word, "rsa-sha1"u8) ? SignatureAlgorithm.RsaSha1 : null;

    /// <summary>One half of the value of <c>c=</c>, any case; null when it is not known.</summary>
    public static Canonicalization? ParseCanonicalization(ReadOnlySpan<byte> word) =>
        Same(word, "relaxed"u8) ? Canonicalization.Relaxed : Same(word, "simple"u8) ? Canonicalization.Simple : null;

    /// <summary>Reads <c>c=</c>: header, then body behind a slash; a missing body part means simple (RFC 6376, 3.5).</summary>
    public static bool TryPair(ReadOnlySpan<byte> value, out Canonicalization header, out Canonicalization body)
    {
        var slash = value.IndexOf((byte)'/');
        var first = ParseCanonicalization(slash < 0 ? value : value[..slash]);
        var second = slash < 0 ? Canonicalization.Simple : ParseCanonicalization(value[(slash + 1)..]);
        header = first ?? default;
        body = second ?? default;
        return first is not null && second is not null;
    }

    private static bool Same(ReadOnlySpan<byte> word, ReadOnlySpan<byte> known) => System.Text.Ascii.EqualsIgnoreCase(word, known);
}
