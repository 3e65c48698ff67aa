// Applies all methods to one message as it came in. The body is read once, for DKIM, ARC, and the signers behind; SPF's lookups run
// beside that. SPF and DMARC are for what strangers bring: mail of our own (no client address) and of authenticated clients
// is checked for signatures only. Every outcome is data; only cancellation and a failing read of the body throw.
using System.Text;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Authentication;

/// <summary>What was found of a message.</summary>
/// <param name="Spf">Null for submissions.</param>
/// <param name="Guess">The best guess; null unless it was asked for and there is no SPF record.</param>
/// <param name="Dkim">Each signature.</param>
/// <param name="Dmarc">Null for submissions.</param>
/// <param name="Arc">Null when ARC is off.</param>
public sealed record AuthenticationReport(SpfOutcome? Spf, SpfOutcome? Guess, DkimOutcome Dkim, DmarcOutcome? Dmarc, ArcResult? Arc)
{
    /// <summary>Whether trying later may give another result.</summary>
    public bool IsTemporary => Spf?.Result == SpfResult.TempError || Dkim.Signatures.Any(s => s.Result == DkimResult.TempError) || Dmarc?.Result == DmarcResult.TempError || Arc?.State == ArcState.TempError;
}

/// <summary>Authenticates messages; chains only where there is a verifier for them.</summary>
public sealed class Authenticator(SpfEvaluator spf, SpfOptions spfOptions, DkimVerifier dkim, DmarcEvaluator dmarc, ArcVerifier? arc, IDnsResolver dns, KeyCache keys, BodyHashNeeds needs)
{
    /// <summary>Applies the methods.</summary>
    /// <param name="message">Header lines and envelope.</param>
    /// <param name="body">The body.</param>
    /// <param name="receiver">Our name, for explanations and Received-SPF.</param>
    /// <param name="isSubmission">Whether the message is of our own people: no SPF, no DMARC.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async ValueTask<AuthenticationReport> RunAsync(HeaderFile message, IMessageBody body, string receiver, bool isSubmission, CancellationToken cancellationToken)
    {
        var query = isSubmission ? null : QueryOf(message, receiver);
        var spfRun = query is null ? null : spf.EvaluateAsync(query, cancellationToken).AsTask();
        var hashes = BodyHashes.Of(body);
        needs.WantIn(hashes);
        var signatures = dkim.Begin(message, hashes);
        ArcResult? chain = null;
        if (arc is not null)
        {
            chain = await arc.VerifyAsync(message, hashes, new KeyLookups(dns, keys, ArcVerifier.MaxLookups), cancellationToken).ConfigureAwait(false);
        }
        var signed = await signatures.RunAsync(dkim.Lookups(dns, keys), cancellationToken).ConfigureAwait(false);
        if (isSubmission) return new AuthenticationReport(null, null, signed, null, chain);
        var sender = spfRun is null ? null : await spfRun.ConfigureAwait(false);
        var guess = spfOptions.GuessEnabled && sender?.Result == SpfResult.None ? await spf.EvaluateGuessAsync(query!, cancellationToken).ConfigureAwait(false) : null;
        var policy = await dmarc.EvaluateAsync(AuthorsOf(message, hashes), sender, [.. signed.Signatures.Select(s => new DmarcSignature(s.Domain, s.Result == DkimResult.Pass, s.Result == DkimResult.TempError))], cancellationToken).ConfigureAwait(false);
        return new AuthenticationReport(sender, guess, signed, policy, chain);
    }

    // From as it came in, where Exim has rewritten it since. A line that was added in place of a deleted one cannot be told from
    // others: then the live line counts.
    private static List<ReadOnlyMemory<byte>> AuthorsOf(HeaderFile message, BodyHashes body)
    {
        var live = FromLines(SignedMessage.Live(message, body).Headers);
        if (live.Count > 1 || SignedMessage.AsReceived(message, body) is not { } received) return live;
        return FromLines(received.Headers) is { Count: 1 } one ? one : live;
    }

    private static List<ReadOnlyMemory<byte>> FromLines(ReadOnlySpan<HeaderLine> lines)
    {
        var found = new List<ReadOnlyMemory<byte>>(1);
        foreach (var line in lines)
        {
            if (line.Is("From"u8)) found.Add(line.Text[^line.Value.Length..]);
        }
        return found;
    }

    private static SpfQuery? QueryOf(HeaderFile message, string receiver) =>
        message.ClientAddress is { } client ? new SpfQuery(client, message.Find("helo_name")?.Text ?? "", Encoding.Latin1.GetString(message.Sender.Span), receiver) : null;
}
