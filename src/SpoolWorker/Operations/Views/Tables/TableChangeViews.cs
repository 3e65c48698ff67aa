namespace SpoolWorker.Operations.Views.Tables;

/// <summary>Rows that were set.</summary>
internal sealed record TableWrittenView : View
{
    /// <summary>How many.</summary>
    public required long Written { get; init; }
}

/// <summary>Rows that were removed.</summary>
internal sealed record TableDeletedView : View
{
    /// <summary>How many.</summary>
    public required long Deleted { get; init; }
}

/// <summary>Rows that were imported.</summary>
internal sealed record TableImportView : View
{
    /// <summary>How many are in the table now.</summary>
    public required long Rows { get; init; }

    /// <summary>How many were passed over, because another of the same key counts.</summary>
    public required long Duplicates { get; init; }
}
