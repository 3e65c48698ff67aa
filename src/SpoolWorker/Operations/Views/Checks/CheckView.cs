namespace SpoolWorker.Operations.Views.Checks;

/// <summary>What a check of the configuration found.</summary>
internal sealed record CheckView : View
{
    /// <summary>The configuration file, or words for there being none.</summary>
    public required string Configuration { get; init; }

    /// <summary>In the order of the checks.</summary>
    public required IReadOnlyList<FindingView> Findings { get; init; }
}

/// <summary>One finding.</summary>
internal sealed record FindingView : View
{
    /// <summary><c>ok</c>, <c>warning</c> (works, but slower or less safe than it could) or <c>error</c> (will not work).</summary>
    public required string Severity { get; init; }

    /// <summary>The setting it is about.</summary>
    public required string Subject { get; init; }

    /// <summary>What was found.</summary>
    public required string Text { get; init; }

    /// <summary>What to do.</summary>
    public string? Cure { get; init; }
}
