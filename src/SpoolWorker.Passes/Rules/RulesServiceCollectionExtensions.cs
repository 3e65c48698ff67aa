using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes.Rules;

/// <summary>Registration.</summary>
public static class RulesServiceCollectionExtensions
{
    /// <summary>Makes the pass rules known.</summary>
    public static IServiceCollection AddRules(this IServiceCollection services) =>
        services.AddPass<RulesOptions>("rules", "Rules", (options, _) => new RulesPass(options), RulesPass.Faults, PassTraits.EditsHeaders);
}
