// The DNS tree walk (RFC 9989, 4.10): the policy records above a domain, and its organizational domain. At most eight
// lookups for a domain of any depth. Errors of the DNS are told, never taken for "no record".
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Passes.Dmarc;

/// <summary>A record and where it was found.</summary>
internal readonly record struct FoundRecord(string Domain, DmarcRecord Record);

/// <summary>What a walk found.</summary>
/// <param name="Start">Where it started.</param>
/// <param name="Found">From the longest domain to the shortest.</param>
/// <param name="Trouble">Set when a lookup failed.</param>
internal sealed record TreeWalk(string Start, IReadOnlyList<FoundRecord> Found, string? Trouble)
{
    // RFC 9989, 4.10: a domain of eight labels or more goes on at seven, so that no walk takes more than eight lookups
    private const int LabelsAfterFirst = 7;

    /// <summary>Walks up from a domain.</summary>
    public static async ValueTask<TreeWalk> FromAsync(IDnsResolver dns, string start, CancellationToken cancellationToken)
    {
        var found = new List<FoundRecord>();
        for (var target = start; target.Length > 0; target = Parent(target))
        {
            var (record, trouble) = await RecordAtAsync(dns, target, cancellationToken);
            if (trouble is not null) return new TreeWalk(start, found, trouble);
            if (record is null) continue;
            found.Add(new FoundRecord(target, record));
            // Step 2 stops at psd=n only, step 7 at psd=y too: a public suffix may send mail itself.
            if (record.PublicSuffix == 'n' || (record.PublicSuffix == 'y' && target != start)) break;
        }
        return new TreeWalk(start, found, null);
    }

    /// <summary>RFC 9989, 4.10.2.</summary>
    public string OrganizationalDomain
    {
        get
        {
            foreach (var (domain, record) in Found)
            {
                if (record.PublicSuffix == 'n') return domain;
                if (record.PublicSuffix == 'y' && domain != Start) return Below(domain);
            }
            return Found.Count > 0 ? Found[^1].Domain : Start;
        }
    }

    /// <summary>The record that applies: the domain's own, else the organizational domain's, else the public suffix's (RFC 9989, 4.10.1).</summary>
    public FoundRecord? Applicable
    {
        get
        {
            if (Found.Count == 0) return null;
            if (Found[0].Domain == Start) return Found[0];
            var organization = OrganizationalDomain;
            foreach (var found in Found)
            {
                if (found.Domain == organization) return found;
            }
            return Found[^1].Record.PublicSuffix == 'y' ? Found[^1] : null;
        }
    }

    private static async ValueTask<(DmarcRecord? Record, string? Trouble)> RecordAtAsync(IDnsResolver dns, string domain, CancellationToken cancellationToken)
    {
        var name = $"_dmarc.{domain}";
        var answer = await dns.TxtAsync(name, cancellationToken);
        if (answer.IsTemporary) return (null, $"lookup of {name}: {answer.Status.Token()}");
        DmarcRecord? only = null;
        foreach (var text in answer.Records)
        {
            if (!DmarcRecord.TryParse(text.Span, out var record)) continue;
            // Several are as none (RFC 9989, 4.10, steps 2 and 7).
            if (only is not null) return (null, null);
            only = record;
        }
        return (only, null);
    }

    private static string Parent(string domain)
    {
        var labels = domain.Split('.');
        return string.Join('.', labels[Math.Max(1, labels.Length - LabelsAfterFirst)..]);
    }

    // The name one label below, on the way to where the walk started.
    private string Below(string domain)
    {
        var dot = Start.LastIndexOf('.', Start.Length - domain.Length - 2);
        return Start[(dot + 1)..];
    }
}
