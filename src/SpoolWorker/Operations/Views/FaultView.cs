namespace SpoolWorker.Operations.Views;

/// <summary>Why a <c>-H</c> cannot be read.</summary>
internal sealed record FaultView
{
    /// <summary>One word, such as <c>truncated</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The byte of the file it is seen at.</summary>
    public required long Offset { get; init; }

    /// <summary>A sentence.</summary>
    public required string Reason { get; init; }
}
