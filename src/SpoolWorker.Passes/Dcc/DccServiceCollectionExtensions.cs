using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes.Dcc;

/// <summary>Registration of the pass dcc.</summary>
public static class DccServiceCollectionExtensions
{
    /// <summary>Makes the pass known.</summary>
    public static IServiceCollection AddDccPass(this IServiceCollection services) =>
        services.AddPass<DccOptions>("dcc", section: "Dcc", DccPass.Create, DccOptionsValidator.Faults, PassTraits.EditsHeaders, DccResults.All, DccPass.Needs);
}
