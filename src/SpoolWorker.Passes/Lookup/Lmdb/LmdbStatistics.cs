namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>What a table is made of.</summary>
public sealed record LmdbStatistics
{
    /// <summary>Rows.</summary>
    public long Entries { get; init; }

    /// <summary>Levels of the tree.</summary>
    public int Depth { get; init; }

    /// <summary>Bytes a page.</summary>
    public int PageSize { get; init; }

    /// <summary>Inner pages.</summary>
    public long BranchPages { get; init; }

    /// <summary>Pages with rows.</summary>
    public long LeafPages { get; init; }

    /// <summary>Pages of values too long for a leaf.</summary>
    public long OverflowPages { get; init; }

    /// <summary>Pages to be used again.</summary>
    public long FreePages { get; init; }

    /// <summary>Bytes it may grow to before the map is enlarged.</summary>
    public long MapSize { get; init; }

    /// <summary>Bytes of the file.</summary>
    public long FileSize { get; init; }

    /// <summary>Number of the last one.</summary>
    public long Transaction { get; init; }

    /// <summary>Those who hold a state now; null when the lock file cannot be asked.</summary>
    public int? Readers { get; init; }

    /// <summary>Keys may have several values (dupsort): only the first is read.</summary>
    public bool SeveralValues { get; init; }
}
