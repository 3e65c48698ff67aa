namespace SpoolWorker.Passes.Verdicts.Policy;

/// <summary>What an engine says of a message, for the recipients who share its settings.</summary>
/// <param name="Score">The score.</param>
/// <param name="Threshold">From which on the engine calls it spam; null: it has not said.</param>
/// <param name="Symbols">The names of what it found, clean, cut, with commas between.</param>
internal record ScoreFinding(double Score, double? Threshold, string Symbols)
{
    /// <summary>Whether the engine calls it spam.</summary>
    public bool IsSpam { get; init; }

    /// <summary>What the engine would do, in its words, clean and cut; empty: it gives a score alone.</summary>
    public string Action { get; init; } = "";

    /// <summary>What the sender can be told, clean and cut.</summary>
    public string? Answer { get; init; }
}
