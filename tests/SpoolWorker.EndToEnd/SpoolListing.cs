// What lies in an input directory, split or not, without any of the worker's own code: the tests must not believe the code they test.
namespace SpoolWorker.EndToEnd;

internal static class SpoolListing
{
    /// <summary>All files, in the directory and in its one-letter subdirectories.</summary>
    public static IReadOnlyList<string> Files(string input)
    {
        if (!Directory.Exists(input))
        {
            return [];
        }

        try
        {
            return [.. Directory.EnumerateFiles(input, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return Files(input);
        }
    }

    public static IReadOnlyList<string> MessageIds(string input) =>
        [.. Files(input).Where(name => name.EndsWith("-H", StringComparison.Ordinal)).Select(name => name[..^2])];

    /// <summary>Files that do not belong to a whole pair: temporaries, and bodies whose envelope is gone.</summary>
    public static IReadOnlyList<string> Litter(string input)
    {
        var files = Files(input);
        var ids = MessageIds(input).ToHashSet(StringComparer.Ordinal);
        return [.. files.Where(name => !(name.Length > 2 && name[^2] == '-' && "DHJ".Contains(name[^1], StringComparison.Ordinal) && ids.Contains(name[..^2])))];
    }

    public static string Find(string input, string file) =>
        Directory.EnumerateFiles(input, file, SearchOption.AllDirectories).Single();
}
