// DMARC for one message (RFC 9989): author domain, policy discovery, alignment, policy. It finds and records; what becomes
// of the message is the operator's setting. Every outcome is a result; only cancellation throws. Lookups are bounded: eight
// for the author domain, one for its existence, eight for each of a few aligned-looking identifiers; and one deadline is over all.
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Spf;

namespace SpoolWorker.Passes.Dmarc;

/// <summary>Evaluates DMARC.</summary>
public sealed class DmarcEvaluator(IDnsResolver dns, DmarcOptions options, TimeProvider time)
{
    // No honest message has more signatures of different domains under its own organization.
    private const int MaxIdentifiers = 10;

    /// <summary>Evaluates.</summary>
    /// <param name="from">The values of the From fields, as bytes: one, in a message that is right.</param>
    /// <param name="spf">The SPF check; null when none was made.</param>
    /// <param name="signatures">The DKIM signatures.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async ValueTask<DmarcOutcome> EvaluateAsync(IReadOnlyList<ReadOnlyMemory<byte>> from, SpfOutcome? spf, IReadOnlyList<DmarcSignature> signatures, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(signatures);
        if (!AuthorDomain.TryFind(from, out var domain, out var problem))
        {
            // RFC 9989, 5.3.1 leaves what has no one author domain to the receiver, and 11.5 warns of forgers who profit: it is
            // told as an error, since "none" (a domain without a policy) would be as good as true.
            return Without(DmarcResult.PermError, "", problem);
        }
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await EvaluateAsync(domain, spf, signatures, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Without(DmarcResult.TempError, domain, $"took longer than {options.Timeout.TotalSeconds:0.#} seconds");
        }
    }

    private async ValueTask<DmarcOutcome> EvaluateAsync(string domain, SpfOutcome? spf, IReadOnlyList<DmarcSignature> signatures, CancellationToken cancellationToken)
    {
        var walk = await TreeWalk.FromAsync(dns, domain, cancellationToken);
        if (walk.Trouble is not null) return Without(DmarcResult.TempError, domain, walk.Trouble);
        if (walk.Applicable is not { } applicable) return Without(DmarcResult.None, domain, "no policy is published");
        var record = applicable.Record;
        // RFC 9989, 4.10.1: with a wrong p, sp or np there is no policy, but reports may be wanted
        if (record.WrongRequest is { } wrong && !record.HasReportAddress) return Without(DmarcResult.PermError, domain, $"the policy record of {applicable.Domain} has a wrong {wrong} tag") with { PolicyDomain = applicable.Domain };
        var (published, unknown) = await PolicyAsync(applicable, domain, cancellationToken);
        if (unknown is not null) return Without(DmarcResult.TempError, domain, unknown) with { PolicyDomain = applicable.Domain };
        // RFC 9989, 4.7, tag t: while testing, each policy is the next milder one
        var isMilder = record.IsTest && published != DmarcPolicy.None;
        var policy = isMilder ? published - 1 : published;
        var (aligned, trouble) = await AlignedAsync(walk, record, spf, signatures, cancellationToken);
        if (aligned is not null) return new(DmarcResult.Pass, domain, policy, applicable.Domain, DmarcPolicy.None, aligned);
        // RFC 9989, 5.3.2: what might pass later is no failure now
        if (trouble is not null) return new(DmarcResult.TempError, domain, policy, applicable.Domain, DmarcPolicy.None, trouble);
        return new(DmarcResult.Fail, domain, policy, applicable.Domain, policy, isMilder ? $"no aligned identifier passed; the domain is testing its policy {published.Token()}" : "no aligned identifier passed");
    }

    private static DmarcOutcome Without(DmarcResult result, string domain, string reason) => new(result, domain, null, null, DmarcPolicy.None, reason);

    // RFC 9989, 4.7 and 4.10.1: p for the domain itself; below it sp, or np where the domain does not exist
    private async ValueTask<(DmarcPolicy Policy, string? Trouble)> PolicyAsync(FoundRecord applicable, string domain, CancellationToken cancellationToken)
    {
        var record = applicable.Record;
        if (record.WrongRequest is not null) return (DmarcPolicy.None, null);
        if (applicable.Domain == domain) return (record.Policy, null);
        var below = record.Subdomains ?? record.Policy;
        if (record.NonExistent is not { } nonExistent || nonExistent == below) return (below, null);
        // RFC 9989, 3.2: "non-existent" is NXDOMAIN (RFC 8020), which is said for any type
        var answer = await dns.AddressesAsync(domain, System.Net.Sockets.AddressFamily.InterNetwork, cancellationToken);
        return answer.IsTemporary ? (below, $"lookup of {domain}: {answer.Status.Token()}") : (answer.Status == DnsStatus.NameError ? nonExistent : below, null);
    }

    // RFC 9989, 4.4: the first aligned identifier that passed, in words
    private async ValueTask<(string? Passed, string? Trouble)> AlignedAsync(TreeWalk author, DmarcRecord record, SpfOutcome? spf, IReadOnlyList<DmarcSignature> signatures, CancellationToken cancellationToken)
    {
        string? trouble = null;
        var identifiers = signatures.Where(s => s.Passed || s.IsTemporary).Select(s => (Method: "DKIM", Domain: Normal(s.Domain), s.Passed, Strict: record.IsDkimStrict));
        // RFC 7208, 2.4: with a null sender the HELO name is the MAIL FROM domain
        if (spf is { Result: SpfResult.Pass or SpfResult.TempError }) identifiers = identifiers.Prepend((Method: "SPF", Domain: Normal(spf.Domain), Passed: spf.Result == SpfResult.Pass, Strict: record.IsSpfStrict));
        foreach (var (method, domain, passed, strict) in identifiers.Distinct().Where(i => MayAlign(author, i.Domain, i.Strict)).OrderByDescending(i => i.Passed).Take(MaxIdentifiers))
        {
            var (isAligned, failed) = await IsAlignedAsync(author, domain, cancellationToken);
            if (isAligned && passed) return ($"{method} of {domain}", null);
            if (isAligned || failed is not null) trouble ??= failed ?? $"{method} of {domain}: temporary error";
        }
        return (null, trouble);
    }

    // Whatever is aligned lies within the author's organizational domain: all else needs no lookup.
    private static bool MayAlign(TreeWalk author, string domain, bool strict)
    {
        if (strict) return domain == author.Start;
        var organization = author.OrganizationalDomain;
        return domain == organization || domain.EndsWith("." + organization, StringComparison.Ordinal);
    }

    private async ValueTask<(bool IsAligned, string? Trouble)> IsAlignedAsync(TreeWalk author, string domain, CancellationToken cancellationToken)
    {
        if (domain == author.Start) return (true, null);
        var walk = await TreeWalk.FromAsync(dns, domain, cancellationToken);
        return walk.Trouble is not null ? (false, walk.Trouble) : (walk.OrganizationalDomain == author.OrganizationalDomain, null);
    }

    private static string Normal(string domain) => DomainName.ToALabels(domain).TrimEnd('.').ToLowerInvariant();
}
