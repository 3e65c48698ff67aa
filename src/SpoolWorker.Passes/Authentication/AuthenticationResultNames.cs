using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Spf;

namespace SpoolWorker.Passes.Authentication;

/// <summary>The findings under the names that Exim's variables have, for rules, log and JSON.</summary>
public static class AuthenticationResultNames
{
    private static readonly NamedResult Spf = new("spf_result", "Result of SPF: `none`, `neutral`, `pass`, `fail`, `softfail`, `temperror` or `permerror`", "spf") { IsOwnWord = true };
    private static readonly NamedResult SpfHeaderComment = new("spf_header_comment", "A sentence about it, as in the comment of Received-SPF");
    private static readonly NamedResult SpfReceived = new("spf_received", "The Received-SPF line");
    private static readonly NamedResult SpfSmtpComment = new("spf_smtp_comment", "What an SMTP answer would say of it");
    private static readonly NamedResult SpfGuess = new("spf_guess", "Result of the best guess where the domain has no record, with `Spf:GuessEnabled`") { IsOwnWord = true };
    private static readonly NamedResult Dkim = new("dkim_result", "The best result of all DKIM signatures", "dkim") { IsOwnWord = true };
    private static readonly NamedResult DkimDomains = new("dkim_domains", "Domains of the signatures that pass, with colons between");
    private static readonly NamedResult Dmarc = new("dmarc_result", "Result of DMARC", "dmarc") { IsOwnWord = true };
    private static readonly NamedResult DmarcPolicy = new("dmarc_policy", "What the author's domain asks for: `none`, `quarantine` or `reject`; empty without a record") { IsOwnWord = true };
    private static readonly NamedResult DmarcDomain = new("dmarc_domain", "The author's domain");

    /// <summary>All that the pass may find.</summary>
    public static IReadOnlyList<NamedResult> All { get; } =
        [Spf, SpfHeaderComment, SpfReceived, SpfSmtpComment, SpfGuess, Dkim, DkimDomains, Dmarc, DmarcPolicy, DmarcDomain, .. ArcResultNames.OfChain];

    /// <summary>What a report says, by name; methods that were not applied have no names in it.</summary>
    public static IReadOnlyDictionary<string, string> Of(AuthenticationReport report)
    {
        var results = new Dictionary<string, string> { [Dkim.Name] = report.Dkim.Result.Token(), [DkimDomains.Name] = string.Join(':', report.Dkim.PassedDomains) };
        if (report.Spf is { } spf)
        {
            results[Spf.Name] = spf.Result.Token();
            results[SpfHeaderComment.Name] = ReceivedSpf.Comment(spf);
            results[SpfReceived.Name] = System.Text.Encoding.Latin1.GetString(ReceivedSpf.Line(spf).Text.Span).TrimEnd('\n');
            results[SpfSmtpComment.Name] = ReceivedSpf.SmtpComment(spf);
        }
        if (report.Guess is { } guess) results[SpfGuess.Name] = guess.Result.Token();
        if (report.Dmarc is { } dmarc)
        {
            results[Dmarc.Name] = dmarc.Result.Token();
            results[DmarcPolicy.Name] = dmarc.Policy?.Token() ?? "";
            results[DmarcDomain.Name] = dmarc.Domain;
        }
        report.Arc?.AddTo(results);
        return results;
    }
}
