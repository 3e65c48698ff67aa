using System.Text.RegularExpressions;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>Names for which the text of <c>tls_certificate</c> finds something in a directory.</summary>
internal static partial class NameTexts
{
    /// <summary>Names of what lies in the directories where the text puts a client's name into a path, or looks it up (<c>dsearch</c>): with and without an ending there, as the text may add one.
    /// Some may be none that Exim knows.</summary>
    /// <exception cref="IOException">A directory cannot be read.</exception>
    public static IEnumerable<string> InDirectories(string text)
    {
        foreach (Match match in Paths().Matches(text))
        {
            var (before, behind) = (match.Groups["before"].Value, match.Groups["behind"].Value);
            foreach (var entry in Entries(match.Groups["directory"].Value))
            {
                if (entry.Length > before.Length + behind.Length && entry.StartsWith(before, StringComparison.Ordinal) && entry.EndsWith(behind, StringComparison.Ordinal)) yield return entry[before.Length..^behind.Length];
            }
        }
        foreach (Match match in Searches().Matches(text))
        {
            foreach (var entry in Entries(match.Groups["directory"].Value))
            {
                yield return entry;
                if (Path.GetFileNameWithoutExtension(entry) is { Length: > 0 } stem && stem != entry) yield return stem;
            }
        }
    }

    private static IEnumerable<string> Entries(string directory) => Directory.Exists(directory) ? Directory.EnumerateFileSystemEntries(directory).Select(e => Path.GetFileName(e)) : [];

    [GeneratedRegex(@"(?<directory>/[^\s${}:;]*/)(?<before>[^\s${}:;/]*)\$(?:tls_(?:in_)?sni\b|\{tls_(?:in_)?sni\})(?<behind>[^\s${}:;/]*)")]
    private static partial Regex Paths();

    [GeneratedRegex(@"dsearch(?:,[^{}\s]*)?\s*\{\s*(?<directory>/[^${}]*?)\s*\}")]
    private static partial Regex Searches();
}
