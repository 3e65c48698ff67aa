namespace SpoolWorker.Operations.Views.Tools;

/// <summary>An address that was to be rewritten or read.</summary>
internal sealed record SrsView : View
{
    /// <summary>What was asked.</summary>
    public required string Asked { get; init; }

    /// <summary>The answer; left out where there is none, empty for the null sender.</summary>
    public string? Address { get; init; }

    /// <summary><c>ok</c>, <c>not-needed</c>, <c>not-srs</c>, <c>malformed</c>, <c>wrong-hash</c>, <c>short-hash</c>, <c>too-old</c>, <c>unknown-key</c>, <c>too-long</c> (with an
    /// address all the same) or <c>unavailable</c>.</summary>
    public required string Status { get; init; }
}
