// What commands share: --config, --Section:Key=value, the catalogue of passes, and the report of configuration faults.
using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Configuration;

namespace SpoolWorker.Commands;

/// <summary>Options of every command that reads the configuration.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Config { get; } = new("--config") { Description = "Configuration file (default: ./appsettings.json, else the built-in one below var/)", HelpName = "FILE" };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON for programs" };

    /// <summary>Lets a command take --config and --Section:Key=value.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(Config);
        command.TreatUnmatchedTokensAsErrors = false;
    }

    /// <summary>Loads the configuration; prints all faults and returns null when it cannot be used.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="exitCode">What to exit with when null is returned.</param>
    /// <param name="overrides">Settings of the command's own that go over all others.</param>
    public LoadedConfiguration? Load(ParseResult parsed, out int exitCode, IReadOnlyList<string>? overrides = null)
    {
        if (Read(parsed, out exitCode, overrides) is not { } loaded) return null;
        if (loaded.Faults.Count == 0) return loaded;
        Console.Error.WriteLine($"spoolworker: {loaded.Faults.Count} fault{(loaded.Faults.Count == 1 ? "" : "s")} in the configuration ({loaded.Source}):");
        foreach (var fault in loaded.Faults) Console.Error.WriteLine($"  {fault}");
        exitCode = ExitCode.Config;
        return null;
    }

    /// <summary>Reads the configuration with whatever faults it has; null when the command line is wrong.</summary>
    public LoadedConfiguration? Read(ParseResult parsed, out int exitCode, IReadOnlyList<string>? overrides = null)
    {
        exitCode = ExitCode.Ok;
        var strange = parsed.UnmatchedTokens.Where(t => !t.StartsWith("--", StringComparison.Ordinal) || !t.Contains('=', StringComparison.Ordinal)).ToList();
        if (strange.Count > 0)
        {
            foreach (var token in strange) Console.Error.WriteLine($"spoolworker: '{token}' is not understood; settings are given as --Section:Key=value");
            exitCode = ExitCode.Usage;
            return null;
        }
        return ConfigurationLoader.Load(parsed.GetValue(Config), [.. parsed.UnmatchedTokens, .. overrides ?? []], Known());
    }

    /// <summary>All passes of the program, and the sections they share.</summary>
    public static Registrations Known()
    {
        var services = new ServiceCollection();
        PassCatalog.AddAll(services);
        return Registrations.In(services);
    }
}
