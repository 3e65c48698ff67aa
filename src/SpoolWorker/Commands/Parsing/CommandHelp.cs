// Examples below every command's --help. System.CommandLine has no section for them, so its help action is wrapped: it
// prints what it prints, then comes what the command says of itself here. Commands are few and made once, so the texts
// are kept beside them in a weak table rather than in a class derived from Command.
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace SpoolWorker.Commands.Parsing;

/// <summary>Examples and notes of commands, shown by --help.</summary>
internal static class CommandHelp
{
    private static readonly ConditionalWeakTable<Command, string> Texts = [];

    /// <summary>Sets what follows the options in the command's help: notes, then <c>EXAMPLES</c>.</summary>
    /// <param name="command">The command.</param>
    /// <param name="examples">Lines of the EXAMPLES section.</param>
    /// <param name="notes">Other sections, such as exit codes, with their own headings.</param>
    public static Command WithExamples(this Command command, string examples, string notes = "")
    {
        var section = "EXAMPLES:\n" + Indented(examples);
        Texts.AddOrUpdate(command, notes.Length > 0 ? notes.TrimEnd() + "\n\n" + section : section);
        return command;
    }

    /// <summary>What follows the options in a command's help; empty: nothing.</summary>
    public static string TextOf(Command command) => Texts.TryGetValue(command, out var text) ? text : "";

    /// <summary>Makes the root's --help, which is every command's, print these texts too.</summary>
    public static void Install(RootCommand root)
    {
        foreach (var option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction standard } help) help.Action = new HelpWithExamples(standard);
        }
    }

    private static string Indented(string text) => string.Concat(text.TrimEnd().Split('\n').Select(line => line.Length > 0 ? $"  {line}\n" : "\n"));

    private sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            // Its words for --Section:Key=value would be "additional arguments ... the application that is being run".
            var output = parseResult.InvocationConfiguration.Output;
            using var captured = new StringWriter();
            parseResult.InvocationConfiguration.Output = captured;
            var code = standard.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output = output;
            output.Write(captured.ToString().Replace("[[--] <additional arguments>...]]", "[--Section:Key=value ...]", StringComparison.Ordinal)
                .Replace("Additional Arguments:\n  Arguments passed to the application that is being run.", "Settings:\n  --Section:Key=value  goes over what the configuration file says", StringComparison.Ordinal));
            if (TextOf(parseResult.CommandResult.Command) is { Length: > 0 } text) output.WriteLine(text);
            return code;
        }
    }
}
