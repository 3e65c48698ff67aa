// Finds and reads the configuration: the file given with --config, else appsettings.json in the current directory, else
// the default built into the program, which keeps everything below var/. Environment variables (SPOOLWORKER_Engine__Workers=4)
// and --Section:Key=value go over it. Returns every fault found, with its value; throws nothing.
using Microsoft.Extensions.Configuration;
using SpoolWorker.Passes;

namespace SpoolWorker.Configuration;

/// <summary>A configuration that was read, with all that is wrong with it.</summary>
/// <param name="Root">For .NET's own sections.</param>
/// <param name="Settings">The program's own sections.</param>
/// <param name="PassOptions">The settings of each known pass, by its name.</param>
/// <param name="Sections">The settings that passes share, by their type.</param>
/// <param name="Source">Where it came from, for people.</param>
/// <param name="Faults">Empty: it can be used.</param>
internal sealed record LoadedConfiguration(IConfiguration Root, Settings Settings, IReadOnlyDictionary<string, PassOptions> PassOptions,
    IReadOnlyDictionary<Type, object> Sections, string Source, IReadOnlyList<string> Faults);

/// <summary>Reads the configuration.</summary>
internal static class ConfigurationLoader
{
    public const string FileName = "appsettings.json";
    public const string EnvironmentPrefix = "SPOOLWORKER_";

    // .NET's logging, and the test hook's variable.
    private static readonly string[] Others = ["Logging", "KILL_AT"];

    /// <param name="file">--config, or null.</param>
    /// <param name="overrides">--Section:Key=value arguments.</param>
    /// <param name="known">The known passes and the sections they share.</param>
    public static LoadedConfiguration Load(string? file, IReadOnlyList<string> overrides, Registrations known)
    {
        var builder = new ConfigurationBuilder();
        var faults = new List<string>();
        var source = AddFile(builder, file, faults);
        builder.AddEnvironmentVariables(EnvironmentPrefix);
        builder.AddCommandLine([.. overrides]);
        IConfiguration root;
        try
        {
            root = builder.Build();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or IOException)
        {
            return new LoadedConfiguration(new ConfigurationBuilder().Build(), new Settings(), new Dictionary<string, PassOptions>(), new Dictionary<Type, object>(), source, [$"{source}: {e.InnerException?.Message ?? e.Message}"]);
        }
        var settings = new Settings();
        var reader = new SettingsReader();
        reader.Bind(root, settings, new HashSet<string>(Others.Concat(known.Within("")), StringComparer.OrdinalIgnoreCase));
        var options = known.Passes.ToDictionary(p => p.Name, p => known.Bind(root, reader, p.Section, p.NewOptions()));
        var sections = known.Sections.ToDictionary(s => s.Type, s => known.Bind(root, reader, s.Section, s.NewOptions()));
        faults.AddRange(reader.Faults);
        // The built-in default needs nothing prepared.
        if (source.Length == 0) MakeDirectories(settings);
        faults.AddRange(SettingsValidator.Faults(settings, known.Passes));
        faults.AddRange(known.Sections.SelectMany(s => s.Faults(sections[s.Type]).Select(fault => $"{s.Section}:{fault}")));
        faults.AddRange(FaultsOfPasses(settings, known.Passes, options));
        faults.AddRange(PassesTogether.Faults(settings.Passes, options, sections));
        return new LoadedConfiguration(root, settings, options, sections, source.Length == 0 ? "the built-in default" : source, faults);
    }

    // Only passes that run: the key file of one that does not may well be missing.
    private static IEnumerable<string> FaultsOfPasses(Settings settings, IReadOnlyList<PassRegistration> passes, Dictionary<string, PassOptions> options) =>
        passes.Where(p => settings.Passes.Contains(p.Name)).SelectMany(p => p.Faults(options[p.Name]).Select(fault => $"{p.Section}:{fault}"));

    private static string AddFile(ConfigurationBuilder builder, string? file, List<string> faults)
    {
        var path = file ?? (File.Exists(FileName) ? FileName : null);
        if (path is null)
        {
            builder.AddJsonStream(typeof(ConfigurationLoader).Assembly.GetManifestResourceStream(FileName)!);
            return "";
        }
        if (!File.Exists(path)) faults.Add($"--config {path}: no such file");
        else builder.AddJsonFile(Path.GetFullPath(path), optional: false);
        return path;
    }

    private static void MakeDirectories(Settings settings)
    {
        // Only the default's own: a path that was given is the operator's to make, and to mistype.
        foreach (var path in settings.Intakes.Select(i => i.Path).Append(settings.Target.Path).Where(p => p.StartsWith("var/", StringComparison.Ordinal))) Directory.CreateDirectory(path);
    }
}
