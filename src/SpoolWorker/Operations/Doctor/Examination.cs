// Looks at everything around a worker: what check-config looks at, then what only a running host can tell. Each check is on its own: one that
// fails or hangs is a finding, and the others are made all the same. Changes nothing; what mends a finding is the finding's own.
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor.Exims;
using SpoolWorker.Operations.Doctor.Host;
using SpoolWorker.Operations.Doctor.Records;
using SpoolWorker.Operations.Doctor.Services;
using SpoolWorker.Passes.Dns;

namespace SpoolWorker.Operations.Doctor;

/// <summary>An examination.</summary>
/// <param name="loaded">The configuration, with whatever faults it has.</param>
/// <param name="known">All passes there are.</param>
/// <param name="clock">Dates.</param>
internal sealed class Examination(LoadedConfiguration loaded, Registrations known, TimeProvider clock)
{
    /// <summary>A check that takes longer is left: an exim command has 10 s, a lookup 5.</summary>
    public static readonly TimeSpan UsualLimit = TimeSpan.FromSeconds(45);

    /// <summary>How long one check may take.</summary>
    public TimeSpan Limit { get; init; } = UsualLimit;

    /// <summary>All findings, in the order of the checks.</summary>
    public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken) => RunAsync(Checks(), cancellationToken);

    /// <summary>Makes some checks, one after the other: some ask the same Exim.</summary>
    public async Task<IReadOnlyList<Finding>> RunAsync(IEnumerable<DoctorCheck> checks, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        foreach (var check in checks)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                // A thread of its own: a file system that hangs must not take the others with it.
                findings.AddRange(await Task.Run(async () => await check.Look(limit.Token).ConfigureAwait(false), CancellationToken.None).WaitAsync(Limit, clock, cancellationToken).ConfigureAwait(false));
            }
            catch (TimeoutException)
            {
                findings.Add(ConfigurationKinds.Incomplete.Unknown(check.Name, $"took longer than {Limit.TotalSeconds:0.#} s and was left", "see what hangs: a disk, a name server, a daemon"));
                await limit.CancelAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Whatever it was: the others are to be heard.
                findings.Add(ConfigurationKinds.Incomplete.Unknown(check.Name, $"failed: {e.Message}"));
            }
        }
        return findings;
    }

    private IEnumerable<DoctorCheck> Checks()
    {
        foreach (var (name, look) in ConfigurationCheck.Parts(loaded)) yield return DoctorCheck.Of(name, look);
        if (!loaded.IsRead) yield break;
        var settings = loaded.Settings;
        yield return new DoctorCheck("worker", token => WorkerChecks.AllAsync(loaded, clock, token));
        if (settings.Target.Path.Length > 0)
        {
            var exims = new Lazy<EximScene>(() => EximScene.Of(settings));
            yield return DoctorCheck.Of("running exim", () => RunningChecks.All(exims.Value));
            yield return DoctorCheck.Of("exim configuration", () => FreshnessChecks.All(exims.Value));
            yield return DoctorCheck.Of("exim transports", () => TransportChecks.All(exims.Value));
            yield return DoctorCheck.Of("exim version", () => VersionChecks.All(exims.Value, loaded));
            yield return new DoctorCheck("dovecot", token => DovecotChecks.AllAsync(exims.Value, token));
        }
        yield return DoctorCheck.Of("file systems", () => DiskChecks.All(settings));
        yield return DoctorCheck.Of("owners and modes", () => OwnerChecks.All(settings));
        yield return DoctorCheck.Of("files", () => FileChecks.All(loaded, known));
        yield return DoctorCheck.Of("clock", () => ClockChecks.All(settings, clock));
        foreach (var (name, ask) in ServiceChecks.All(loaded, known)) yield return new DoctorCheck(name, ask);
        var dns = new Lazy<IDnsResolver>(() => new DnsResolver(DnsOptionsOf(loaded), clock));
        yield return new DoctorCheck("dns", token => DnsChecks.AllAsync(loaded, token));
        yield return new DoctorCheck("key records", token => KeyRecordChecks.AllAsync(loaded, dns.Value, token));
        yield return new DoctorCheck("srs records", token => SrsRecordChecks.AllAsync(loaded, dns.Value, clock, token));
    }

    private static DnsOptions DnsOptionsOf(LoadedConfiguration loaded) => loaded.Sections.Values.OfType<DnsOptions>().FirstOrDefault() ?? new DnsOptions();
}
