// Adds a set to a message (RFC 8617, 5.1): all Authentication-Results of our ADMD as AAR, a message signature, a seal. The
// seal says what verifying the chain gave as the message came in; over a failed chain it covers our own set alone (5.1.2).
// Nothing is added when the newest seal already says "fail" (5.1, step 2), when 50 sets are there, or when there are no
// results of ours: then there is nothing to pass on, as with Exim's arc_sign. What was made is read back and verified with
// the public half of the key before it is returned. Only a failing read of the body and faults of OpenSSL throw.
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Arc;

/// <summary>How sealing ended.</summary>
public enum SealOutcome
{
    /// <summary>The set was made, and verifies.</summary>
    Sealed,

    /// <summary>No Authentication-Results line is of our authserv-id.</summary>
    NoResults,

    /// <summary>An earlier hop has sealed the chain as failed.</summary>
    ChainClosed,

    /// <summary>There is no instance number left.</summary>
    ChainFull,

    /// <summary>What was made does not verify.</summary>
    NotVerified,
}

/// <summary>A key and the name it is published under.</summary>
public sealed record SealKey(string Domain, string Selector, PrivateKey Private);

/// <summary>What sealing gave.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Instance">The instance of the new set, or the one it would have had.</param>
/// <param name="Lines">Its lines from the top: AS, AMS, AAR; empty when nothing was added.</param>
/// <param name="Reason">For <see cref="SealOutcome.NotVerified"/>: what was wrong.</param>
public sealed record SealResult(SealOutcome Outcome, int Instance, ImmutableArray<HeaderLine> Lines, ArcReason Reason = ArcReason.None);

/// <summary>Makes sets.</summary>
internal sealed class ArcSealer(string admdId, SealTimes times, IReadOnlyList<string> names, SealLayout layout = SealLayout.InstanceFirst)
{
    private readonly bool _folds = layout == SealLayout.InstanceFirst;

    /// <summary>The body hash every set carries (c=relaxed/relaxed).</summary>
    public static BodyHashKind BodyHash { get; } = new(Canonicalization.Relaxed);

    /// <summary>Seals a message.</summary>
    /// <param name="message">As it will leave.</param>
    /// <param name="chain">Its chain; null for none.</param>
    /// <param name="key">The key to sign with.</param>
    /// <param name="isValid">Whether the chain passed when the message came in.</param>
    /// <param name="now">Unix time.</param>
    /// <param name="cancellationToken">For reading the body.</param>
    public SealResult Seal(SignedMessage message, ArcChain? chain, SealKey key, bool isValid, long now, CancellationToken cancellationToken)
    {
        var instance = (chain?.Highest ?? 0) + 1;
        var cv = chain is null ? ArcState.None : isValid && !chain.Fault.IsSet ? ArcState.Pass : ArcState.Fail;
        if (chain is { IsClosed: true }) return new SealResult(SealOutcome.ChainClosed, instance, []);
        if (instance > ArcInstance.Max) return new SealResult(SealOutcome.ChainFull, instance, []);
        if (OwnResults.Collect(message.Headers, admdId) is not { } results) return new SealResult(SealOutcome.NoResults, instance, []);

        var set = cv == ArcState.Pass ? chain!.SetOf(instance) : new ArcSet();
        var own = cv == ArcState.Pass ? chain! : ArcChain.Of(instance, set);
        var first = cv == ArcState.Fail ? instance : 1;
        Span<byte> digest = stackalloc byte[HashInput.DigestLength];

        set.Results = Line(Results(instance, results));
        var bodyHash = message.Body.Get(BodyHash, cancellationToken);
        var signed = SignedNames.Of(message, names);
        MakeSignature([]);
        ArcDigests.OfMessage(message, set.Signature!, set.SignatureTags!, Canonicalization.Relaxed, digest);
        MakeSignature(key.Private.Sign(digest));
        MakeSeal([]);
        ArcDigests.OfSeal(own, first, instance, digest);
        MakeSeal(key.Private.Sign(digest));

        var reason = Verify(message, own, first, instance, key.Private, bodyHash, now);
        return reason == ArcReason.None
            ? new SealResult(SealOutcome.Sealed, instance, [set.Seal!, set.Signature!, set.Results])
            : new SealResult(SealOutcome.NotVerified, instance, [], reason);

        void MakeSignature(ReadOnlySpan<byte> b)
        {
            set.Signature = Line(Signature(instance, key, signed, bodyHash.Digest, now, b));
            set.SignatureTags = Tags(set.Signature);
        }

        void MakeSeal(ReadOnlySpan<byte> b)
        {
            set.Seal = Line(Seal(instance, cv, key, now, b));
            set.SealTags = Tags(set.Seal);
        }
    }

