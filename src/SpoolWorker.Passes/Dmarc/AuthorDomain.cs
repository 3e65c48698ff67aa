// The author domain: the one domain of the From field (RFC 9989, 5.3.1). Several addresses are fine as long as their domain is
// one, and so is one address beside words that are none. Nothing throws; a message without one such domain says why.
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Signing.Tags;

namespace SpoolWorker.Passes.Dmarc;

/// <summary>Finds the author domain.</summary>
internal static class AuthorDomain
{
    // A From field of a megabyte is parsed for nothing.
    private const int MaxLength = 64 * 1024;

    /// <summary>Reads the From fields.</summary>
    /// <param name="from">What stands behind the colon of each, as bytes.</param>
    /// <param name="domain">The domain, in ASCII form and lower case.</param>
    /// <param name="problem">Why there is none.</param>
    public static bool TryFind(IReadOnlyList<ReadOnlyMemory<byte>> from, out string domain, out string problem)
    {
        (domain, problem) = ("", "");
        if (from.Count != 1)
        {
            problem = from.Count == 0 ? "no From field" : $"{from.Count} From fields";
            return false;
        }
        if (from[0].Length > MaxLength)
        {
            problem = $"the From field is longer than {MaxLength} bytes";
            return false;
        }
        var domains = AddressDomains.In(from[0].Span).Select(Normal).Distinct(StringComparer.Ordinal).ToList();
        if (domains.Count == 1 && TagValues.IsDomainName(domains[0]))
        {
            domain = domains[0];
            return true;
        }
        problem = domains.Count switch
        {
            0 => "the From field holds no domain",
            1 => "what stands in the From field as a domain is none",
            _ => $"the From field holds {domains.Count} domains",
        };
        return false;
    }

    private static string Normal(string domain) => DomainName.ToALabels(domain).TrimEnd('.').ToLowerInvariant();
}
