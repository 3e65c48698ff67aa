using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Authentication;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Notices;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Passes.Srs;
using SpoolWorker.Passes.Verdicts.Clamd;
using SpoolWorker.Passes.Verdicts.Rspamd;
using SpoolWorker.Passes.Verdicts.Spamd;

namespace SpoolWorker.Hosting;

/// <summary>The passes this program knows: one line each. The jobs (<see cref="JobCatalog"/>) come with them: both are known by the settings they have.</summary>
internal static class PassCatalog
{
    /// <summary>Registers them all; <c>Passes</c> in appsettings.json decides which run, and in what order.</summary>
    public static IServiceCollection AddAll(IServiceCollection services) => services
        .AddArc()
        .AddAuthenticate()
        .AddClamd()
        .AddDccPass()
        .AddDkim()
        .AddDmarc()
        .AddDns()
        .AddDsnInfo()
        .AddDsn()
        .AddNotices()
        .AddRspamd()
        .AddRules()
        .AddSpamd()
        .AddSpf()
        .AddSrs()
        .AddJobs();
}
