// DKIM verification (RFC 6376, 6; RFC 8301; RFC 8463): each signature from the top, up to a limit, gets a result with its
// reason. Begin reads the signatures and says which body hashes they need, so that others who verify the same message can
// say so too before the body is read; RunAsync looks up keys and checks. The live lines count; a signature that fails over
// them is tried once more over the lines as they came in, where Exim has rewritten or deleted some. Bounded in signatures,
// lookups and time. Throws on cancellation and when the body cannot be read, nothing else.
using System.Runtime.InteropServices;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dkim;

/// <summary>Verifies DKIM signatures.</summary>
public sealed class DkimVerifier(DkimOptions options)
{
    /// <summary>Lookups for one message within the options' limits.</summary>
    public KeyLookups Lookups(IDnsResolver resolver, KeyCache cache) => new(resolver, cache, options.MaxLookups, options.Timeout);

    /// <summary>Begins and runs.</summary>
    public ValueTask<DkimOutcome> VerifyAsync(HeaderFile message, BodyHashes body, KeyLookups lookups, CancellationToken cancellationToken) =>
        Begin(message, body).RunAsync(lookups, cancellationToken);

    /// <summary>Reads the signatures of a message and announces the body hashes they need.</summary>
    public DkimVerification Begin(HeaderFile message, BodyHashes body)
    {
        var signed = SignedMessage.Live(message, body);
        var receivedAt = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(message.ReceivedTime, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
        var signatures = new List<DkimSignature>(2);
        var more = 0;
        var headers = signed.Headers;
        for (var i = 0; i < headers.Length; i++)
        {
            if (!headers[i].Is("DKIM-Signature"u8)) continue;
            if (signatures.Count == options.MaxSignatures)
            {
                more++;
                continue;
            }
            var signature = DkimSignature.Read(headers[i], i, receivedAt, options.ClockSkew);
            if (signature.Fault is null) body.Want(signature.Body);
            signatures.Add(signature);
        }
        return new DkimVerification(options, message, signed, signatures, more);
    }
}

/// <summary>A verification that has begun.</summary>
public sealed class DkimVerification
{
    private readonly DkimOptions _options;
    private readonly HeaderFile _message;
    private readonly SignedMessage _signed;
    private readonly List<DkimSignature> _signatures;
    private readonly int _more;
    private SignedMessage? _received;

    internal DkimVerification(DkimOptions options, HeaderFile message, SignedMessage signed, List<DkimSignature> signatures, int more)
    {
        _options = options;
        _message = message;
        _signed = signed;
        _signatures = signatures;
        _more = more;
    }

    /// <summary>Looks up the keys and checks.</summary>
    public async ValueTask<DkimOutcome> RunAsync(KeyLookups lookups, CancellationToken cancellationToken)
    {
        if (_signatures.Count == 0) return new DkimOutcome([], 0);
        var results = new DkimSignatureResult[_signatures.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var signature = _signatures[i];
            results[i] = signature.Fault ?? Judge(signature, await lookups.FindAsync(signature.Domain, signature.Selector, cancellationToken).ConfigureAwait(false), cancellationToken);
        }
        return new DkimOutcome(ImmutableCollectionsMarshal.AsImmutableArray(results), _more);
    }

    private DkimSignatureResult Judge(DkimSignature signature, KeyAnswer answer, CancellationToken cancellationToken)
    {
        switch (answer.Status)
        {
            case KeyStatus.Found:
                break;
            case KeyStatus.Unavailable:
                return signature.Is(DkimResult.TempError, answer.Reason);
            case KeyStatus.TooMany:
                return signature.Is(DkimResult.Policy, answer.Reason);
            default:
                return signature.Is(DkimResult.PermError, answer.Reason);
        }
        // several records: the first that makes it pass, else what the first one came to (6.1.2)
        DkimSignatureResult? first = null;
        foreach (var record in answer.Records)
        {
            var result = Judge(signature, record, cancellationToken);
            if (result.Result == DkimResult.Pass) return result;
            first ??= result;
        }
        return first!;
    }

    private DkimSignatureResult Judge(DkimSignature signature, KeyRecord record, CancellationToken cancellationToken)
    {
        if (Refusal(signature, record) is { } refusal) return refusal;
        var body = _signed.Body.Get(signature.Body, cancellationToken);
        if (!body.ReachesLimit) return signature.Is(DkimResult.Fail, "the body is shorter than l= says", record.IsTesting);
        if (!body.Digest.SequenceEqual(signature.BodyHash)) return signature.Is(DkimResult.Fail, "the body hash did not verify", record.IsTesting);
        if (IsSignedBy(record.Key!, signature, _signed, signature.Position)) return signature.Is(DkimResult.Pass, "", record.IsTesting);
        _received ??= SignedMessage.AsReceived(_message, _signed.Body) ?? _signed;
        return !ReferenceEquals(_received, _signed) && IsSignedBy(record.Key!, signature, _received, PositionIn(_received, signature.Field))
            ? signature.Is(DkimResult.Pass, "", record.IsTesting, isAsReceived: true)
            : signature.Is(DkimResult.Fail, "the signature did not verify", record.IsTesting);
    }

    // What a key record may and may not be used for (RFC 6376, 3.6.1 and 6.1.2; RFC 8301, 3.2).
    private DkimSignatureResult? Refusal(DkimSignature signature, KeyRecord record)
    {
        if (record.Key is not { } key) return signature.Is(DkimResult.PermError, "the key is revoked");
        if (!record.IsForMail) return signature.Is(DkimResult.PermError, "the key is not for mail", record.IsTesting);
        if (key.Type != signature.Algorithm!.Value.Key()) return signature.Is(DkimResult.PermError, "the key is of another algorithm", record.IsTesting);
        if (!record.AllowsSha256) return signature.Is(DkimResult.PermError, "the key does not allow this hash", record.IsTesting);
        if (record.IsStrict && !signature.IsIdentityExact) return signature.Is(DkimResult.PermError, "the key wants the domain of i= to be d= itself", record.IsTesting);
        if (key.Type != KeyType.Rsa) return null;
        if (key.Bits < _options.MinRsaBits) return signature.Is(DkimResult.Policy, $"an RSA key of {key.Bits} bits is too short", record.IsTesting);
        if (key.Bits > _options.MaxRsaBits) return signature.Is(DkimResult.Policy, $"an RSA key of {key.Bits} bits is too long", record.IsTesting);
        return null;
    }

    internal static bool IsSignedBy(PublicKey key, DkimSignature signature, SignedMessage message, int position)
    {
        Span<byte> digest = stackalloc byte[HashInput.DigestLength];
        SignatureDigest.Compute(message, signature.Names, position, signature.Field, signature.B, signature.HeaderForm, digest);
        return key.Verify(digest, signature.Signature);
    }

    private static int PositionIn(SignedMessage message, HeaderLine field)
    {
        var headers = message.Headers;
        for (var i = 0; i < headers.Length; i++)
        {
            if (ReferenceEquals(headers[i], field)) return i;
        }
        return -1;
    }
}
