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
    /// <summary>What kind of finding it is, as docs/doctor.md lists them; not there for <c>ok</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>ok</c>, <c>unknown</c> (could not be looked at), <c>warning</c> (works, but slower or less safe than it could) or <c>error</c> (will not work).</summary>
    public required string Severity { get; init; }

    /// <summary>The setting it is about.</summary>
    public required string Subject { get; init; }

    /// <summary>What was found.</summary>
    public required string Text { get; init; }

    /// <summary>What to do.</summary>
    public string? Cure { get; init; }

    /// <summary>What <c>--fix</c> has done; then it does not count.</summary>
    public string? Fixed { get; init; }

    /// <summary>Why <c>--fix</c> has failed.</summary>
    public string? NotFixed { get; init; }

    /// <summary>Who has said that it is known; then it does not count.</summary>
    public AcknowledgementView? Acknowledged { get; init; }
}

/// <summary>What is wrong around a worker.</summary>
internal sealed record DoctorView : View
{
    /// <summary><c>OK</c>, <c>WARNING</c>, <c>CRITICAL</c> or <c>UNKNOWN</c>, as of monitoring plugins.</summary>
    public required string Verdict { get; init; }

    /// <summary>The configuration file, or words for there being none.</summary>
    public required string Configuration { get; init; }

    /// <summary>The worst first.</summary>
    public required IReadOnlyList<FindingView> Findings { get; init; }
}

/// <summary>A finding that somebody knows of.</summary>
internal sealed record AcknowledgementView : View
{
    /// <summary>The name of the finding.</summary>
    public required string Name { get; init; }

    /// <summary>Of this setting alone; not there: of any.</summary>
    public string? Subject { get; init; }

    /// <summary>Why it is let be.</summary>
    public required string Note { get; init; }

    /// <summary>Who said so.</summary>
    public required string Actor { get; init; }

    /// <summary>When.</summary>
    public required string Time { get; init; }

    /// <summary>From then on it counts again.</summary>
    public required string Until { get; init; }
}
