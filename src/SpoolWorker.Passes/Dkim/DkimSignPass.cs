// The pass dkim-sign: puts a DKIM signature of each configured key on messages whose From it fits, and which are ours to answer for: anybody can write a From of ours, so that
// mail of clients who have neither logged in nor are named is not signed, wherever the pass stands (RFC 6376, 5.1: only whom one is able to answer for). A message without From,
// with two, or with one that cannot be read is not signed (5.3: no message that is not what RFC 5322 allows). A list file that cannot be read makes the pass unavailable.
using System.Text;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dkim;

/// <summary>Signs messages as they leave.</summary>
/// <param name="signers">A signature each.</param>
/// <param name="hosts">Clients whose mail is signed without a login.</param>
/// <param name="needs">What others need of the same reading of the body.</param>
public sealed class DkimSignPass(IReadOnlyList<DkimSigner> signers, LookupList hosts, BodyHashNeeds? needs = null) : IMessagePass, IDisposable
{
    /// <summary>The name in <c>Passes</c>.</summary>
    public const string PassName = "dkim-sign";

    /// <inheritdoc/>
    public string Name => PassName;

    /// <summary>Forgets the keys.</summary>
    public void Dispose()
    {
        foreach (var signer in signers) signer.Dispose();
    }

    /// <inheritdoc/>
    public ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        var message = SignedMessage.Live(context.Message, context.Body);
        if (FromDomain(message) is not { } domain) return ValueTask.FromResult(PassResult.Continue);
        var ours = IsOurs(context.Message);
        if (ours.State == LookupState.Unavailable) return ValueTask.FromResult(PassResult.Unavailable(ours.Reason ?? "a list of hosts cannot be read"));
        if (!ours.IsFound) return ValueTask.FromResult(PassResult.Continue);
        var chosen = new List<DkimSigner>();
        foreach (var signer in signers)
        {
            var answer = signer.IsFor(domain);
            if (answer.State == LookupState.Unavailable) return ValueTask.FromResult(PassResult.Unavailable(answer.Reason ?? "a list of senders cannot be read"));
            if (answer.IsFound) chosen.Add(signer);
        }
        if (chosen.Count == 0) return ValueTask.FromResult(PassResult.Continue);
        foreach (var signer in chosen) message.Body.Want(signer.BodyHash);
        needs?.WantIn(message.Body);
        return ValueTask.FromResult(new PassResult
        {
            Headers = [.. chosen.Select(signer => new HeaderEdit.AddOnTop(signer.Sign(message, context.Now, cancellationToken)))],
        });
    }

    private LookupAnswer IsOurs(HeaderFile message) =>
        message.IsSubmission ? LookupAnswer.Found(null) : message.ClientAddress is { } client ? hosts.Find(client.ToString()) : LookupAnswer.NotFound;

    /// <summary>The domain of the first author, in the form of the DNS; null when there is none or the message has not exactly one From.</summary>
    public static string? FromDomain(SignedMessage message)
    {
        var at = message.LastBefore("From"u8, message.Headers.Length);
        if (at < 0 || message.LastBefore("From"u8, at) >= 0) return null;
        var domains = AddressDomains.In(message.Headers[at].Value);
        return domains.Count > 0 ? TagValues.DomainName(Encoding.Latin1.GetBytes(domains[0].TrimEnd('.'))) : null;
    }
}
