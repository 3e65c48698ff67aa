// The domain of SRS addresses: bounces to forwarded mail go to its MX, and receivers ask its SPF policy about the host that forwards.
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Operations.Doctor.Records;

/// <summary>Findings about the domain of SRS addresses.</summary>
internal static class SrsRecordChecks
{
    private const string Subject = "Srs:Alias";

    public static ValueTask<IReadOnlyList<Finding>> AllAsync(LoadedConfiguration loaded, IDnsResolver dns, TimeProvider clock, CancellationToken cancellationToken) =>
        loaded.Settings.Passes.Contains("srs") && loaded.PassOptions.GetValueOrDefault("srs") is SrsOptions { Alias.Length: > 0 } srs ? OfAsync(srs.AliasDomain, OwnAddresses(), dns, clock, cancellationToken) : ValueTask.FromResult<IReadOnlyList<Finding>>([]);

    /// <param name="domain">The domain.</param>
    /// <param name="own">Addresses from which this host may send.</param>
    /// <param name="dns">The DNS.</param>
    /// <param name="clock">Dates.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async ValueTask<IReadOnlyList<Finding>> OfAsync(string domain, IReadOnlyList<IPAddress> own, IDnsResolver dns, TimeProvider clock, CancellationToken cancellationToken) =>
        [await MxAsync(domain, dns, cancellationToken).ConfigureAwait(false), await SpfAsync(domain, own, dns, clock, cancellationToken).ConfigureAwait(false)];

    private static async ValueTask<Finding> MxAsync(string domain, IDnsResolver dns, CancellationToken cancellationToken)
    {
        var answer = await dns.MxAsync(domain, cancellationToken).ConfigureAwait(false);
        if (answer.IsTemporary) return RecordKinds.SrsUnknown.Unknown(Subject, $"MX of {domain}: {answer.Status.Token()}");
        // RFC 7505: takes no mail. RFC 5321, 5.1: without MX its address is asked.
        if (answer.Records is [{ Exchange: "." or "" }]) return RecordKinds.SrsMx.Error(Subject, $"{domain} says that it takes no mail (null MX)");
        IEnumerable<string> hosts = answer.Records.Count > 0 ? answer.Records.OrderBy(r => r.Preference).Select(r => r.Exchange) : [domain];
        foreach (var host in hosts)
        {
            foreach (var family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
            {
                if ((await dns.AddressesAsync(host, family, cancellationToken).ConfigureAwait(false)).Records.Count > 0) return Finding.Ok(Subject, $"mail to {domain} goes to {host}");
            }
        }
        return RecordKinds.SrsMx.Error(Subject, answer.Records.Count > 0 ? $"no MX of {domain} has an address" : $"{domain} has neither MX nor address");
    }

    private static async ValueTask<Finding> SpfAsync(string domain, IReadOnlyList<IPAddress> own, IDnsResolver dns, TimeProvider clock, CancellationToken cancellationToken)
    {
        var answer = await dns.TxtAsync(domain, cancellationToken).ConfigureAwait(false);
        if (answer.IsTemporary) return RecordKinds.SrsUnknown.Unknown(Subject, $"SPF of {domain}: {answer.Status.Token()}");
        if (!answer.Records.Any(r => SpfRecordParser.IsSpf(r.Span))) return RecordKinds.SrsSpf.Warning(Subject, $"{domain} has no SPF policy");
        var evaluator = new SpfEvaluator(dns, new SpfOptions(), clock);
        foreach (var address in own)
        {
            var outcome = await evaluator.EvaluateAsync(new SpfQuery(address, domain, $"srs@{domain}", domain), cancellationToken).ConfigureAwait(false);
            if (outcome.Result is SpfResult.Fail or SpfResult.SoftFail or SpfResult.PermError)
                return RecordKinds.SrsSpfFails.Warning(Subject, $"the SPF policy of {domain} gives {outcome.Result.Token()} for {address}{(outcome.Problem is { } problem ? $": {problem}" : "")}");
        }
        return Finding.Ok(Subject, $"{domain} has an SPF policy{(own.Count > 0 ? $" that lets {string.Join(", ", own)} send" : "; this host has no public address to ask it about")}");
    }

    // Public ones: what is behind an address translation has others outside.
    private static List<IPAddress> OwnAddresses() => [.. NetworkInterface.GetAllNetworkInterfaces().Where(n => n.OperationalStatus == OperationalStatus.Up).SelectMany(n => n.GetIPProperties().UnicastAddresses).Select(a => a.Address).Where(IsPublic)];

    // RFC 1918, 3927, 6598; RFC 4193, 4291.
    private static bool IsPublic(IPAddress address)
    {
        if (IPAddress.IsLoopback(address)) return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6) return !address.IsIPv6LinkLocal && !address.IsIPv6SiteLocal && !address.IsIPv6UniqueLocal;
        return address.GetAddressBytes() is not ([10, ..] or [172, >= 16 and < 32, ..] or [192, 168, ..] or [169, 254, ..] or [100, >= 64 and < 128, ..]);
    }
}
