// One check: check_host() of RFC 7208, 4, with its counters. Used for one message and thrown away. Errors are results here;
// only cancellation, which is also the deadline, throws.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Passes.Spf;

/// <summary>What check_host() found for a domain.</summary>
/// <param name="Result">The result.</param>
/// <param name="Mechanism">What matched.</param>
/// <param name="Problem">What was wrong.</param>
/// <param name="Record">The record that gave the result.</param>
/// <param name="Domain">Its domain.</param>
internal sealed record SpfVerdict(SpfResult Result, string? Mechanism, string? Problem, SpfRecord? Record, string Domain);

/// <summary>One check.</summary>
internal sealed class SpfCheck(IDnsResolver dns, SpfSubject subject, long now, CancellationToken cancellationToken)
{
    // RFC 7208, 4.6.4. All of them MUST or RECOMMENDED, so they are no settings.
    private const int MaxTerms = 10;
    private const int MaxVoidLookups = 2;
    private const int MaxExchanges = 10;
    private const int MaxPointers = 10;

    private readonly AddressFamily _family = subject.Client.AddressFamily;
    private int _terms;
    private int _maxVoids = MaxVoidLookups;
    private int _voids;
    private bool _tooManyVoids;
    private string? _problem;
    private DnsAnswer<string>? _pointers;
    private HashSet<string>? _validated;

    private enum Match
    {
        No,
        Yes,
        TempError,
        PermError,
    }

    /// <summary>check_host() for a domain; with a record given (the guess) that one is taken for the domain's own.</summary>
    public async ValueTask<SpfVerdict> CheckHostAsync(string domain, SpfSelection? given = null)
    {
        // RFC 7208, 4.3: malformed, or a single label
        if (!DnsName.IsAskable(domain) || !domain.Contains('.', StringComparison.Ordinal) || domain[0] == '[') return new(SpfResult.None, null, null, null, domain);
        // The guess is the operator's own record: a domain without A, MX and PTR is no error there.
        if (given is not null) _maxVoids = int.MaxValue;
        else
        {
            var answer = await dns.TxtAsync(domain, cancellationToken);
            if (answer.IsTemporary) return new(SpfResult.TempError, null, Trouble(answer.Status, domain), null, domain);
            given = SpfSelection.Of(answer);
        }
        if (given.Problem is not null) return new(SpfResult.PermError, null, $"record of {domain}: {given.Problem}", null, domain);
        if (given.Record is not { } record) return new(SpfResult.None, null, null, null, domain);
        foreach (var directive in record.Directives)
        {
            switch (await MatchAsync(directive, domain))
            {
                case Match.Yes:
                    return new(directive.Result, directive.Text, null, record, domain);
                case Match.TempError:
                    return new(SpfResult.TempError, directive.Text, _problem, record, domain);
                case Match.PermError:
                    return new(SpfResult.PermError, directive.Text, _problem, record, domain);
            }
        }
        return record.Redirect is { } redirect ? await RedirectAsync(redirect, domain) : new(SpfResult.Neutral, "default", null, record, domain);
    }

    // RFC 7208, 6.1: the result is the other domain's, but having no record is an error
    private async ValueTask<SpfVerdict> RedirectAsync(MacroString redirect, string domain)
    {
        if (!CountTerm()) return new(SpfResult.PermError, null, _problem, null, domain);
        var target = await NameAsync(redirect, domain);
        if (_tooManyVoids) return new(SpfResult.PermError, null, _problem, null, domain);
        var verdict = target is null ? null : await CheckHostAsync(target);
        return verdict is not { Result: not SpfResult.None } ? new(SpfResult.PermError, null, $"redirect: {target ?? "a name that cannot be made"} has no SPF record", null, domain) : verdict;
    }

