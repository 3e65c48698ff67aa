// Verifies a chain as RFC 8617, 5.2, orders it: structure, newest message signature, seals from the newest to the oldest,
// and then how far back message signatures hold. It ends at the first fault. A key that cannot be had now gives temperror at
// once, so that a dead DNS costs one time-out and not one for each set; all lookups together keep to a deadline.
// Only cancellation and a failing read of the body throw.
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Arc;

/// <summary>Verifies chains.</summary>
public sealed class ArcVerifier(ArcOptions options, TimeProvider clock)
{
    /// <summary>The keys a chain of the longest kind can ask for: one for each message signature and each seal.</summary>
    public const int MaxLookups = 2 * MaxSets;

    /// <summary>Sets a chain may have (RFC 8617, 4.2.1).</summary>
    public const int MaxSets = ArcInstance.Max;

    private static readonly KeyAnswer DeadlinePassed = new(KeyStatus.Unavailable, "the deadline for all keys has passed", []);

    /// <summary>
    /// Judges the chain of a message in the spool. Where its newest message signature fails over the lines that would be sent,
    /// it is tried over the lines as they came in: Exim may have rewritten addresses since, which is no fault of the chain.
    /// </summary>
    public async ValueTask<ArcResult> VerifyAsync(HeaderFile message, BodyHashes body, KeyLookups keys, CancellationToken cancellationToken)
    {
        var found = await VerifyAsync(SignedMessage.Live(message, body), keys, cancellationToken).ConfigureAwait(false);
        if (found is not { Reason: ArcReason.SignatureWrong, Field: ArcField.Signature } || SignedMessage.AsReceived(message, body) is not { } received) return found;
        var asReceived = await VerifyAsync(received, keys, cancellationToken).ConfigureAwait(false);
        return asReceived.State == ArcState.Fail ? found : asReceived;
    }

    /// <summary>Judges the chain of a message.</summary>
    public async ValueTask<ArcResult> VerifyAsync(SignedMessage message, KeyLookups keys, CancellationToken cancellationToken)
    {
        if (ArcChain.Read(message.Headers, options.MaxSets) is not { } chain) return ArcResult.NoChain;
        var domains = chain.Domains();
        var state = new Run(message, keys, chain, clock.GetUtcNow().ToUnixTimeSeconds(), clock.GetTimestamp());
        var fault = chain.Fault.IsSet ? chain.Fault : await FaultAsync(state, cancellationToken).ConfigureAwait(false);
        if (fault.IsSet)
        {
            var how = fault.Reason == ArcReason.KeyUnavailable ? ArcState.TempError : ArcState.Fail;
            return new ArcResult(how, fault.Reason, fault.Instance, fault.Field, chain.Highest, domains, 0);
        }
        var oldest = chain.Highest;
        while (oldest > 1 && await SignatureReasonAsync(state, oldest - 1, cancellationToken).ConfigureAwait(false) == ArcReason.None) oldest--;
        return new ArcResult(ArcState.Pass, ArcReason.None, 0, ArcField.Seal, chain.Highest, domains, oldest);
    }

    private sealed record Run(SignedMessage Message, KeyLookups Keys, ArcChain Chain, long Now, long Started);

    private async ValueTask<ArcFault> FaultAsync(Run run, CancellationToken cancellationToken)
    {
        var newest = run.Chain.Highest;
        // All message signatures say what they need of the body before it is read for the first.
        for (var i = newest; i > 0; i--)
        {
            if (ArcSignature.TryBody(run.Chain[i].SignatureTags!, out _, out var body)) run.Message.Body.Want(body);
        }
        // Step 4
        var reason = await SignatureReasonAsync(run, newest, cancellationToken).ConfigureAwait(false);
        if (reason != ArcReason.None) return new ArcFault(reason, newest, ArcField.Signature);
        // Step 6; step 5 needs no key that the seals do not need in most chains, so it comes after.
        for (var i = newest; i > 0; i--)
        {
            reason = await SealReasonAsync(run, i, cancellationToken).ConfigureAwait(false);
            if (reason != ArcReason.None) return new ArcFault(reason, i, ArcField.Seal);
        }
        return default;
    }

    private async ValueTask<ArcReason> SignatureReasonAsync(Run run, int instance, CancellationToken cancellationToken)
    {
        var tags = run.Chain[instance].SignatureTags!;
        var reason = ArcSignature.ReadMessageSignature(tags, run.Now, out var signature);
        if (reason != ArcReason.None) return reason;
        reason = ArcDigests.CheckBody(tags, run.Message.Body.Get(signature.Body, cancellationToken));
        if (reason != ArcReason.None) return reason;
        return CheckSignature(run, instance, signature, await KeysAsync(run, signature, cancellationToken).ConfigureAwait(false));
    }

    private ArcReason CheckSignature(Run run, int instance, in ArcSignature signature, KeyAnswer keys)
    {
        var set = run.Chain[instance];
        Span<byte> digest = stackalloc byte[HashInput.DigestLength];
        ArcDigests.OfMessage(run.Message, set.Signature!, set.SignatureTags!, signature.Header, digest);
        return ArcDigests.CheckSignature(set.SignatureTags!, signature.Algorithm, digest, keys, options.MinKeyBits);
    }

    private async ValueTask<ArcReason> SealReasonAsync(Run run, int instance, CancellationToken cancellationToken)
    {
        var reason = ArcSignature.ReadSeal(run.Chain[instance].SealTags!, out var seal);
        return reason != ArcReason.None ? reason : CheckSeal(run, instance, seal, await KeysAsync(run, seal, cancellationToken).ConfigureAwait(false));
    }

    private ArcReason CheckSeal(Run run, int instance, in ArcSignature seal, KeyAnswer keys)
    {
        Span<byte> digest = stackalloc byte[HashInput.DigestLength];
        ArcDigests.OfSeal(run.Chain, 1, instance, digest);
        return ArcDigests.CheckSignature(run.Chain[instance].SealTags!, seal.Algorithm, digest, keys, options.MinKeyBits);
    }

    private ValueTask<KeyAnswer> KeysAsync(Run run, ArcSignature signature, CancellationToken cancellationToken) =>
        clock.GetElapsedTime(run.Started) > options.Deadline ? new(DeadlinePassed) : run.Keys.FindAsync(signature.Domain, signature.Selector, cancellationToken);
}
