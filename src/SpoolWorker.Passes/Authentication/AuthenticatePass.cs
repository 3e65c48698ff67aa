// The pass `authenticate`: comes first, judges the message as received, and writes what it found: results for rules and for
// passes after it, one Authentication-Results line, Received-SPF. What follows from a DMARC policy is the operator's setting;
// by default nothing does. Trouble with the DNS is a result (temperror), not an unavailable service.
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Authentication;

/// <summary>Authenticates what comes in.</summary>
public sealed class AuthenticatePass(AuthenticateOptions options, DmarcOptions dmarcOptions, Authenticator authenticator) : IMessagePass
{
    private readonly string _id = options.EffectiveId;

    /// <inheritdoc/>
    public string Name => "authenticate";

    /// <inheritdoc/>
    public async ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        var report = await authenticator.RunAsync(context.Message, context.Body, _id, context.Message.IsSubmission, cancellationToken).ConfigureAwait(false);
        if (report.IsTemporary && context.Attempt <= options.TempErrorTries) return PassResult.For(Disposition.Defer("authentication: the DNS does not answer now"));
        var results = AuthenticationResultNames.Of(report);
        return new PassResult
        {
            Headers = [.. Edits(context.Message, report)],
            Results = results,
            Disposition = DispositionOf(report),
        };
    }

    /// <summary>What the pass changes in a message's header, as `spoolworker authenticate` shows it too.</summary>
    public IEnumerable<HeaderEdit> Edits(HeaderFile message, AuthenticationReport report)
    {
        foreach (var line in OwnResults.Lines(message, [_id, .. options.OwnIds])) yield return new HeaderEdit.Delete(line);
        // Each goes above the one before it: Authentication-Results comes to stand on top.
        if (ActionOf(report) == PolicyAction.Tag) yield return new HeaderEdit.AddOnTop(HeaderLine.Create($"X-DMARC-Result: {report.Dmarc!.Result.Token()} domain={report.Dmarc.Domain} requested={report.Dmarc.Requested.Token()}\n"));
        if (report.Guess is { } guess) yield return new HeaderEdit.AddOnTop(Spf.ReceivedSpf.Line(guess, Spf.ReceivedSpf.GuessFieldName));
        if (report.Spf is { } spf && options.ReceivedSpf) yield return new HeaderEdit.AddOnTop(Spf.ReceivedSpf.Line(spf));
        yield return new HeaderEdit.AddOnTop(Line(message, report));
    }

    private HeaderLine Line(HeaderFile message, AuthenticationReport report)
    {
        var line = new AuthenticationResultsLine(_id);
        if (report.Spf is { } spf)
        {
            // RFC 8601, 2.7.2
            var property = spf.Identity == SpfIdentity.MailFrom ? "smtp.mailfrom" : "smtp.helo";
            var value = spf.Identity == SpfIdentity.MailFrom ? spf.Query.Sender : spf.Query.Helo;
            line.Add("spf", spf.Result.Token(), "", options.Comments ? Spf.ReceivedSpf.Comment(spf) : "", (property, value));
        }
        if (report.Dkim.Signatures.IsEmpty) line.Add("dkim", "none", "", "");
        foreach (var signature in report.Dkim.Signatures)
        {
            line.Add("dkim", Dkim.DkimResults.Token(signature.Result), signature.Reason, options.Comments && signature.IsTesting ? "test mode" : "",
                ("header.d", signature.Domain), ("header.s", signature.Selector), ("header.i", signature.Identity == $"@{signature.Domain}" ? "" : signature.Identity),
                ("header.a", signature.Algorithm), ("header.b", signature.SignatureStart));
        }
        if (report.Dmarc is { } dmarc)
        {
            line.Add("dmarc", dmarc.Result.Token(), "", options.Comments ? dmarc.Reason : "", ("header.from", dmarc.Domain), ("policy.dmarc", dmarc.Policy?.Token() ?? ""));
        }
        if (report.Arc is { } arc)
        {
            // RFC 8617, 10.2 and 10.3
            var isPass = arc.State == Arc.ArcState.Pass;
            line.Add("arc", Arc.ArcWords.Token(arc.State), arc.ReasonText, "",
                ("header.oldest-pass", isPass ? arc.OldestPassOfRfc.ToString(System.Globalization.CultureInfo.InvariantCulture) : ""),
                ("smtp.remote-ip", arc.State == Arc.ArcState.None ? "" : message.ClientAddress?.ToString() ?? ""));
        }
        return line.Build();
    }

    private PolicyAction ActionOf(AuthenticationReport report) => report.Dmarc is { } dmarc ? dmarcOptions.ActionFor(dmarc) : PolicyAction.Accept;

    private Disposition DispositionOf(AuthenticationReport report) =>
        ActionOf(report) is var action and not PolicyAction.Accept ? action.ToDisposition($"DMARC of {report.Dmarc!.Domain}: {report.Dmarc.Result.Token()}, its owner asks for {report.Dmarc.Requested.Token()}", new Diagnosis { Status = Mail.StatusDetail.AuthenticationFailed }) : Disposition.Continue;
}
