namespace SpoolWorker.Operations.Views.Tools;

/// <summary>Exim's side of a wiring.</summary>
internal sealed record WiringView : View
{
    /// <summary>Its name.</summary>
    public required string Wiring { get; init; }

    /// <summary>What it does, and what else has to be done.</summary>
    public required string About { get; init; }

    /// <summary>For the main section.</summary>
    public string? Main { get; init; }

    /// <summary>For <c>begin acl</c>.</summary>
    public string? Acl { get; init; }

    /// <summary>For <c>begin routers</c>.</summary>
    public string? Routers { get; init; }

    /// <summary>For <c>begin transports</c>.</summary>
    public string? Transports { get; init; }

    /// <summary>For <c>begin authenticators</c>.</summary>
    public string? Authenticators { get; init; }
}
