using SpoolWorker.Passes.Verdicts.Policy;

namespace SpoolWorker.Passes.Verdicts;

/// <summary>What the passes with a score have in common.</summary>
public abstract class ScoreOptions : VerdictOptions
{
    /// <summary>What is done from which score on; none: scores are only told in header lines and results.</summary>
    public List<Level> Levels { get; set; } = [];

    /// <summary>Recipients who have levels of their own.</summary>
    public List<LevelGroup> Groups { get; set; } = [];
}
