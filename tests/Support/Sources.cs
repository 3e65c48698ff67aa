namespace SpoolWorker.Testing;

/// <summary>The sources that these tests were built from.</summary>
internal static class Sources
{
    /// <summary>The folder with SpoolWorker.sln.</summary>
    public static string Folder { get; } = Find();

    private static string Find()
    {
        for (var at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "SpoolWorker.sln"))) return at;
        }
        throw new DirectoryNotFoundException($"no SpoolWorker.sln above {AppContext.BaseDirectory}");
    }
}
