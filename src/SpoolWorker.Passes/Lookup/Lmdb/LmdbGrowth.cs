namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>How large a map is and becomes. It takes addresses, not memory, and the file grows only as it fills.</summary>
internal static class LmdbGrowth
{
    public const long First = 16 * 1024 * 1024;

    /// <summary>A multiple of every page size in use, as mdb_env_set_mapsize asks for.</summary>
    private const long LargestPage = 64 * 1024;

    private const long LargestStep = 4L * 1024 * 1024 * 1024;

    /// <summary>Twice as large; by steps once it is large.</summary>
    public static long Next(long size) => size < First ? First : size + Math.Min(size, LargestStep);

    /// <summary>The next multiple of a page.</summary>
    public static long Whole(long size) => (size + LargestPage - 1) / LargestPage * LargestPage;
}
