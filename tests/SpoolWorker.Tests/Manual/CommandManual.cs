using SpoolWorker.Commands.Parsing;
using SpoolWorker.Tests.Documentation;

namespace SpoolWorker.Tests.Manual;

/// <summary>spoolworker(1), from the tree of commands and the exit codes of docs/operations.md.</summary>
internal static class CommandManual
{
    public static string Make()
    {
        var page = new Roff("spoolworker", 1, "background worker for the Exim mail server");
        page.Section("SYNOPSIS");
        page.Paragraph("`spoolworker` COMMAND [options] [`--Section:Key=value` ...]");
        page.Section("DESCRIPTION");
        page.Paragraph(CommandTree.Nodes[0].Command.Description!);
        page.Paragraph("`--Section:Key=value` sets a key of the configuration, `spoolworker.conf`(5), for one run. Without `--config` and `$SPOOLWORKER_CONFIG` it is read from `/etc/spoolworker/spoolworker.json`.");
        page.Section("COMMANDS");
        foreach (var node in CommandTree.Nodes.Where(n => !n.IsGroup)) Command(page, node);
        page.Section("EXIT STATUS");
        foreach (var (code, meaning) in ExitCodes()) page.Item(Roff.Bold(code), meaning);
        page.Section("FILES");
        page.Item(Roff.Italic("/etc/spoolworker/spoolworker.json"), "The configuration.");
        page.Item(Roff.Italic("/var/lib/spoolworker"), "Ledger, history, and what is held or could not be read.");
        page.Item(Roff.Italic("/run/spoolworker/control.sock"), "The control socket of a running worker.");
        page.Section("ENVIRONMENT");
        page.Item(Roff.Bold("SPOOLWORKER_CONFIG"), "The configuration file.");
        page.Item(Roff.Bold("SPOOLWORKER_Section__Key"), "Sets a key of the configuration.");
        page.Section("SEE ALSO");
        page.Paragraph("`spoolworker.conf`(5), `spoolworker-passes`(7), `exim4`(8)");
        return page.ToString();
    }

    private static void Command(Roff page, CommandNode node)
    {
        page.Subsection(string.Join(' ', node.Words));
        page.Paragraph($"{node.Command.Description}.");
        foreach (var argument in node.Command.Arguments.Where(a => !a.Hidden)) page.Item(Roff.Italic(argument.HelpName ?? argument.Name), argument.Description ?? "");
        foreach (var option in node.Options)
        {
            var names = string.Join(", ", option.Names.Reverse().Select(Roff.Bold));
            page.Item(option.Value.Length > 0 ? $"{names} {Roff.Italic(option.Value)}" : names, option.Description);
        }
        if (CommandHelp.TextOf(node.Command) is { Length: > 0 } text) page.Verbatim(text);
    }

    private static IEnumerable<(string Code, string Meaning)> ExitCodes() => DocumentationFiles.Read("docs/operations.md").Split("\n## Exit codes\n")[1].Split("\n## ")[0].Split('\n')
        .Select(line => line.Trim('|', ' ').Split(" | ")).Where(cells => cells.Length == 2 && char.IsAsciiDigit(cells[0][0])).Select(cells => (cells[0], cells[1]));
}
