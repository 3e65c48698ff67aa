using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Passes.Arc;

/// <summary>Registration.</summary>
public static class ArcServiceCollectionExtensions
{
    /// <summary>Makes section Arc and the pass arc-seal known.</summary>
    public static IServiceCollection AddArc(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => new KeyCache());
        services.TryAddSingleton<BodyHashNeeds>();
        services.TryAddSingleton(s => new ArcVerifier(s.GetRequiredService<ArcOptions>(), s.GetRequiredService<TimeProvider>()));
        services.AddSection<ArcOptions>("Arc");
        return services.AddPass<ArcSealOptions>("arc-seal", "Arc:Seal",
            (options, s) =>
            {
                s.GetRequiredService<BodyHashNeeds>().Add(ArcSealer.BodyHash);
                return new ArcSealPass(options, s.GetRequiredService<ArcOptions>(), s.GetRequiredService<ArcVerifier>(), s.GetRequiredService<IDnsResolver>(), s.GetRequiredService<KeyCache>());
            },
            ArcSealOptions.Faults, PassTraits.EditsHeaders | PassTraits.AfterHeaderEdits | PassTraits.Last | PassTraits.NeverDefers | PassTraits.NeverSkipped, [.. ArcResultNames.OfChain, ArcResultNames.Seal]);
    }
}
