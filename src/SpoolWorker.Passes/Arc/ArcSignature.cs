// The tags of one ARC-Message-Signature or ARC-Seal that say how it was made (RFC 8617, 4.1.2 and 4.1.3, which build on
// RFC 6376, 3.5). Reading gives a reason instead of a value when a tag is missing or wrong; nothing throws.
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;

namespace SpoolWorker.Passes.Arc;

/// <summary>How a signature was made.</summary>
/// <param name="Algorithm">a=</param>
/// <param name="Domain">d=</param>
/// <param name="Selector">s=</param>
/// <param name="Header">Canonical form of header lines; always relaxed for a seal.</param>
/// <param name="Body">Which body hash a message signature speaks of.</param>
internal readonly record struct ArcSignature(SignatureAlgorithm Algorithm, string Domain, string Selector, Canonicalization Header, BodyHashKind Body)
{
    /// <summary>Reads a seal. cv= and h= are the chain's business.</summary>
    public static ArcReason ReadSeal(TagList tags, out ArcSignature seal)
    {
        var reason = ReadCommon(tags, out seal);
        if (reason != ArcReason.None) return reason;
        seal = seal with { Header = Canonicalization.Relaxed };
        return ReadTime(tags, "t"u8, out _);
    }

    /// <summary>Reads a message signature.</summary>
    /// <param name="tags">Its tags; v= is ignored (RFC 8617, 4.1.2).</param>
    /// <param name="now">Unix time.</param>
    /// <param name="signature">What was read.</param>
    public static ArcReason ReadMessageSignature(TagList tags, long now, out ArcSignature signature)
    {
        var reason = ReadCommon(tags, out signature);
        if (reason != ArcReason.None) return reason;
        if (!tags.Has("bh"u8) || !tags.TryValue("h"u8, out var names)) return ArcReason.TagMissing;
        var count = 0;
        foreach (var name in TagValues.Items(names))
        {
            // h= may be empty or have empty names, which cover nothing; DKIM's grammar would have a name in each place.
            if (++count > HeaderSelection.MaxNames) return ArcReason.TagInvalid;
            // RFC 8617, 4.1.2, forbids all three ARC fields. Seals made by drafts cover results and signatures, and verify; a
            // covered seal cannot, since it is made later.
            if (System.Text.Ascii.EqualsIgnoreCase(name, "arc-seal"u8)) return ArcReason.SignatureCoversSeal;
        }
        if (!TryBody(tags, out var header, out var body)) return ArcReason.TagInvalid;
        // RFC 6376, 3.5: q= is a list of methods, of which one has to be known.
        if (tags.TryValue("q"u8, out var methods) && !TagValues.ListHas(methods, "dns/txt"u8)) return ArcReason.TagInvalid;
        signature = signature with { Header = header, Body = body };
        if ((reason = ReadTime(tags, "t"u8, out var made)) != ArcReason.None) return reason;
        if ((reason = ReadTime(tags, "x"u8, out var expiry)) != ArcReason.None) return reason;
        if (expiry < 0) return ArcReason.None;
        // RFC 6376, 3.5: x= MUST be greater than t=
        if (made >= 0 && expiry <= made) return ArcReason.TagInvalid;
        return expiry < now ? ArcReason.Expired : ArcReason.None;
    }

    /// <summary>Which body hash a message signature speaks of (c= and l=).</summary>
    public static bool TryBody(TagList tags, out Canonicalization header, out BodyHashKind body)
    {
        header = Canonicalization.Simple;
        var form = Canonicalization.Simple;
        var limit = BodyHashKind.NoLimit;
        // RFC 6376, 3.5: without c=, simple/simple.
        var isGood = (!tags.TryValue("c"u8, out var forms) || Algorithms.TryPair(forms, out header, out form))
            && (!tags.TryValue("l"u8, out var length) || TagValues.TryNumber(length, out limit));
        body = new BodyHashKind(form, limit);
        return isGood;
    }

    private static ArcReason ReadCommon(TagList tags, out ArcSignature signature)
    {
        signature = default;
        if (!tags.TryValue("a"u8, out var a) || !tags.Has("b"u8) || !tags.TryValue("d"u8, out var d) || !tags.TryValue("s"u8, out var s)) return ArcReason.TagMissing;
        // RFC 8301, 3.1: rsa-sha1 must not be accepted.
        if (Algorithms.ParseAlgorithm(a) is not { } algorithm || algorithm == SignatureAlgorithm.RsaSha1) return ArcReason.AlgorithmUnsupported;
        if (TagValues.DomainName(d) is not { } domain || TagValues.DomainName(s) is not { } selector) return ArcReason.TagInvalid;
        signature = new ArcSignature(algorithm, domain, selector, Canonicalization.Relaxed, default);
        return ArcReason.None;
    }

    private static ArcReason ReadTime(TagList tags, ReadOnlySpan<byte> name, out long time)
    {
        time = -1;
        return !tags.TryValue(name, out var value) || TagValues.TryNumber(value, out time) ? ArcReason.None : ArcReason.TagInvalid;
    }
}
