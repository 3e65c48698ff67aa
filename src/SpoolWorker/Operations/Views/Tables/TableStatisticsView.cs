namespace SpoolWorker.Operations.Views.Tables;

/// <summary>What a table is made of.</summary>
internal sealed record TableStatisticsView : View
{
    /// <summary>Rows.</summary>
    public required long Entries { get; init; }

    /// <summary>Levels of the tree.</summary>
    public required int Depth { get; init; }

    /// <summary>Bytes a page.</summary>
    public required int PageSize { get; init; }

    /// <summary>Inner pages.</summary>
    public required long BranchPages { get; init; }

    /// <summary>Pages with rows.</summary>
    public required long LeafPages { get; init; }

    /// <summary>Pages of values too long for a leaf.</summary>
    public required long OverflowPages { get; init; }

    /// <summary>Pages to be used again.</summary>
    public required long FreePages { get; init; }

    /// <summary>Bytes it may grow to before the map is enlarged.</summary>
    public required long MapSize { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long FileSize { get; init; }

    /// <summary>Number of the last transaction.</summary>
    public required long Transaction { get; init; }

    /// <summary>Those who hold a state now; left out when the lock file cannot be opened.</summary>
    public int? Readers { get; init; }

    /// <summary>Whether keys may have several values (dupsort): only the first is looked up.</summary>
    public required bool SeveralValues { get; init; }
}
