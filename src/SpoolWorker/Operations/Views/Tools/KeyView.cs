namespace SpoolWorker.Operations.Views.Tools;

/// <summary>A key that was made.</summary>
internal sealed record KeyView : View
{
    /// <summary>The file of its private half.</summary>
    public required string File { get; init; }

    /// <summary><c>rsa2048</c> or <c>ed25519</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The name in the DNS to publish it under.</summary>
    public required string Name { get; init; }

    /// <summary>The record to publish.</summary>
    public required string Record { get; init; }

    /// <summary>The same in strings of at most 255 characters, as a zone file wants them.</summary>
    public required IReadOnlyList<string> Strings { get; init; }
}
