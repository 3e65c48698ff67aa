namespace SpoolWorker.Operations.Views.Queue;

/// <summary>A message that was put into an intake.</summary>
internal sealed record InjectView : View
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The intake.</summary>
    public required string Directory { get; init; }

    /// <summary>Envelope sender; empty for the null sender.</summary>
    public required string Sender { get; init; }

    /// <summary>Envelope recipients.</summary>
    public required IReadOnlyList<RecipientView> Recipients { get; init; }
}
