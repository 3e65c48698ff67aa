namespace SpoolWorker.Operations.Views.Tools;

/// <summary>What <c>init</c> would do, has done or has taken back.</summary>
internal sealed record InitView : View
{
    /// <summary><c>shown</c> (nothing was done), <c>applied</c> or <c>removed</c>.</summary>
    public required string Done { get; init; }

    /// <summary><c>split</c> or <c>unsplit</c>, as update-exim4.conf reads Exim's configuration; left out when it was taken back.</summary>
    public string? Form { get; init; }

    /// <summary>The directory that the worker takes mail from.</summary>
    public string? Intake { get; init; }

    /// <summary>All files that are concerned.</summary>
    public required IReadOnlyList<InitFileView> Files { get; init; }

    /// <summary>What is run, in this order.</summary>
    public required IReadOnlyList<string> Commands { get; init; }

    /// <summary>Records to publish in the DNS.</summary>
    public required IReadOnlyList<InitRecordView> Records { get; init; }

    /// <summary>What else there is to know.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>One file.</summary>
internal sealed record InitFileView
{
    /// <summary>Its path.</summary>
    public required string Path { get; init; }

    /// <summary><c>new</c>, <c>changed</c> (lines are added), <c>same</c> (it is there already), <c>kept</c> (somebody else's) or <c>removed</c> (or what was added to it).</summary>
    public required string Fate { get; init; }

    /// <summary>Its owner and group.</summary>
    public string? Owner { get; init; }

    /// <summary>Its mode, octal.</summary>
    public string? Mode { get; init; }

    /// <summary>What is added.</summary>
    public string? Added { get; init; }

    /// <summary>Why it is kept.</summary>
    public string? Note { get; init; }
}

/// <summary>A record to publish.</summary>
internal sealed record InitRecordView
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The text.</summary>
    public required string Record { get; init; }
}
