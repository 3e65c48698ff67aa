using SpoolWorker.Commands.Parsing;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Tests.Documentation;

namespace SpoolWorker.Tests.Manual;

/// <summary>spoolworker.conf(5) and spoolworker-passes(7), from the registrations, the option classes, and the first paragraph of each pass's page.</summary>
internal static class SettingManuals
{
    /// <summary>All keys.</summary>
    public static string Configuration()
    {
        var page = new Roff("spoolworker.conf", 5, "configuration of SpoolWorker");
        page.Section("SYNOPSIS");
        page.Paragraph("`/etc/spoolworker/spoolworker.json`");
        page.Section("DESCRIPTION");
        page.Paragraph("A file in JSON, with comments. A section is an object: `Ledger:Path` is the key `Path` of the object `Ledger`. Keys can also be given as `--Section:Key=value` and in the environment as `SPOOLWORKER_Section__Key`.");
        page.Paragraph("All faults are reported together at start, each with the value given and what it may be. Unknown keys are faults. `spoolworker check-config` tells them, too.");
        page.Paragraph("A time is `200ms`, `90s`, `5m`, `2h`, `14d` or `[days.]hours:minutes:seconds`; a number without a unit is a fault. A list is one value or an array. `N` in a key counts from 0. A word is one of those given, without regard to case.");
        var known = CommonOptions.Known();
        var own = typeof(Settings).GetProperties().Select(p => p.Name).Concat(known.Sections.Select(s => s.Section).Order(StringComparer.Ordinal));
        foreach (var section in own) Keys(page, section.ToUpperInvariant(), Rows(section));
        page.Section("EXAMPLES");
        page.Paragraph("`/usr/share/spoolworker/spoolworker.json`");
        page.Section("SEE ALSO");
        page.Paragraph("`spoolworker`(1), `spoolworker-passes`(7)");
        return page.ToString();
    }

    /// <summary>All passes, with what each is set by and what it finds.</summary>
    public static string Passes()
    {
        var page = new Roff("spoolworker-passes", 7, "what SpoolWorker does to a message");
        page.Section("DESCRIPTION");
        page.Paragraph("A pass judges or changes one message. `Passes` in `spoolworker.conf`(5) names those that run, in their order. None is named by default: mail is requeued as it is.");
        var all = CommonOptions.Known().Passes.OrderBy(p => p.Name, StringComparer.Ordinal).ToList();
        page.Paragraph("Each pass has these keys in its own section:");
        foreach (var row in Rows(all[0].Section).Where(r => r.Property.DeclaringType == typeof(PassOptions))) Key(page, $"PASS{row.Key[all[0].Section.Length..]}", row);
        foreach (var pass in all)
        {
            page.Section(pass.Name.ToUpperInvariant());
            page.Paragraph(FirstParagraph(pass.Name));
            page.Paragraph($"Keys, in section `{pass.Section}`:");
            foreach (var row in Rows(pass.Section).Where(r => r.Property.DeclaringType != typeof(PassOptions))) Key(page, row.Key, row);
            if (pass.Results.Count == 0) continue;
            page.Paragraph("What it finds:");
            foreach (var result in pass.Results) page.Item(Roff.Bold(result.Name), $"{result.Meaning}.");
        }
        page.Section("SEE ALSO");
        page.Paragraph("`spoolworker`(1), `spoolworker.conf`(5)");
        return page.ToString();
    }

    private static IEnumerable<SettingRow> Rows(string section) => ConfigurationPage.All().Where(r => r.Key == section || r.Key.StartsWith($"{section}:", StringComparison.Ordinal));

    private static void Keys(Roff page, string heading, IEnumerable<SettingRow> rows)
    {
        page.Section(heading);
        foreach (var row in rows) Key(page, row.Key, row);
    }

    private static void Key(Roff page, string key, SettingRow row)
    {
        var said = new[] { row.Unit, row.Range, row.DefaultText.Length > 0 ? $"default {row.DefaultText}" : "", row.Setting.NeedsRestart ? "a change needs a restart" : "" }.Where(s => s.Length > 0);
        page.Item(Roff.Bold(key), $"{row.Meaning} ({string.Join("; ", said)})");
    }

    // Behind the heading.
    private static string FirstParagraph(string pass) => DocumentationFiles.Read($"docs/passes/{pass}.md").Split("\n\n")[1].ReplaceLineEndings(" ").Trim();
}
