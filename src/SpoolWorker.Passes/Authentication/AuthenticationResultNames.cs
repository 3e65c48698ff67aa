using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Spf;

namespace SpoolWorker.Passes.Authentication;

/// <summary>The findings under the names that Exim's variables have, for rules, log and JSON.</summary>
public static class AuthenticationResultNames
{
    /// <summary>What a report says, by name; methods that were not applied have no names in it.</summary>
    public static IReadOnlyDictionary<string, string> Of(AuthenticationReport report)
    {
        var results = new Dictionary<string, string> { ["dkim_result"] = report.Dkim.Result.Token(), ["dkim_domains"] = string.Join(':', report.Dkim.PassedDomains) };
        if (report.Spf is { } spf)
        {
            results["spf_result"] = spf.Result.Token();
            results["spf_header_comment"] = ReceivedSpf.Comment(spf);
            results["spf_received"] = System.Text.Encoding.Latin1.GetString(ReceivedSpf.Line(spf).Text.Span).TrimEnd('\n');
            results["spf_smtp_comment"] = ReceivedSpf.SmtpComment(spf);
        }
        if (report.Guess is { } guess) results["spf_guess"] = guess.Result.Token();
        if (report.Dmarc is { } dmarc)
        {
            results["dmarc_result"] = dmarc.Result.Token();
            results["dmarc_policy"] = dmarc.Policy?.Token() ?? "";
            results["dmarc_domain"] = dmarc.Domain;
        }
        report.Arc?.AddTo(results);
        return results;
    }
}
