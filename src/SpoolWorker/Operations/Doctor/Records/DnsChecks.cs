// Do the name servers answer? Each is asked for itself, for "localhost": every resolver has an answer to that, be it that there is none, without the rest
// of the network. Whether the network is there the records of our own domains tell.
using System.Net.Sockets;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Operations.Doctor.Records;

/// <summary>Findings about name servers.</summary>
internal static class DnsChecks
{
    private const string Asked = "localhost";

    // Passes that ask the DNS, and passes whose own records are looked at.
    private static readonly HashSet<string> Users = ["authenticate", "arc-seal", "dkim-sign", "srs"];

    public static async ValueTask<IReadOnlyList<Finding>> AllAsync(LoadedConfiguration loaded, CancellationToken cancellationToken)
    {
        if (!loaded.Settings.PassNames.Any(Users.Contains)) return [];
        var options = loaded.Sections.Values.OfType<DnsOptions>().FirstOrDefault() ?? new DnsOptions();
        var findings = new List<Finding>();
        var servers = options.Servers.Count > 0 ? options.Servers.Select(s => (List<string>)[s]).ToList() : [[]];
        foreach (var server in servers)
        {
            var name = server is [var one] ? one : "the system's name servers";
            var dns = new DnsResolver(new DnsOptions { Servers = server, Timeout = options.Timeout, Retries = options.Retries, CacheBytes = 0 }, TimeProvider.System);
            var answer = await dns.AddressesAsync(Asked, AddressFamily.InterNetwork, cancellationToken).ConfigureAwait(false);
            if (!answer.IsTemporary) findings.Add(Finding.Ok("Dns:Servers", $"{name}: answers"));
            // One of several that is down costs time only.
            else findings.Add(servers.Count > 1 ? RecordKinds.DnsSilent.Warning("Dns:Servers", $"{name}: {answer.Status.Token()}") : RecordKinds.DnsSilent.Error("Dns:Servers", $"{name}: {answer.Status.Token()}"));
        }
        return findings;
    }
}
