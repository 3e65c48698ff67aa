// What transports of the running configuration ask for and cannot get.
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;

namespace SpoolWorker.Operations.Doctor.Exims;

/// <summary>Findings about transports.</summary>
internal static class TransportChecks
{
    // ChangeLog of 4.96, JH/28: with OpenSSL the status of the stored session counts. Nothing of the kind stands there for GnuTLS.
    private static readonly EximVersion MendedWithOpenSsl = new(4, 96);

    public static IEnumerable<Finding> All(EximScene scene)
    {
        if (scene.Command is not { } command || EximProbe.Ask(command, "-bP", "transports") is not { } transports) yield break;
        var both = EximBlocks.Of(transports, "transport").Where(b => b.Has("hosts_require_ocsp") && b.Has("tls_resumption_hosts")).Select(b => b.Name).ToList();
        if (both.Count == 0) yield break;
        var features = EximProbe.Ask(command, "-bV") ?? "";
        var isMended = features.Contains("OpenSSL", StringComparison.Ordinal) && EximVersion.Of(command) is { } version && !version.IsBefore(MendedWithOpenSsl);
        if (!isMended) yield return EximKinds.OcspWithResumption.Warning("Target:Exim", $"transport {string.Join(", ", both)}: hosts_require_ocsp and tls_resumption_hosts are both set");
    }
}