    private async ValueTask<Match> MatchAsync(SpfDirective directive, string domain)
    {
        switch (directive.Mechanism)
        {
            case SpfMechanism.All:
                return Match.Yes;
            case SpfMechanism.Ip4 or SpfMechanism.Ip6:
                return Contains(directive, directive.Network!) ? Match.Yes : Match.No;
        }
        if (!CountTerm()) return Match.PermError;
        var name = directive.Domain is null ? domain : await NameAsync(directive.Domain, domain);
        if (_tooManyVoids) return Match.PermError;
        // RFC 8616, 4: with a local part outside ASCII such a term matches nothing
        if (name is null) return Match.No;
        return directive.Mechanism switch
        {
            SpfMechanism.Include => await IncludeAsync(name),
            SpfMechanism.A => await AddressMatchAsync(directive, name),
            SpfMechanism.Mx => await MxAsync(directive, name),
            SpfMechanism.Pointer => await PointerAsync(name),
            _ => await ExistsAsync(name),
        };
    }

    // RFC 7208, 5.2, the table
    private async ValueTask<Match> IncludeAsync(string name)
    {
        var verdict = await CheckHostAsync(name);
        _problem = verdict.Problem;
        switch (verdict.Result)
        {
            case SpfResult.Pass:
                return Match.Yes;
            case SpfResult.TempError:
                return Match.TempError;
            case SpfResult.PermError:
                return Match.PermError;
            case SpfResult.None:
                return Permanent($"include: {name} has no SPF record");
            default:
                return Match.No;
        }
    }

    private async ValueTask<Match> AddressMatchAsync(SpfDirective directive, string name)
    {
        var answer = await dns.AddressesAsync(name, _family, cancellationToken);
        if (Judge(answer.Status, name) is { } failed) return failed;
        foreach (var address in answer.Records)
        {
            if (Contains(directive, address)) return Match.Yes;
        }
        return Match.No;
    }

    private async ValueTask<Match> MxAsync(SpfDirective directive, string name)
    {
        var answer = await dns.MxAsync(name, cancellationToken);
        if (Judge(answer.Status, name) is { } failed) return failed;
        if (answer.Records.Count > MaxExchanges) return Permanent($"mx: {name} has more than {MaxExchanges} MX records");
        foreach (var exchange in answer.Records.OrderBy(r => r.Preference))
        {
            // A null MX (RFC 7505) is no name.
            if (exchange.Exchange is "." or "") continue;
            var match = await AddressMatchAsync(directive, exchange.Exchange);
            if (match != Match.No) return match;
        }
        return Match.No;
    }

    // RFC 7208, 5.7: an A record, whatever the client's family
    private async ValueTask<Match> ExistsAsync(string name)
    {
        var answer = await dns.AddressesAsync(name, AddressFamily.InterNetwork, cancellationToken);
        return Judge(answer.Status, name) ?? (answer.Records.Count > 0 ? Match.Yes : Match.No);
    }

    // RFC 7208, 5.5: an error of the DNS makes it fail to match. Only names that would match are looked up: the others cannot
    // change the answer.
    private async ValueTask<Match> PointerAsync(string name)
    {
        if (!CountVoid((await PointersAsync()).Status)) return Match.PermError;
        foreach (var pointer in FirstPointers.Where(p => IsWithin(p, name)))
        {
            var addresses = await dns.AddressesAsync(pointer, _family, cancellationToken);
            if (!CountVoid(addresses.Status)) return Match.PermError;
            if (addresses.Records.Contains(subject.Client)) return Match.Yes;
        }
        return Match.No;
    }

    private async ValueTask<DnsAnswer<string>> PointersAsync() => _pointers ??= await dns.PtrAsync(subject.Client, cancellationToken);

    // RFC 7208, 4.6.4: records beyond the limit are ignored
    private IEnumerable<string> FirstPointers => _pointers!.Records.Take(MaxPointers);

