using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes.Rules;

/// <summary>What the pass rules finds.</summary>
internal static class RulesResults
{
    public static readonly NamedResult Result = new("rules_result", "What rules did, as in `header_remove,subject_tag,copy_to`; absent when none held", "rules") { IsOwnWord = true };
    public static readonly NamedResult Recipients = new("rules_recipients", "The same with the number of recipients it was done for: `subject_tag 2, redirect 1`; where groups go apart, of this group") { IsOwnWord = true };

    public static IReadOnlyList<NamedResult> All { get; } = [Result, Recipients];
}

/// <summary>Registration.</summary>
public static class RulesServiceCollectionExtensions
{
    /// <summary>Makes the pass rules known.</summary>
    public static IServiceCollection AddRules(this IServiceCollection services) =>
        services.AddPass<RulesOptions>("rules", "Rules", (options, _) => new RulesPass(options), RulesPass.Faults, PassTraits.EditsHeaders, RulesResults.All);
}
