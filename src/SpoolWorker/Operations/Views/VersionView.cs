namespace SpoolWorker.Operations.Views;

/// <summary>The program's version.</summary>
internal sealed record VersionView : View
{
    /// <summary>As in the assembly; a version of development has the commit behind a plus.</summary>
    public required string Version { get; init; }
}
