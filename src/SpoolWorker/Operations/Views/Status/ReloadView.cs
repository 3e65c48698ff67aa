namespace SpoolWorker.Operations.Views.Status;

/// <summary>What a reload of the configuration came to.</summary>
internal sealed record ReloadView : View
{
    /// <summary>Whether it was done; else nothing was changed.</summary>
    public required bool Reloaded { get; init; }

    /// <summary>How often the configuration in force has been read, with that of the start.</summary>
    public required int Generation { get; init; }

    /// <summary>Where it was read from.</summary>
    public required string Configuration { get; init; }

    /// <summary>Why nothing was changed; empty when it was.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>The same as one sentence; left out when it was done.</summary>
    public string? Error { get; init; }
}
