// Where the Exim that receives for the worker listens, as its configuration has it (main options daemon_smtp_ports, local_interfaces, tls_on_connect_ports; the -oX
// of its command line goes over them). An expansion, or what is written otherwise than people write it, is not understood: then --smtp says it.
using System.Globalization;
using System.Net;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;
using SpoolWorker.Passes.Services;

namespace SpoolWorker.Operations.Doctor.Probing;

/// <summary>Finds that place.</summary>
internal static class ReceivingPort
{
    /// <summary>By process and configuration; null: not understood.</summary>
    public static ServiceAddress? Of(EximProcess daemon, TargetOptions command)
    {
        var (interfaces, ports) = (List(EximVersion.Setting(command, "local_interfaces") ?? ""), List(EximVersion.Setting(command, "daemon_smtp_ports") ?? ""));
        var implicitTls = List(EximVersion.Setting(command, "tls_on_connect_ports") ?? "").Select(Port).ToHashSet();
        if (daemon.Words.ToList().IndexOf("-oX") is var at and >= 0 && at + 1 < daemon.Words.Count)
        {
            // Ports alone, or interfaces alone or with ports.
            var given = List(daemon.Words[at + 1]);
            if (given.All(g => Port(g) is not null)) ports = given;
            else interfaces = given;
        }
        // Connected to from here: an address of this host, or the loopback where all are listened at.
        var host = interfaces.Count == 0 ? IPAddress.Loopback : interfaces.Select(Address).OfType<IPAddress>().OrderBy(a => IPAddress.IsLoopback(a) ? 0 : 1).ThenBy(a => (int)a.AddressFamily).FirstOrDefault();
        if (host is null) return null;
        if (host.Equals(IPAddress.Any) || host.Equals(IPAddress.IPv6Any)) host = IPAddress.Loopback;
        var port = ports.Count == 0 ? 25 : ports.Select(Port).FirstOrDefault(p => p is not null && !implicitTls.Contains(p));
        return port is { } number && ServiceAddress.TryParse(string.Create(CultureInfo.InvariantCulture, $"{host} {number}"), out var address, out _) ? address : null;
    }

    /// <summary>An Exim list: colons between, or what stands behind a leading less-than sign.</summary>
    internal static IReadOnlyList<string> List(string text)
    {
        var separator = ':';
        text = text.Trim();
        if (text.Length > 1 && text[0] == '<' && !char.IsLetterOrDigit(text[1])) (separator, text) = (text[1], text[2..]);
        // A separator that is doubled is one character of an element.
        var doubled = new string(separator, 2);
        return [.. text.Replace(doubled, "\u0001", StringComparison.Ordinal).Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(e => e.Replace('\u0001', separator))];
    }

    private static int? Port(string text) => text switch
    {
        "smtp" => 25,
        "submission" => 587,
        "smtps" or "ssmtp" or "submissions" => 465,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null,
    };

    private static IPAddress? Address(string text) => IPAddress.TryParse(text.Trim('[', ']'), out var address) ? address : null;
}
