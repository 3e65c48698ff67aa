namespace SpoolWorker.EndToEnd;

internal static class EximDirectories
{
    /// <summary>A subdirectory that Exim can write into.</summary>
    public static string CreateForExim(this TempDirectory directory, string name)
    {
        var path = directory.Create(name);
        EximUser.Own(path);
        return path;
    }
}
