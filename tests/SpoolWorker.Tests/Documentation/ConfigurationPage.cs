using System.Text;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration.Keys;
using SpoolWorker.Options;
using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Documentation;

/// <summary>Writes docs/configuration.md from the registrations and the option classes.</summary>
internal static class ConfigurationPage
{
    public const string Path = "docs/configuration.md";

    private const string Introduction = """
        # Configuration

        <!-- Written from the program: SPOOLWORKER_WRITE_DOCS=1 dotnet test tests/SpoolWorker.Tests --filter FullyQualifiedName~Documentation -->

        All keys, their defaults, and what they may be. [Operations](operations.md#where-the-configuration-is) says where the configuration is read from.
        All faults are reported together at start, each with the value given and what it may be. Unknown keys are faults.

        * A **time** is `200ms`, `90s`, `5m`, `2h`, `14d` or `[days.]hours:minutes:seconds`. A number without a unit is a fault.
        * A **list** is one value or an array. Lists of domains, hosts and addresses may name [tables](lists-and-tables.md). `N` in a key counts from 0.
        * A **word** is one of those given, without regard to case.
        * Where no default stands, the setting is empty.
        * A **change** of a key is taken by a [reload](operations.md#reload), or it needs a restart: a reload that would change such a key is refused.

        `spoolworker config explain KEY` tells the same of one key, with what it is now; `spoolworker config show` shows them all, and
        `spoolworker config schema` prints a schema of the file for editors.

        """;

    private const string Logging = """
        ## Logging

        .NET's logging section; a change needs a restart. `Logging:LogLevel:Default` is `Information`. `Logging:Console:FormatterName` = `json` writes one JSON object a line, see
        [JSON](json.md#the-log).

        """;

    public static string Make()
    {
        var known = CommonOptions.Known();
        var text = new StringBuilder(Introduction);
        var rows = new List<SettingRow>();
        var own = Rows("", new Settings()).ToLookup(r => r.Key.Split(':')[0]);
        foreach (var property in SettingKeys.Settable(typeof(Settings)))
        {
            // What is no section is a row of its own, with its meaning there.
            text.Append($"\n## {property.Name}\n\n{(SettingKeys.IsSection(property.PropertyType) && !property.PropertyType.IsGenericType ? $"{Summaries.Of(property)}\n\n" : "")}");
            Table(text, rows, own[property.Name]);
        }
        text.Append('\n').Append(Logging);
        text.Append("\n## Every pass\n\nEach pass has these in its own section. Where a pass has another default, its table says so.\n\n");
        Table(text, rows, Rows("PASS", new PassOptions()));
        foreach (var pass in known.Passes.OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            text.Append($"\n## {pass.Name}\n\nThe pass [`{pass.Name}`](passes/{pass.Name}.md), section `{pass.Section}`.\n\n");
            Table(text, rows, Rows(pass.Section, pass.NewOptions()).Where(IsOwn));
        }
        foreach (var section in known.Sections.OrderBy(s => s.Section, StringComparer.Ordinal))
        {
            text.Append($"\n## {section.Section}\n\n{(known.Jobs.FirstOrDefault(j => j.Section == section.Section) is { } job ? $"The job [`{job.Name}`](jobs.md#{job.Name}) {job.Summary}." : "Shared by the passes that need it.")}\n\n");
            Table(text, rows, Rows(section.Section, section.NewOptions()));
        }
        Words(text, rows);
        return text.ToString();
    }

    /// <summary>All keys of the program.</summary>
    public static IEnumerable<SettingRow> All() => SettingKeys.Defaults(CommonOptions.Known()).Select(k => new SettingRow(k));

    private static IEnumerable<SettingRow> Rows(string section, object options) => SettingKeys.Of(section, options).Select(k => new SettingRow(k));

    private static bool IsOwn(SettingRow row) => row.Property.DeclaringType != typeof(PassOptions) || !Equals(row.Setting.Value, row.Property.GetValue(new PassOptions()));

    private static void Table(StringBuilder text, List<SettingRow> all, IEnumerable<SettingRow> rows)
    {
        text.Append("| key | default | unit | range | change | meaning |\n|---|---|---|---|---|---|\n");
        foreach (var row in rows)
        {
            all.Add(row);
            text.Append($"| `{row.Key}` | {row.DefaultText} | {row.Unit} | {row.Range} | {row.Setting.Change} | {row.Meaning} |\n");
        }
    }

    private static void Words(StringBuilder text, List<SettingRow> rows)
    {
        text.Append("\n## Words\n\nWhat the words of the settings above mean.\n\n| keys | word | meaning |\n|---|---|---|\n");
        foreach (var group in rows.Where(r => r.ItemType.IsEnum).GroupBy(r => r.ItemType))
        {
            var keys = string.Join(", ", group.Select(r => $"`{r.Key}`").Distinct());
            foreach (var (word, meaning) in SettingRow.WordsOf(group.Key))
            {
                text.Append($"| {keys} | `{word}` | {meaning} |\n");
                keys = "";
            }
        }
    }
}
