// spoolworker version, also --version and -V: name and version, and nothing else, for scripts and bug reports.
using System.CommandLine;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;

namespace SpoolWorker.Commands;

/// <summary>Prints the version.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var form = new OutputFormOptions();
        var command = new Command("version", "Print the version");
        form.AddTo(command);
        command.SetAction(parsed =>
        {
            if (form.Of(parsed) == OutputForm.Text) Console.WriteLine(ProgramVersion.Text);
            else ViewOutput.Print(new VersionView { Version = ProgramVersion.Text }, ViewJson.Default.VersionView);
            return ExitCode.Ok;
        });
        return command.WithExamples("spoolworker version");
    }
}
