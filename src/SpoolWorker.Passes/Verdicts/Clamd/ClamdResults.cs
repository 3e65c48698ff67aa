using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes.Verdicts.Clamd;

/// <summary>What the pass clamd finds.</summary>
internal static class ClamdResults
{
    public static readonly NamedResult Result = new("virus_result", "`clean`, `virus`, `suspect` for a find whose name only tags (`Clamd:TagOnly`), or `error` where clamd says it cannot look at the message", "virus") { IsOwnWord = true };
    public static readonly NamedResult Find = new("virus_name", "The name of what clamd found; absent when it found nothing");
    public static readonly NamedResult Recipients = new("virus_recipients", "What was decided, with the number of recipients: `hold 2, redirect 1`") { IsOwnWord = true };
    public static readonly NamedResult Skipped = new("virus_skipped", "Why clamd was not asked");

    public static IReadOnlyList<NamedResult> All { get; } = [Result, Find, Recipients, Skipped];
}

/// <summary>Registration of the pass clamd.</summary>
public static class ClamdServiceCollectionExtensions
{
    /// <summary>Makes the pass known.</summary>
    public static IServiceCollection AddClamd(this IServiceCollection services) =>
        services.AddPass<ClamdOptions>("clamd", section: "Clamd", ClamdPass.Create, ClamdPass.Faults, PassTraits.EditsHeaders, ClamdResults.All, ClamdPass.Needs);
}
