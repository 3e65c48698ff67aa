// The author domain: the one domain of the From field (RFC 9989, 5.3.1). MimeKit parses the addresses, comments, groups and
// obsolete forms included. Nothing throws; a message without one such domain says why.
using System.Text;
using MimeKit;
using SpoolWorker.Passes.Dns;

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
        if (!InternetAddressList.TryParse(from[0].ToArray(), out var addresses))
        {
            problem = "the From field holds no address";
            return false;
        }
        // RFC 9989, 5.3.1: several addresses are fine as long as their domain is one
        var domains = addresses.Mailboxes.Select(DomainOf).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (domains.Count == 1 && DnsName.IsAskable(domains[0]) && domains[0][0] != '[')
        {
            domain = domains[0];
            return true;
        }
        problem = domains.Count switch
        {
            0 => "the From field holds no address",
            1 => "the From field holds no domain",
            _ => $"the From field holds {domains.Count} domains",
        };
        return false;
    }

    private static string DomainOf(MailboxAddress address) =>
        DomainName.ToALabels(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(address.Domain ?? ""))).TrimEnd('.').ToLowerInvariant();
}
