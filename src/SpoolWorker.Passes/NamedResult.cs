namespace SpoolWorker.Passes;

/// <summary>A finding that a pass may put into <see cref="PassResult.Results"/>. Rules, the log and docs/results.md know results from these alone.</summary>
/// <param name="Name">The name: lower case with underscores, beginning with the pass or the method, as in spf_result.</param>
/// <param name="Meaning">What its value says, as a sentence without a full stop; Markdown.</param>
/// <param name="Word">The short word of the log line, as in spf=pass; empty: it is for rules and JSON only.</param>
public sealed record NamedResult(string Name, string Meaning, string Word = "")
{
    /// <summary>Its values are words or numbers of ours, never a stranger's text: Exim may trust them (<c>Results:Write</c>).</summary>
    public bool IsOwnWord { get; init; }
}
