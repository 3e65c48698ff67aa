// What the signatures of a chain cover, as digests, and the check of a signature with a key. Nothing here fetches anything or
// throws; what it needs to know of a body has been hashed before.
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Arc;

/// <summary>Digests and checks.</summary>
internal static class ArcDigests
{
    /// <summary>The digest under a message signature.</summary>
    public static void OfMessage(SignedMessage message, HeaderLine line, TagList tags, Canonicalization form, Span<byte> digest)
    {
        tags.TryValue("h"u8, out var names);
        tags.TryFind("b"u8, out var b);
        SignatureDigest.Compute(message, names, message.Headers.IndexOf(line), line, b, form, digest);
    }

    /// <summary>The digest under the seal of an instance: all sets up to it in their order, each as AAR, AMS, AS, the last
    /// without its b= (RFC 8617, 5.1.1).</summary>
    /// <param name="chain">A chain with all its sets.</param>
    /// <param name="first">Where to begin: 1, or the instance itself for the seal of a failed chain (5.1.2).</param>
    /// <param name="instance">Whose seal.</param>
    /// <param name="digest">Where the digest goes.</param>
    public static void OfSeal(ArcChain chain, int first, int instance, Span<byte> digest)
    {
        var hash = HashInput.Create();
        for (var i = first; i <= instance; i++)
        {
            var set = chain[i];
            HeaderCanonicalizer.Append(ref hash, set.Results!.Text.Span, Canonicalization.Relaxed);
            HeaderCanonicalizer.Append(ref hash, set.Signature!.Text.Span, Canonicalization.Relaxed);
            if (i < instance) HeaderCanonicalizer.Append(ref hash, set.Seal!.Text.Span, Canonicalization.Relaxed);
            else AppendWithoutValue(ref hash, set.Seal!, set.SealTags!);
        }
        hash.Finish(digest);
        hash.Dispose();
    }

    /// <summary>Whether bh= is the hash of the body.</summary>
    public static ArcReason CheckBody(TagList tags, BodyHash body)
    {
        Span<byte> claimed = stackalloc byte[HashInput.DigestLength];
        if (!tags.TryValue("bh"u8, out var text) || !TagValues.TryBase64(text, claimed, out var length)) return ArcReason.TagInvalid;
        return body.ReachesLimit && claimed[..length].SequenceEqual(body.Digest) ? ArcReason.None : ArcReason.BodyHashWrong;
    }

    /// <summary>Whether b= is a signature of the digest by one of the keys found.</summary>
    public static ArcReason CheckSignature(TagList tags, SignatureAlgorithm algorithm, ReadOnlySpan<byte> digest, KeyAnswer keys, int minKeyBits)
    {
        if (keys.Status != KeyStatus.Found) return ReasonOf(keys.Status);
        var reason = ArcReason.None;
        foreach (var record in keys.Records)
        {
            var found = CheckRecord(tags, record, algorithm, digest, minKeyBits);
            if (found == ArcReason.None) return ArcReason.None;
            if (reason == ArcReason.None) reason = found;
        }
        return reason;
    }

    /// <summary>Whether b= is a signature of the digest by this key.</summary>
    public static ArcReason CheckValue(TagList tags, PublicKey key, ReadOnlySpan<byte> digest)
    {
        Span<byte> signature = stackalloc byte[PublicKey.MaxSignature];
        if (!tags.TryValue("b"u8, out var text) || !TagValues.TryBase64(text, signature, out var length)) return ArcReason.TagInvalid;
        return key.Verify(digest, signature[..length]) ? ArcReason.None : ArcReason.SignatureWrong;
    }

    private static ArcReason CheckRecord(TagList tags, KeyRecord record, SignatureAlgorithm algorithm, ReadOnlySpan<byte> digest, int minKeyBits)
    {
        if (record.Key is not { } key) return ArcReason.KeyRevoked;
        // RFC 6376, 3.6.1: s= and h= of the record limit what it may be used for.
        if (!record.IsForMail || !record.AllowsSha256 || key.Type != algorithm.Key()) return ArcReason.KeyUnsuitable;
        return key.Type == KeyType.Rsa && key.Bits < minKeyBits ? ArcReason.KeyTooSmall : CheckValue(tags, key, digest);
    }

    private static ArcReason ReasonOf(KeyStatus status) => status switch
    {
        KeyStatus.Missing => ArcReason.KeyNotFound,
        KeyStatus.Unusable => ArcReason.KeyInvalid,
        KeyStatus.TooMany => ArcReason.TooManyLookups,
        _ => ArcReason.KeyUnavailable,
    };

    private static void AppendWithoutValue(ref HashInput hash, HeaderLine line, TagList tags)
    {
        tags.TryFind("b"u8, out var b);
        // The tag's places are counted from behind the colon.
        var start = line.Text.Length - tags.Text.Length;
        HeaderCanonicalizer.AppendSignature(ref hash, line.Text.Span, start + b.HoleStart, start + b.HoleEnd, Canonicalization.Relaxed);
    }
}
