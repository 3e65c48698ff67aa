// What a table is made of, for programs.
using SpoolWorker.Operations.Views.Tables;
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Operations.Tables;

/// <summary>Makes views of tables.</summary>
internal static class TableViews
{
    public static TableStatisticsView Of(LmdbStatistics statistics) => new()
    {
        Entries = statistics.Entries,
        Depth = statistics.Depth,
        PageSize = statistics.PageSize,
        BranchPages = statistics.BranchPages,
        LeafPages = statistics.LeafPages,
        OverflowPages = statistics.OverflowPages,
        FreePages = statistics.FreePages,
        MapSize = statistics.MapSize,
        FileSize = statistics.FileSize,
        Transaction = statistics.Transaction,
        Readers = statistics.Readers,
        SeveralValues = statistics.SeveralValues,
    };
}
