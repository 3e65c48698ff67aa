// A path that is not there is mostly mistyped: names what lies in its place.
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Passes.Conditions;

namespace SpoolWorker.Operations;

/// <summary>Directories beside one that is not there.</summary>
internal static class NearbyPaths
{
    private const int MostNamed = 5;

    /// <summary>"; there is A, B": the directories that differ from the path in its first missing part alone, the most similar first; empty when there are none.</summary>
    /// <param name="path">An absolute path of a directory that is not there.</param>
    public static string Sentence(string path) => Of(path) is { Count: > 0 } found ? string.Create(CultureInfo.InvariantCulture, $"; there is {string.Join(", ", found.Select(p => SafeText.Of(p)))}") : "";

    /// <summary>Those directories; never throws.</summary>
    public static IReadOnlyList<string> Of(string path)
    {
        var (above, rest) = (path, "");
        var missing = "";
        while (Path.GetDirectoryName(above) is { } parent && !Directory.Exists(above))
        {
            if (missing.Length > 0) rest = Path.Join(missing, rest);
            (missing, above) = (Path.GetFileName(above), parent);
        }
        // Directly below the root everything is a neighbour and nothing is meant.
        if (missing.Length == 0 || above == "/") return [];
        try
        {
            return [.. Directory.EnumerateDirectories(above).Select(d => (Path: rest.Length > 0 ? Path.Join(d, rest) : d, Name: Path.GetFileName(d))).Where(d => Directory.Exists(d.Path))
                .OrderBy(d => Spelling.Edits(missing, d.Name)).ThenBy(d => d.Name, StringComparer.Ordinal).Take(MostNamed).Select(d => d.Path)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
