using System.CommandLine;
using System.CommandLine.Completions;
using SpoolWorker.Commands;
using SpoolWorker.Commands.Parsing;

namespace SpoolWorker.Tests.Manual;

/// <summary>An option as manual pages and completions tell it.</summary>
/// <param name="Names">The long name first.</param>
/// <param name="Value">What stands for its value in the help, as in FILE; empty: it takes none.</param>
/// <param name="Words">What the value may be, where only these are taken.</param>
/// <param name="Description">Its line of the help.</param>
internal sealed record CommandOption(IReadOnlyList<string> Names, string Value, IReadOnlyList<string> Words, string Description)
{
    public string Long => Names[0];
}

/// <summary>A command, or a group of them, as the program has it.</summary>
/// <param name="Words">What is typed behind spoolworker; empty: spoolworker alone.</param>
/// <param name="Command">The program's own.</param>
/// <param name="Options">Its own and those of every command.</param>
/// <param name="Below">The words that may follow: the commands of a group, the words of an argument.</param>
internal sealed record CommandNode(IReadOnlyList<string> Words, Command Command, IReadOnlyList<CommandOption> Options, IReadOnlyList<(string Word, string Meaning)> Below)
{
    /// <summary>With a slash before each word, for scripts: /table/get.</summary>
    public string Path { get; } = string.Concat(Words.Select(w => $"/{w}"));

    /// <summary>It does nothing by itself.</summary>
    public bool IsGroup => Command is { Action: null, Subcommands.Count: > 0 };
}

/// <summary>The commands of the program that are no secret, in the order of its help.</summary>
internal static class CommandTree
{
    public static IReadOnlyList<CommandNode> Nodes { get; } = [.. Below(CommandCatalog.Root(new CommonOptions()), [])];

    private static IEnumerable<CommandNode> Below(Command command, IReadOnlyList<string> words)
    {
        var commands = command.Subcommands.Where(c => !c.Hidden).ToList();
        IReadOnlyList<(string, string)> below = commands.Count > 0
            ? [.. commands.Select(c => (c.Name, c.Description ?? ""))]
            : [.. command.Arguments.SelectMany(a => a.GetCompletions(CompletionContext.Empty)).Select(c => (c.Label, ""))];
        yield return new CommandNode(words, command, [.. Options(command)], below);
        foreach (var node in commands.SelectMany(c => Below(c, [.. words, c.Name]))) yield return node;
    }

    private static IEnumerable<CommandOption> Options(Command command)
    {
        var recursive = command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive));
        foreach (var option in command.Options.Concat(recursive).Where(o => !o.Hidden).DistinctBy(o => o.Name))
        {
            var takesNone = option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0;
            string[] words = takesNone ? [] : [.. option.GetCompletions(CompletionContext.Empty).Select(c => c.Label)];
            // -? is for those who come from elsewhere; shells take it for a pattern.
            yield return new CommandOption([option.Name, .. option.Aliases.Where(a => !a.Contains('?', StringComparison.Ordinal) && !a.StartsWith('/')).Order(StringComparer.Ordinal)],
                takesNone ? "" : option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant(), words, option.Description ?? "");
        }
    }
}
