using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Upkeep.Hints;
using SpoolWorker.Upkeep.Janitor;
using SpoolWorker.Upkeep.Ocsp;

namespace SpoolWorker.Hosting;

/// <summary>The jobs beside Exim this program knows: one line each.</summary>
internal static class JobCatalog
{
    /// <summary>Registers them all; their settings decide which run, and <c>Schedule:Jobs</c> how often.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services) => services
        .AddHints()
        .AddOcsp()
        .AddJanitor();
}
