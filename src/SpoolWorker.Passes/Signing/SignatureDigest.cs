// The digest that a signature signs: chosen header lines, then the field that holds the signature with its b= emptied
// (RFC 6376, 3.7; RFC 8617, 5.1.1 for seals). The body is in it through bh=. One function for signing and verifying, so
// that both see the same bytes. Nothing can fail.
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Signing;

/// <summary>Computes what is signed.</summary>
public static class SignatureDigest
{
    /// <summary>For a signature with <c>h=</c>: DKIM-Signature, ARC-Message-Signature.</summary>
    /// <param name="message">The message.</param>
    /// <param name="names">The value of <c>h=</c>.</param>
    /// <param name="own">Position of the signature's line in the message; -1 when it is not in there yet.</param>
    /// <param name="field">The signature's line.</param>
    /// <param name="b">Its tag <c>b=</c>, as found in the line's value.</param>
    /// <param name="form">Canonicalization of header lines.</param>
    /// <param name="digest">Receives <see cref="HashInput.DigestLength"/> bytes.</param>
    public static void Compute(SignedMessage message, ReadOnlySpan<byte> names, int own, HeaderLine field, in Tag b, Canonicalization form, Span<byte> digest)
    {
        var hash = HashInput.Create();
        HeaderSelection.Append(ref hash, message, names, own, form);
        Finish(ref hash, field, b, form, digest);
    }

    /// <summary>For a signature over given lines in a given order: ARC-Seal.</summary>
    public static void Compute(ReadOnlySpan<HeaderLine> lines, HeaderLine field, in Tag b, Canonicalization form, Span<byte> digest)
    {
        var hash = HashInput.Create();
        foreach (var line in lines) HeaderCanonicalizer.Append(ref hash, line.Text.Span, form);
        Finish(ref hash, field, b, form, digest);
    }

    private static void Finish(ref HashInput hash, HeaderLine field, in Tag b, Canonicalization form, Span<byte> digest)
    {
        var text = field.Text.Span;
        // tags are counted from behind the colon
        var value = text.IndexOf((byte)':') + 1;
        HeaderCanonicalizer.AppendSignature(ref hash, text, value + b.HoleStart, value + b.HoleEnd, form);
        hash.Finish(digest);
        hash.Dispose();
    }
}
