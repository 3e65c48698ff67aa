using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SpoolWorker.Passes.Srs;

/// <summary>Registration.</summary>
public static class SrsServiceCollectionExtensions
{
    /// <summary>Makes the pass srs known.</summary>
    public static IServiceCollection AddSrs(this IServiceCollection services) =>
        services.AddPass<SrsOptions>("srs", "Srs", (options, provider) => new SrsPass(options, provider.GetRequiredService<ILogger<SrsPass>>(), provider.GetRequiredService<TimeProvider>()),
            SrsPlan.Faults, results: SrsResults.All);
}
