// spoolworker config: the configuration as it is in force, what a key means, and the schema of the file for editors. Changes nothing; secrets are
// never shown.
using System.CommandLine;
using SpoolWorker.Commands.Configuring;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Configuring;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views.Config;

namespace SpoolWorker.Commands;

/// <summary>Looks at the configuration.</summary>
internal static class ConfigCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new Command("config", "Show the configuration, explain its keys, print its schema") { Show(common), Explain(common), Schema() };
        return command.WithExamples("""
            spoolworker config show --changed
            spoolworker config explain Engine:Workers
            spoolworker config schema
            """);
    }

    private static Command Show(CommonOptions common)
    {
        var changed = new Option<bool>("--changed") { Description = "Only what is not as it would be without a configuration" };
        var defaults = new Option<bool>("--defaults") { Description = "What would hold without a configuration: all keys there are" };
        var form = new OutputFormOptions();
        var command = new Command("show", "Show every key with its value, and where that comes from") { changed, defaults };
        command.Validators.Add(result =>
        {
            if (result.GetValue(changed) && result.GetValue(defaults)) result.AddError("--changed and --defaults: say one of them");
        });
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            var known = CommonOptions.Known();
            if (parsed.GetValue(defaults)) return Print(ConfigShow.Defaults(known), form.Of(parsed), ExitCode.Ok);
            var loaded = common.Read(parsed);
            // What is wrong with it is told, and what it says all the same: it may be what is looked for.
            CommonOptions.Usable(loaded, out var exitCode);
            return loaded.IsRead ? Print(ConfigShow.Of(loaded, known, parsed.GetValue(changed)), form.Of(parsed), exitCode) : exitCode;
        });
        return command.WithExamples("""
            spoolworker config show                      all keys, by where their values come from
            spoolworker config show --changed            what is not as it would be without a configuration
            spoolworker config show --defaults           all there are, as they are without one
            spoolworker config show --json | jq '.keys[] | select(.change == "restart")'
            """, """
            A value is shown as the worker would have it: a relative path is a whole one. Secrets are not shown.

            EXIT CODES:
              0 shown   64 wrong usage   78 the configuration has faults, or cannot be read
            """);
    }

    private static int Print(ConfigView view, OutputForm form, int exitCode)
    {
        if (form == OutputForm.Json) ViewOutput.Print(view, ViewJson.Default.ConfigView);
        else Console.Out.Write(ConfigText.Of(view));
        return exitCode;
    }

    private static Command Explain(CommonOptions common)
    {
        var key = new Argument<string>("key") { Description = "A key such as Engine:Workers, or a section", HelpName = "KEY" };
        var form = new OutputFormOptions("key");
        var command = new Command("explain", "Say what a key means, what it may be, what it is now, and what a change of it asks for") { key };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            var (known, typed) = (CommonOptions.Known(), parsed.GetValue(key)!);
            var found = ConfigExplanation.Find(typed, known);
            if (found.Count == 0)
            {
                ExitCode.Told(ConfigExplanation.NotFound(Printable.Text(typed), known));
                return ExitCode.Usage;
            }
            if (Current(common, parsed, out var exitCode) is not { } current) return exitCode;
            var views = found.Select(k => ConfigExplanation.Of(k, current, known)).ToList();
            if (form.Of(parsed) is not OutputForm.Text and var asked) ViewOutput.PrintRows(views, ViewJson.Default.ConfigExplainView, asked);
            else Console.Out.Write(string.Join("\n", views.Select(ConfigText.Of)));
            return ExitCode.Ok;
        });
        return command.WithExamples("""
            spoolworker config explain Engine:Workers
            spoolworker config explain Srs              all keys of a section
            spoolworker config explain Ledger:Keep --json
            """, """
            EXIT CODES:
              0 explained   64 no such key: the nearest are named   78 a configuration that was named cannot be read
            """);
    }

    // What a key means can be told without a configuration, and with one that has faults.
    private static LoadedConfiguration? Current(CommonOptions common, ParseResult parsed, out int exitCode)
    {
        exitCode = ExitCode.Ok;
        var loaded = ConfigurationLoader.Load(common.FileIfAny(parsed, "told without what it is now"), common.Settings, CommonOptions.Known());
        if (loaded.IsRead) return loaded;
        CommonOptions.Usable(loaded, out exitCode);
        return null;
    }

    private static Command Schema()
    {
        var command = new Command("schema", "Print the schema of the configuration file, for editors");
        command.SetAction(_ =>
        {
            Console.Out.WriteLine(ConfigSchema.Text(CommonOptions.Known()));
            return ExitCode.Ok;
        });
        return command.WithExamples("""
            spoolworker config schema > /usr/share/spoolworker/schema.json
            """, """
            An editor finds it by a key of the file: "$schema": "/usr/share/spoolworker/schema.json". It is stricter than the program, which takes keys in any case
            and numbers as texts; `spoolworker check-config` sees what a schema cannot.
            """);
    }
}
