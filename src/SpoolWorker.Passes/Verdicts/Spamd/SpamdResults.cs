using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes.Verdicts.Spamd;

/// <summary>What the pass spamd finds.</summary>
internal static class SpamdResults
{
    public static readonly NamedResult Score = new("spamd_score", "SpamAssassin's score, as in `7.25`; the highest where recipients differ", "spamd");
    public static readonly NamedResult Threshold = new("spamd_threshold", "From which score on SpamAssassin calls it spam, by the settings of those with the highest score");
    public static readonly NamedResult Symbols = new("spamd_symbols", "The names of the rules that hit, with commas between");
    public static readonly NamedResult Report = new("spamd_report", "SpamAssassin's report of what it calls spam, with `Spamd:Report`, its lines folded with a blank; at most 8 KiB");
    public static readonly NamedResult Scores = new("spamd_scores", "Where recipients differ, the scores with those whom they are for: `7 a@ours.example, 0.5 b@ours.example c@ours.example`, cut after 1,023 characters");
    public static readonly NamedResult Recipients = new("spamd_recipients", "What was decided, with the number of recipients: `hold 2, redirect 1`") { IsOwnWord = true };
    public static readonly NamedResult Skipped = new("spamd_skipped", "Why spamd was not asked");

    public static IReadOnlyList<NamedResult> All { get; } = [Score, Threshold, Symbols, Report, Scores, Recipients, Skipped];
}

/// <summary>Registration of the pass spamd.</summary>
public static class SpamdServiceCollectionExtensions
{
    /// <summary>Makes the pass known.</summary>
    public static IServiceCollection AddSpamd(this IServiceCollection services) =>
        services.AddPass<SpamdOptions>("spamd", section: "Spamd", SpamdPass.Create, SpamdPass.Faults, PassTraits.EditsHeaders, SpamdResults.All, SpamdPass.Needs);
}
