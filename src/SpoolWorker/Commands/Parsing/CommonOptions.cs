// What commands share: --config, --Section:Key=value, the catalogue of passes, and the report of configuration faults.
using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Configuration;
using SpoolWorker.Hosting;

namespace SpoolWorker.Commands.Parsing;

/// <summary>Options of every command that reads the configuration.</summary>
internal sealed class CommonOptions
{
    /// <summary>Where messages lie, for commands that only look.</summary>
    public static readonly Needs Places = Needs.Of("Intakes", "Target:Path", "Held", "Corrupt", "Ledger");

    public Option<string?> Config { get; } = new("--config")
    {
        Description = $"Configuration file (default: ${ConfigurationFile.Variable}, else {ConfigurationFile.SystemFile})",
        HelpName = "FILE",
    };

    /// <summary>The --Section:Key=value arguments of this command line.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Lets a command take --config and --Section:Key=value.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(Config);
        // Settings are taken out before the command line is parsed (CommandLine.Split); this makes the help speak of them.
        command.TreatUnmatchedTokensAsErrors = false;
    }

    /// <summary>Loads the configuration; prints all faults and returns null when it cannot be used.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="exitCode">What to exit with when null is returned.</param>
    /// <param name="needs">What the command uses; faults of the rest do not stop it. Null: all.</param>
    public LoadedConfiguration? Load(ParseResult parsed, out int exitCode, Needs? needs = null) => Usable(Read(parsed, needs), out exitCode);

    /// <summary>Prints the faults of a configuration; null when there are any.</summary>
    public static LoadedConfiguration? Usable(LoadedConfiguration loaded, out int exitCode)
    {
        exitCode = ExitCode.Ok;
        if (loaded.Faults.Count == 0) return loaded;
        Console.Error.WriteLine($"spoolworker: {loaded.Faults.Count} fault{(loaded.Faults.Count == 1 ? "" : "s")} in the configuration ({loaded.Source}):");
        foreach (var fault in loaded.Faults) Console.Error.WriteLine($"  {fault}");
        exitCode = ExitCode.Config;
        return null;
    }

    /// <summary>Reads the configuration with whatever faults it has.</summary>
    public LoadedConfiguration Read(ParseResult parsed, Needs? needs = null) => ConfigurationLoader.Load(ConfigurationFile.Find(parsed.GetValue(Config)), Settings, Known(), needs);

    /// <summary>As <see cref="Load"/>, for a command that can do without a configuration: the worker's own file need not be for everybody's eyes, so it goes on without one that
    /// cannot be read, and says so. One that was named has to be right.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="needs">What the command uses.</param>
    /// <param name="without">What is told then, as in "checked with the defaults".</param>
    /// <param name="exitCode">What to exit with when null is returned.</param>
    public LoadedConfiguration? LoadIfAny(ParseResult parsed, Needs needs, string without, out int exitCode) =>
        Usable(ConfigurationLoader.Load(FileIfAny(parsed, without), Settings, Known(), needs), out exitCode);

    /// <summary>The file of <see cref="LoadIfAny"/>.</summary>
    public ConfigurationFile FileIfAny(ParseResult parsed, string without)
    {
        var file = ConfigurationFile.Find(parsed.GetValue(Config));
        if (file is not { Fault: { } fault, IsNamed: false }) return file;
        Console.Error.WriteLine($"spoolworker: {without}: {fault}");
        return ConfigurationFile.None;
    }

    /// <summary>All passes of the program, and the sections they share.</summary>
    public static Registrations Known()
    {
        var services = new ServiceCollection();
        PassCatalog.AddAll(services);
        return Registrations.In(services);
    }
}
