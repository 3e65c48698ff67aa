// Patterns in paths of intakes: `*` and `?` stand for what they stand for in a shell. queuefile's `directory` is expanded
// by Exim, so there may be one a domain or a sender, made while the worker runs. Below the first pattern strangers may
// choose names: there a symlink is never a match, and a name that begins with a dot only where the pattern does.
using System.IO.Enumeration;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Target;

/// <summary>Directories that a path with patterns names now.</summary>
internal static class PathPattern
{
    /// <summary>Whether a path has patterns. A directory that bears the stars in its name is meant as it is.</summary>
    public static bool Is(string path) => path.AsSpan().IndexOfAny('*', '?') >= 0 && !Directory.Exists(path);

    /// <summary>Directories that match, sorted; none is no error.</summary>
    /// <param name="path">Absolute, with patterns.</param>
    /// <param name="looked">Takes the directories in which a new match may appear.</param>
    public static List<string> Matches(string path, ICollection<string> looked)
    {
        var above = FixedPart(path);
        List<string> found = [above];
        foreach (var part in path[above.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries)) found = [.. found.SelectMany(folder => Below(folder, part, looked))];
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <summary>What stands in front of the first name with a pattern: an operator's own words. Empty for the root.</summary>
    public static string FixedPart(string path) => path[..path.LastIndexOf('/', path.AsSpan().IndexOfAny('*', '?'))];

    private static List<string> Below(string folder, string part, ICollection<string> looked)
    {
        looked.Add(folder.Length > 0 ? folder : "/");
        try
        {
            var names = HasStar(part) ? Directory.EnumerateFileSystemEntries(folder + "/").Select(Path.GetFileName).Where(n => IsMatch(part, n!)).ToList() : [part];
            return [.. names.Select(name => $"{folder}/{name}").Where(p => Posix.TryStatus(p, out var status) == 0 && status.IsDirectory)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not there yet, or just gone.
            return [];
        }
    }

    private static bool IsMatch(string pattern, string name) =>
        (name[0] != '.' || pattern[0] == '.') && FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), name, ignoreCase: false);

    private static bool HasStar(string part) => part.AsSpan().IndexOfAny('*', '?') >= 0;
}
