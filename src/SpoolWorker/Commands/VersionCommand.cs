// spoolworker version, also --version and -V: name and version, and nothing else, for scripts and bug reports.
using System.CommandLine;
using System.Reflection;
using SpoolWorker.Commands.Parsing;

namespace SpoolWorker.Commands;

/// <summary>Prints the version.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        var command = new Command("version", "Print the version") { json };
        command.SetAction(parsed =>
        {
            var version = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
            if (!parsed.GetValue(json)) Console.WriteLine(version);
            else
            {
                Output.Json.Print(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("version", version);
                    writer.WriteEndObject();
                });
            }
            return ExitCode.Ok;
        });
        return command.WithExamples("spoolworker version");
    }
}
