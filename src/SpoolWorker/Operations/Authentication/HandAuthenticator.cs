// What the pass authenticate would find in one message and make of it, with what is told of its client. Changes nothing. A failing
// read of the body throws (IOException); trouble with the DNS is a result.
using System.Net;
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Authentication;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Authentication;

/// <summary>Who brought a message, where more is known than it says itself.</summary>
/// <param name="Client">The client's address; null: as the message has it.</param>
/// <param name="Helo">What the client said in HELO; null: as the message has it.</param>
/// <param name="Sender">The envelope sender, in angle brackets or not; null: as the message has it.</param>
internal sealed record Bringer(IPAddress? Client, string? Helo, string? Sender);

/// <summary>A message that was judged.</summary>
/// <param name="Report">What was found.</param>
/// <param name="Edits">What the pass would change in its header.</param>
/// <param name="NotChecked">Why there is no SPF, where there is none.</param>
internal sealed record AuthenticatedMessage(AuthenticationReport Report, IReadOnlyList<HeaderEdit> Edits, string NotChecked);

/// <summary>Authenticates a message by hand.</summary>
internal sealed class HandAuthenticator(AuthenticateOptions options, DmarcOptions dmarc, Authenticator authenticator)
{
    /// <summary>Judges it.</summary>
    /// <param name="message">Header lines, and of a pair the envelope.</param>
    /// <param name="body">The body.</param>
    /// <param name="isPair">Whether Exim knows the message. One in a file is no submission: its author's policy counts even where nothing is known of the client.</param>
    /// <param name="bringer">Who brought it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<AuthenticatedMessage> RunAsync(HeaderFile message, IMessageBody body, bool isPair, Bringer bringer, CancellationToken cancellationToken)
    {
        var header = Described(message, bringer);
        var isSubmission = isPair && header.IsSubmission;
        var report = await authenticator.RunAsync(header, body, options.EffectiveId, isSubmission, cancellationToken).ConfigureAwait(false);
        var notChecked = isSubmission ? "not checked: submitted on this host or by an authenticated client" : "not checked: no client address (--ip)";
        return new AuthenticatedMessage(report, [.. new AuthenticatePass(options, dmarc, authenticator).Edits(header, report)], notChecked);
    }

    private static HeaderFile Described(HeaderFile header, Bringer bringer)
    {
        if (bringer.Client is { } client) header = header.WithVariable("host_address", $"[{client}]:25").WithoutVariable("host_auth");
        if (bringer.Helo is { } helo) header = header.WithVariable("helo_name", Encoding.UTF8.GetBytes(helo));
        if (bringer.Sender is not { } from) return header;
        var sender = from.Trim();
        if (sender.StartsWith('<') && sender.EndsWith('>')) sender = sender[1..^1];
        return header.WithSender(Encoding.UTF8.GetBytes(sender));
    }
}
