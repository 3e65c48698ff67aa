// The pass `arc-seal`: seals what leaves, whatever Arc:Mode says: naming it in Passes is the switch. It comes last, since a seal covers the message as it is then. What the chain was
// worth when the message came in, it takes from the pass `authenticate`; without that it verifies the chain itself. A message
// without Authentication-Results of ours (mail of our own users, say) stays as it is: there is nothing to tell of it.
// A key of the chain that cannot be fetched now, and a signing table that cannot be read, make the message wait.
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Passes.Arc;

/// <summary>Seals messages.</summary>
public sealed class ArcSealPass : IMessagePass, IDisposable
{
    private readonly ArcOptions _arc;
    private readonly ArcVerifier _verifier;
    private readonly ArcSealer _sealer;
    private readonly SigningTable _table;
    private readonly IDnsResolver _dns;
    private readonly KeyCache _cache;

    /// <param name="options">Settings that <see cref="ArcSealOptions.Faults"/> found nothing wrong with.</param>
    /// <param name="arc">Settings of ARC as a whole.</param>
    /// <param name="verifier">Judges chains that nobody has judged yet.</param>
    /// <param name="dns">For their keys.</param>
    /// <param name="cache">Keys that are known.</param>
    public ArcSealPass(ArcSealOptions options, ArcOptions arc, ArcVerifier verifier, IDnsResolver dns, KeyCache cache)
    {
        _arc = arc;
        _verifier = verifier;
        _sealer = new ArcSealer(options.AdmdId, SealTimes.TryParse(options.Options, out var times, out var error) ? times : throw new ArgumentException(error, nameof(options)), options.NamesToSign);
        _table = new SigningTable(options);
        _dns = dns;
        _cache = cache;
    }

    /// <inheritdoc/>
    public string Name => "arc-seal";

    /// <summary>Forgets the keys.</summary>
    public void Dispose() => _table.Dispose();

    /// <inheritdoc/>
    public async ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        var message = SignedMessage.Live(context.Message, context.Body);
        var chain = ArcChain.Read(message.Headers, _arc.MaxSets);
        var isValid = false;
        Dictionary<string, string> results = [];
        if (chain is not null && !Known(context, out isValid))
        {
            message.Body.Want(ArcSealer.BodyHash);
            var verified = await _verifier.VerifyAsync(context.Message, message.Body, new KeyLookups(_dns, _cache, ArcVerifier.MaxLookups), cancellationToken).ConfigureAwait(false);
            if (verified.State == ArcState.TempError) return PassResult.Unavailable($"ARC: {verified.ReasonText}");
            isValid = verified.State == ArcState.Pass;
            verified.AddTo(results);
        }
        if (_table.Find(context.Message.Sender.Span, out var reason) is not { } key) return PassResult.Unavailable(reason);
        var made = _sealer.Seal(message, chain, key, isValid, context.Now.ToUnixTimeSeconds(), cancellationToken);
        if (made.Outcome == SealOutcome.NotVerified) return PassResult.Unavailable($"the set made for i={made.Instance} does not verify: {ArcWords.Text(made.Reason)}");
        results[ArcResultNames.Seal.Name] = ArcWords.Token(made.Outcome);
        // Each goes above the one before it.
        return new PassResult { Headers = [.. made.Lines.Reverse().Select(line => new HeaderEdit.AddOnTop(line))], Results = results };
    }

    // "none" of a message that has a chain, or temperror, says nothing about the chain.
    private static bool Known(PassContext context, out bool isValid)
    {
        var state = ArcResultNames.StateIn(context.Results);
        isValid = state == ArcState.Pass;
        return state is ArcState.Pass or ArcState.Fail;
    }
}
