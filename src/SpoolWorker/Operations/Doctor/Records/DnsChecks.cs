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
    private const string Subject = "Dns:Servers", Asked = "localhost";

    // Passes that ask the DNS, and passes whose own records are looked at.
    private static readonly HashSet<string> Users = ["authenticate", "arc-seal", "dkim-sign", "srs"];

    public static async ValueTask<IReadOnlyList<Finding>> AllAsync(LoadedConfiguration loaded, CancellationToken cancellationToken)
    {
        if (!loaded.Settings.PassNames.Any(Users.Contains)) return [];
        var options = loaded.Sections.Values.OfType<DnsOptions>().FirstOrDefault() ?? new DnsOptions();
        var servers = options.Servers.Count > 0 ? options.Servers.Select(s => (List<string>)[s]).ToList() : [[]];
        var answers = await Task.WhenAll(servers.Select(server => AskAsync(server, options, cancellationToken))).ConfigureAwait(false);
        // One of several that is down costs time only.
        var goesOn = answers.Any(a => a.Problem is null);
        return [.. answers.Select(a => a.Problem is not { } problem ? Finding.Ok(Subject, $"{a.Name}: answers")
            : goesOn ? RecordKinds.DnsSilent.Warning(Subject, $"{a.Name}: {problem}") : RecordKinds.DnsSilent.Error(Subject, $"{a.Name}: {problem}"))];
    }

    private static async Task<(string Name, string? Problem)> AskAsync(List<string> server, DnsOptions options, CancellationToken cancellationToken)
    {
        var dns = new DnsResolver(new DnsOptions { Servers = server, Timeout = options.Timeout, Retries = options.Retries, CacheBytes = 0 }, TimeProvider.System);
        var answer = await dns.AddressesAsync(Asked, AddressFamily.InterNetwork, cancellationToken).ConfigureAwait(false);
        return (server is [var one] ? one : "the system's name servers", answer.IsTemporary ? answer.Status.Token() : null);
    }
}
