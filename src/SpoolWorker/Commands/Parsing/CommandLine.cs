// The command line before and after System.CommandLine: settings are taken out first, or one that stands before a positional
// argument would be taken for it; afterwards all that was not understood is an error, with what was probably meant.
using System.CommandLine;
using System.CommandLine.Parsing;
using SpoolWorker.Passes.Conditions;

namespace SpoolWorker.Commands.Parsing;

/// <summary>What System.CommandLine leaves to its callers.</summary>
internal static class CommandLine
{
    private const int MostEdits = 2;

    /// <summary>Splits settings (--Section:Key=value) from the rest. Options are lower case, so a capital or a colon in the name tells them.</summary>
    public static (string[] Arguments, string[] Settings) Split(string[] args)
    {
        var end = Array.IndexOf(args, "--");
        var settings = args.Take(end < 0 ? args.Length : end).Where(IsSetting).ToArray();
        return settings.Length == 0 ? (args, []) : ([.. args.Where((a, i) => !IsSetting(a) || (end >= 0 && i > end))], settings);
    }

    /// <summary>What is wrong with the command line, as sentences; empty when nothing is.</summary>
    public static IReadOnlyList<string> Faults(ParseResult parsed, CommonOptions common, IReadOnlyList<string> args)
    {
        if (parsed.Action?.ClearsParseErrors == true) return [];
        var command = parsed.CommandResult.Command;
        var strange = parsed.UnmatchedTokens.Concat(Swallowed(parsed, args)).Distinct().Select(t => $"'{t}' is not understood{Suggestion(t, command)}").ToList();
        if (common.Settings.Count > 0 && !command.Options.Contains(common.Config) && command is not RootCommand)
            strange.AddRange(common.Settings.Select(s => $"'{s}': {Path(command)} takes no settings"));
        return strange.Count > 0 ? strange : [.. parsed.Errors.Select(e => e.Message)];
    }

    // "--jsno" becomes a positional argument where the command takes one. What stands behind "--" is meant.
    private static IEnumerable<string> Swallowed(ParseResult parsed, IReadOnlyList<string> args) => parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens)
        .Select(t => t.Value).Where(t => t.Length > 1 && t[0] == '-' && args.TakeWhile(a => a != "--").Contains(t));

    private static bool IsSetting(string text) =>
        text.StartsWith("--", StringComparison.Ordinal) && text.Length > 3 && text.IndexOf('=', StringComparison.Ordinal) is var equals and > 2
        && (char.IsAsciiLetterUpper(text[2]) || text.AsSpan(0, equals).Contains(':'));

    private static string Suggestion(string token, Command command)
    {
        if (token.StartsWith("--", StringComparison.Ordinal) && (token.Contains(':', StringComparison.Ordinal) || (token.Length > 2 && char.IsAsciiLetterUpper(token[2])))) return "; settings are given as --Section:Key=value";
        var known = token.StartsWith('-') ? Names(command) : command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);
        var name = token.Split('=', 2)[0];
        var (best, edits) = known.Select(k => (Name: k, Edits: k.StartsWith(name, StringComparison.Ordinal) && name.Length > 2 ? 1 : Spelling.Edits(name, k))).OrderBy(k => k.Edits).FirstOrDefault();
        return best is not null && edits <= MostEdits ? $"; did you mean {best}?" : $"; see '{Path(command)} --help'";
    }

    private static IEnumerable<string> Names(Command command) => command.Options.Concat(command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive)))
        .SelectMany(o => o.Aliases.Prepend(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal));

    /// <summary>A command as it is typed: spoolworker dsn explain.</summary>
    public static string Path(Command command) => command is RootCommand ? "spoolworker" : $"{Path(command.Parents.OfType<Command>().First())} {command.Name}";
}
