using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Ledger;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>Registration.</summary>
internal static class OcspServices
{
    /// <summary>The name of the job.</summary>
    public const string Name = "ocsp";

    // Most runs look at files alone. Proofs of a day are refreshed in time, and an outage is over soon after its end.
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>Makes the job known.</summary>
    public static IServiceCollection AddOcsp(this IServiceCollection services) => services.AddJob<OcspOptions>(
        new JobRegistration(Name, "keeps the OCSP proofs for Exim's tls_ocsp_file fresh", "Ocsp", typeof(OcspOptions), Every,
            [JobFinding.Good, OcspJob.NoResponder, OcspJob.NotRefreshed, OcspJob.NoProof, OcspJob.Revoked, OcspJob.Unknown, OcspJob.MustStaple, OcspJob.NotStapled, OcspJob.NotKnown])
        {
            IsOn = options => options is OcspOptions { FromExim: true } or OcspOptions { Certificates.Count: > 0 },
            Create = (options, around) => new OcspJob((OcspOptions)options, around),
        }, OcspOptions.Faults);
}
