using System.CommandLine;
using System.Text;
using SpoolWorker.Commands;
using SpoolWorker.Commands.Parsing;

namespace SpoolWorker.Tests.Documentation;

/// <summary>Writes docs/commands.md from the --help of every command.</summary>
internal static class CommandsPage
{
    public const string Path = "docs/commands.md";

    private const string Introduction = """
        # Commands

        <!-- Written from the program: SPOOLWORKER_WRITE_DOCS=1 dotnet test tests/SpoolWorker.Tests --filter FullyQualifiedName~Documentation -->

        What `--help` of each command says. [Operations](operations.md) says which is for what, where the configuration is read from, and what the exit
        codes mean; [JSON](json.md) what `--json` prints. `--Section:Key=value` sets a key of the [configuration](configuration.md) for one run.

        | command | what it does |
        |---|---|

        """;

    public static string Make()
    {
        var root = CommandCatalog.Root(new CommonOptions());
        var commands = Leaves(root).ToList();
        var text = new StringBuilder(Introduction);
        foreach (var command in commands) text.Append($"| [`{Name(command)}`](#{Name(command).Replace(' ', '-')}) | {command.Description} |\n");
        foreach (var command in commands) text.Append($"\n## {Name(command)}\n\n```text\n{Help(root, command)}\n```\n");
        return text.ToString();
    }

    private static IEnumerable<Command> Leaves(Command command) =>
        (command.Action is not null || command.Subcommands.Count == 0 ? [command] : Array.Empty<Command>()).Concat(command.Subcommands.Where(c => !c.Hidden).SelectMany(Leaves));

    private static string Name(Command command) => CommandLine.Path(command)["spoolworker ".Length..];

    private static string Help(RootCommand root, Command command)
    {
        using var output = new StringWriter();
        CommandCatalog.Parse(root, [.. Name(command).Split(' '), "--help"]).Invoke(new InvocationConfiguration { Output = output });
        // The program's file name stands for the root command; in tests it is the tests'.
        var lines = output.ToString().Replace(RootCommand.ExecutableName, "spoolworker", StringComparison.Ordinal).TrimEnd().Split('\n').Select(l => l.TrimEnd());
        // What it does stands above, too.
        return string.Join('\n', lines.SkipWhile(l => l != "Usage:"));
    }
}
