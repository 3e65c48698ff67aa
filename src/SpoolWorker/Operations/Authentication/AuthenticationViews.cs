// What checks of SPF, DKIM, DMARC and ARC found, for programs.
using SpoolWorker.Characters;
using SpoolWorker.Operations.Views.Mail;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Authentication;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Authentication;

/// <summary>Makes views of findings.</summary>
internal static class AuthenticationViews
{
    public static AuthenticationView Of(AuthenticatedMessage message) => new()
    {
        Spf = new SpfFindingView
        {
            Result = (message.Report.Spf?.Result ?? SpfResult.None).Token(),
            Explanation = message.Report.Spf?.Explanation,
            Comment = message.Report.Spf is { } spf ? RecordViews.Exact(ReceivedSpf.Comment(spf)) : message.NotChecked,
            Guess = message.Report.Guess?.Result.Token(),
        },
        Dkim = [.. message.Report.Dkim.Signatures.Select(Of)],
        DkimNotLookedAt = message.Report.Dkim.NotLookedAt > 0 ? message.Report.Dkim.NotLookedAt : null,
        Dmarc = new DmarcFindingView
        {
            Result = (message.Report.Dmarc?.Result ?? DmarcResult.None).Token(),
            Policy = message.Report.Dmarc?.Policy?.Token(),
            Domain = Exact(message.Report.Dmarc?.Domain),
            Reason = Exact(message.Report.Dmarc?.Reason),
        },
        Arc = message.Report.Arc is { } arc ? Of(arc) : null,
        Results = AuthenticationResultNames.Of(message.Report).ToDictionary(r => r.Key, r => RecordViews.Exact(r.Value)),
        // Each goes above the one before it.
        Added = [.. message.Edits.OfType<HeaderEdit.AddOnTop>().Reverse().Select(e => Line(e.Line))],
        Removed = [.. message.Edits.OfType<HeaderEdit.Delete>().Select(e => Line(e.Line))],
    };

    public static SpfView Of(SpfOutcome outcome, bool isGuess) => new()
    {
        Result = outcome.Result.Token(),
        Explanation = outcome.Explanation,
        Identity = outcome.Identity.Token(),
        Domain = Exact(outcome.Domain),
        Mechanism = Exact(outcome.Mechanism),
        Problem = Exact(outcome.Problem),
        Guess = isGuess,
        Header = Line(ReceivedSpf.Line(outcome, isGuess ? ReceivedSpf.GuessFieldName : ReceivedSpf.FieldName)),
    };

    private static DkimFindingView Of(DkimSignatureResult signature) => new()
    {
        Domain = Exact(signature.Domain),
        Selector = Exact(signature.Selector),
        Result = signature.Result.Token(),
        Reason = Exact(signature.Reason),
        Identity = Exact(signature.Identity),
        Algorithm = Exact(signature.Algorithm),
        Testing = signature.IsTesting,
        AsReceived = signature.IsAsReceived,
    };

    private static ArcFindingView Of(ArcResult arc) => new()
    {
        Result = ArcWords.Token(arc.State),
        Reason = Exact(arc.ReasonText),
        Domains = arc.Highest == 0 ? [] : [.. arc.Domains.Split(':').Select(RecordViews.Exact)],
        OldestPass = arc.OldestPass,
    };

    private static string? Exact(string? octets) => string.IsNullOrEmpty(octets) ? null : RecordViews.Exact(octets);

    private static string Line(HeaderLine line) => SafeText.Exact(line.Text.Span.TrimEnd((byte)'\n'));
}
