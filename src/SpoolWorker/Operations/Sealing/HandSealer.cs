// What the pass arc-seal does, for one message and a key given by hand. The chain is verified first, with keys from the DNS. A failing
// read of the body throws (IOException).
using SpoolWorker.Passes;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Sealing;

/// <summary>A message that was to be sealed.</summary>
/// <param name="Lines">What goes on top of it; none for a chain that is closed.</param>
/// <param name="BrokenChain">Why its chain does not verify, which is then sealed as failed; null: it does, or there is none.</param>
/// <param name="Trouble">Why it could not be sealed; null: it was.</param>
internal sealed record SealedMessage(IReadOnlyList<HeaderLine> Lines, string? BrokenChain, Trouble? Trouble);

/// <summary>Seals messages by hand.</summary>
internal sealed class HandSealer(ArcOptions options, ArcVerifier verifier, IDnsResolver dns, KeyCache keys, TimeProvider clock)
{
    /// <summary>Seals one.</summary>
    /// <param name="header">Its header lines.</param>
    /// <param name="body">Its body.</param>
    /// <param name="sealer">Whose results go into the set.</param>
    /// <param name="key">Who seals.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<SealedMessage> SealAsync(HeaderFile header, IMessageBody body, ArcSealer sealer, SealKey key, CancellationToken cancellationToken)
    {
        var message = SignedMessage.Live(header, body);
        var chain = ArcChain.Read(message.Headers, options.MaxSets);
        string? broken = null;
        if (chain is not null)
        {
            message.Body.Want(ArcSealer.BodyHash);
            var verified = await verifier.VerifyAsync(header, message.Body, new KeyLookups(dns, keys, ArcVerifier.MaxLookups), cancellationToken).ConfigureAwait(false);
            if (verified.State == ArcState.TempError) return new SealedMessage([], null, new Trouble(TroubleKind.NotNow, $"the chain cannot be judged now: {verified.ReasonText}"));
            if (verified.State != ArcState.Pass) broken = verified.ReasonText;
        }
        var made = sealer.Seal(message, chain, key, isValid: chain is not null && broken is null, clock.GetUtcNow().ToUnixTimeSeconds(), cancellationToken);
        return new SealedMessage(made.Lines, broken, FaultOf(made) is { } fault ? new Trouble(TroubleKind.BadData, fault) : null);
    }

    private static string? FaultOf(SealResult made) => made.Outcome switch
    {
        SealOutcome.Sealed or SealOutcome.ChainClosed => null,
        SealOutcome.NoResults => "no Authentication-Results line of the authserv-id given with --admd; there is nothing to seal",
        SealOutcome.ChainFull => $"instance {made.Instance} is above the {ArcVerifier.MaxSets} that a chain may have",
        _ => $"the set made does not verify: {ArcWords.Text(made.Reason)}",
    };
}