    /// <summary>The way of the verifier, but for the lookup of the key.</summary>
    private static ArcReason Verify(SignedMessage message, ArcChain chain, int first, int instance, PrivateKey key, BodyHash body, long now)
    {
        var set = chain[instance];
        Span<byte> digest = stackalloc byte[HashInput.DigestLength];
        var reason = ArcSignature.ReadMessageSignature(set.SignatureTags!, now, out var signature);
        if (reason == ArcReason.None) reason = ArcDigests.CheckBody(set.SignatureTags!, body);
        if (reason == ArcReason.None)
        {
            ArcDigests.OfMessage(message, set.Signature!, set.SignatureTags!, signature.Header, digest);
            reason = ArcDigests.CheckValue(set.SignatureTags!, key.Public, digest);
        }
        if (reason == ArcReason.None) reason = ArcSignature.ReadSeal(set.SealTags!, out _);
        if (reason != ArcReason.None) return reason;
        ArcDigests.OfSeal(chain, first, instance, digest);
        return ArcDigests.CheckValue(set.SealTags!, key.Public, digest);
    }

    // RFC 8617, 4.1.1; RFC 8601, 2.2 for "none".
    private byte[] Results(int instance, List<ReadOnlyMemory<byte>> results)
    {
        var line = new SealLine(ArcWords.Name(ArcField.Results), _folds).Add("i", instance).Add(admdId);
        if (results.Count == 0) line.Add("none");
        foreach (var result in results) line.Add(OneLine(result.Span));
        return line.ToBytes();
    }

    // RFC 8617, 4.1.2
    private byte[] Signature(int instance, SealKey key, List<string> signed, ReadOnlySpan<byte> bodyHash, long now, ReadOnlySpan<byte> b)
    {
        var line = new SealLine(ArcWords.Name(ArcField.Signature), _folds);
        var bh = Convert.ToBase64String(bodyHash);
        if (layout == SealLayout.Alphabetical)
        {
            line.Add("a", key.Private.Algorithm.Token()).AddSignature(b).Add("bh", bh).Add("c", "relaxed/relaxed").Add("d", key.Domain).AddList("h", signed).Add("i", instance).Add("s", key.Selector);
            return AddTimes(line, now, withExpiry: true).ToBytes();
        }
        line.Add("i", instance).Add("a", key.Private.Algorithm.Token()).Add("c", "relaxed/relaxed").Add("d", key.Domain).Add("s", key.Selector);
        return AddTimes(line, now, withExpiry: true).AddList("h", signed).Add("bh", bh).AddSignature(b).ToBytes();
    }

    // RFC 8617, 4.1.3
    private byte[] Seal(int instance, ArcState cv, SealKey key, long now, ReadOnlySpan<byte> b)
    {
        var line = new SealLine(ArcWords.Name(ArcField.Seal), _folds);
        var value = ArcWords.Token(cv);
        if (layout == SealLayout.Alphabetical)
        {
            line.Add("a", key.Private.Algorithm.Token()).AddSignature(b).Add("cv", value).Add("d", key.Domain).Add("i", instance).Add("s", key.Selector);
            return AddTimes(line, now, withExpiry: false).ToBytes();
        }
        line.Add("i", instance).Add("a", key.Private.Algorithm.Token()).Add("cv", value).Add("d", key.Domain).Add("s", key.Selector);
        return AddTimes(line, now, withExpiry: false).AddSignature(b).ToBytes();
    }

    private SealLine AddTimes(SealLine line, long now, bool withExpiry)
    {
        if (times.Timestamps) line.Add("t", now);
        if (withExpiry && times.ExpiryAt(now) is { } expiry) line.Add("x", expiry);
        return line;
    }

    private static HeaderLine Line(byte[] text) => HeaderLine.Create(text);

    private static TagList Tags(HeaderLine line) =>
        TagList.TryParse(line.Text[^line.Value.Length..], out var tags, out var error) ? tags : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"made a header line with {error.Reason} at {error.Offset}"));

    /// <summary>A result without the line breaks and the bytes that no new header line may have.</summary>
    private static string OneLine(ReadOnlySpan<byte> result)
    {
        var text = Encoding.Latin1.GetString(result);
        return text.AsSpan().IndexOfAny('\r', '\n', '\0') < 0 ? text : HeaderLine.Unfold(text).Replace('\r', ' ').Replace('\0', ' ');
    }
}
