namespace SpoolWorker.Operations.Views;

/// <summary>A recipient of a message.</summary>
internal record RecipientView
{
    /// <summary>As in the envelope.</summary>
    public required string Address { get; init; }
}
