namespace SpoolWorker.Operations.Views.Queue;

/// <summary>What a job found about one thing.</summary>
internal sealed record JobFindingView
{
    /// <summary>The thing, such as the file of a certificate.</summary>
    public required string Subject { get; init; }

    /// <summary>What it came to, in a word of the job; <c>good</c> where there is nothing to tell.</summary>
    public required string Kind { get; init; }

    /// <summary><c>well</c>, <c>later</c> (it is tried again) or <c>bad</c> (somebody has to act).</summary>
    public required string Level { get; init; }

    /// <summary>The same as a sentence.</summary>
    public required string Text { get; init; }

    /// <summary>What was counted, by name (<c>records</c>, <c>bytes</c>); left out where nothing is.</summary>
    public IReadOnlyDictionary<string, long>? Figures { get; init; }

    /// <summary>Since when it is so; left out where that is not told.</summary>
    public string? Since { get; init; }

    /// <summary>How many things it stands for, where it is the rest of a list; left out for one.</summary>
    public int? Count { get; init; }
}
