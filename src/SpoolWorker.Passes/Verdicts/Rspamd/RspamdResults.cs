using Microsoft.Extensions.DependencyInjection;

namespace SpoolWorker.Passes.Verdicts.Rspamd;

/// <summary>What the pass rspamd finds.</summary>
internal static class RspamdResults
{
    public static readonly NamedResult Action = new("rspamd_action", "What rspamd would do, such as `no action`, `soft reject` or `reject`, by the settings of those with the highest score");
    public static readonly NamedResult Score = new("rspamd_score", "rspamd's score, as in `7.25`; the highest where recipients differ", "rspamd");
    public static readonly NamedResult Threshold = new("rspamd_threshold", "From which score on rspamd would reject it, by the settings of those with the highest score");
    public static readonly NamedResult Symbols = new("rspamd_symbols", "The names of the symbols that hit, with commas between");
    public static readonly NamedResult Scores = new("rspamd_scores", "Where recipients differ, the scores with those whom they are for: `7 a@ours.example, 0.5 b@ours.example c@ours.example`, cut after 1,023 characters");
    public static readonly NamedResult Recipients = new("rspamd_recipients", "What was decided, with the number of recipients: `hold 2, redirect 1`") { IsOwnWord = true };
    public static readonly NamedResult Skipped = new("rspamd_skipped", "Why rspamd was not asked");

    public static IReadOnlyList<NamedResult> All { get; } = [Action, Score, Threshold, Symbols, Scores, Recipients, Skipped];
}

/// <summary>Registration of the pass rspamd.</summary>
public static class RspamdServiceCollectionExtensions
{
    /// <summary>Makes the pass known.</summary>
    public static IServiceCollection AddRspamd(this IServiceCollection services) =>
        services.AddPass<RspamdOptions>("rspamd", section: "Rspamd", RspamdPass.Create, RspamdPass.Faults, PassTraits.EditsHeaders, RspamdResults.All, RspamdPass.Needs);
}
