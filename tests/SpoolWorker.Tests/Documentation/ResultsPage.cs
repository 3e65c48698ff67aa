using System.Text;
using SpoolWorker.Commands.Parsing;

namespace SpoolWorker.Tests.Documentation;

/// <summary>Writes docs/results.md from the registrations.</summary>
internal static class ResultsPage
{
    public const string Path = "docs/results.md";

    private const string Introduction = """
        # Results

        <!-- Written from the program: SPOOLWORKER_WRITE_DOCS=1 dotnet test tests/SpoolWorker.Tests --filter FullyQualifiedName~Documentation -->

        What passes find, by name. [Conditions](conditions.md) of rules and `Srs:Condition` may ask for what a pass before them in `Passes` finds; for anything else they are a fault at
        start. [JSON](json.md) has all of them. The log has those with a word, as in `spf=pass`, in the order of the passes.

        The delivering Exim finds those that `Results:Write` names as `$acl_m_NAME`, in routers and filters. What may be a stranger's text is *tainted* there: Exim refuses it in file names, commands
        and lookups. Words of ours are not. A value is UTF-8; control characters in it are blanks, but for tabs and line breaks that fold a line.

        | name | found by | in the log | in Exim | meaning |
        |---|---|---|---|---|

        """;

    public static string Make()
    {
        var text = new StringBuilder(Introduction);
        // One name may be found by several passes, and means the same.
        foreach (var result in CommonOptions.Known().Passes.SelectMany(p => p.Results.Select(r => (Result: r, Pass: p.Name))).GroupBy(r => r.Result, r => r.Pass).OrderBy(r => r.Key.Name, StringComparer.Ordinal))
        {
            var passes = string.Join(", ", result.Order(StringComparer.Ordinal).Select(p => $"[`{p}`](passes/{p}.md)"));
            text.Append($"| `{result.Key.Name}` | {passes} | {(result.Key.Word.Length > 0 ? $"`{result.Key.Word}`" : "")} | {(result.Key.IsOwnWord ? "" : "tainted")} | {result.Key.Meaning} |\n");
        }
        return text.ToString();
    }
}