    /// <summary>The explanation, when there is exactly one and it can be expanded (RFC 7208, 6.2). Counts for no limit.</summary>
    public async ValueTask<string?> ExplainAsync(MacroString spec, string domain)
    {
        _maxVoids = int.MaxValue;
        var name = await NameAsync(spec, domain);
        if (name is null) return null;
        var answer = await dns.TxtAsync(name, cancellationToken);
        if (answer.Records.Count != 1) return null;
        var text = Encoding.Latin1.GetString(answer.Records[0].Span);
        if (!MacroString.TryParse(text, MacroPlace.Explanation, out var macros, out _)) return null;
        if (macros.Expand(await ValuesAsync(macros, domain)) is not { Length: > 0 } expanded) return null;
        // It goes into header lines and SMTP replies: what the sender or HELO brought in must not end a line.
        return string.Create(expanded.Length, expanded, (span, from) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
        });
    }

    private async ValueTask<string?> NameAsync(MacroString spec, string domain) =>
        spec.NeedsLocalPart && !subject.LocalPartIsAscii ? null : spec.ExpandName(await ValuesAsync(spec, domain)) ?? "";

    private async ValueTask<MacroValues> ValuesAsync(MacroString macros, string domain) => new(
        subject.LocalPart, subject.Domain, domain, subject.Client, subject.Helo, subject.Receiver, now, macros.NeedsValidatedName ? await ValidatedNameAsync(domain) : "");

    // RFC 7208, 7.3: the domain itself if validated, else a subdomain, else any, else "unknown"
    private async ValueTask<string> ValidatedNameAsync(string domain)
    {
        if (_validated is null)
        {
            _validated = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            CountVoid((await PointersAsync()).Status);
            foreach (var pointer in FirstPointers)
            {
                var addresses = await dns.AddressesAsync(pointer, _family, cancellationToken);
                CountVoid(addresses.Status);
                if (addresses.Records.Contains(subject.Client)) _validated.Add(pointer);
            }
        }
        return _validated.OrderBy(p => p.Equals(domain, StringComparison.OrdinalIgnoreCase) ? 0 : IsWithin(p, domain) ? 1 : 2).FirstOrDefault("unknown");
    }

    private bool CountTerm()
    {
        if (++_terms <= MaxTerms) return true;
        _problem = $"more than {MaxTerms} terms that need the DNS (RFC 7208, 4.6.4)";
        return false;
    }

    private bool CountVoid(DnsStatus status)
    {
        if (status is not (DnsStatus.NameError or DnsStatus.NoData) || ++_voids <= _maxVoids) return true;
        _tooManyVoids = true;
        _problem = $"more than {MaxVoidLookups} lookups that found nothing (RFC 7208, 4.6.4)";
        return false;
    }

    // RFC 7208, 5: errors of the DNS are temporary. Names that cannot be asked for exist no more than others (4.8).
    private Match? Judge(DnsStatus status, string name)
    {
        if (status is DnsStatus.ServerFailure or DnsStatus.TimeOut or DnsStatus.Bogus)
        {
            _problem = Trouble(status, name);
            return Match.TempError;
        }
        return CountVoid(status) ? null : Match.PermError;
    }

    private Match Permanent(string problem)
    {
        _problem = problem;
        return Match.PermError;
    }

    private static string Trouble(DnsStatus status, string name) => $"lookup of {name}: {status.Token()}";

    private static bool IsWithin(string name, string domain) => name.Length > domain.Length
        ? name.EndsWith(domain, StringComparison.OrdinalIgnoreCase) && name[name.Length - domain.Length - 1] == '.'
        : name.Equals(domain, StringComparison.OrdinalIgnoreCase);

    private bool Contains(SpfDirective directive, IPAddress network)
    {
        if (network.AddressFamily != _family) return false;
        Span<byte> a = stackalloc byte[16], b = stackalloc byte[16];
        subject.Client.TryWriteBytes(a, out _);
        network.TryWriteBytes(b, out _);
        var bits = _family == AddressFamily.InterNetwork ? directive.Prefix4 : directive.Prefix6;
        var whole = bits / 8;
        return a[..whole].SequenceEqual(b[..whole]) && (bits % 8 == 0 || (a[whole] ^ b[whole]) >> (8 - bits % 8) == 0);
    }
}
