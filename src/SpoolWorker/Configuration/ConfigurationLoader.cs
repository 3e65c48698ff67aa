// Reads the configuration: one file (see ConfigurationFile), over it environment variables (SPOOLWORKER_Engine__Workers=4),
// over them --Section:Key=value. Returns every fault found, with its value; throws nothing. What root may not believe is not
// used, not even by a command that goes on with faults.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Configuration;

/// <summary>A configuration that was read, with all that is wrong with it.</summary>
/// <param name="Root">For .NET's own sections.</param>
/// <param name="Settings">The program's own sections.</param>
/// <param name="PassOptions">The settings of each known pass, by its name.</param>
/// <param name="Sections">The settings that passes share, by their type.</param>
/// <param name="Source">Where it came from, for people.</param>
/// <param name="Faults">Empty: it can be used.</param>
internal sealed record LoadedConfiguration(IConfiguration Root, Settings Settings, IReadOnlyDictionary<string, PassOptions> PassOptions,
    IReadOnlyDictionary<Type, object> Sections, string Source, IReadOnlyList<string> Faults)
{
    /// <summary>False when the file cannot be used at all: its fault is the only one, and the settings are nobody's.</summary>
    public bool IsRead { get; init; } = true;
}

/// <summary>Reads the configuration.</summary>
internal static class ConfigurationLoader
{
    public const string EnvironmentPrefix = "SPOOLWORKER_";

    // .NET's logging, the file's own variable, and the test hook's.
    private static readonly string[] Others = ["Logging", "CONFIG", "KILL_AT"];

    /// <param name="file">--config, or null.</param>
    /// <param name="overrides">--Section:Key=value arguments.</param>
    /// <param name="known">The known passes and the sections they share.</param>
    public static LoadedConfiguration Load(string? file, IReadOnlyList<string> overrides, Registrations known) => Load(ConfigurationFile.Find(file), overrides, known);

    /// <param name="file">The file.</param>
    /// <param name="overrides">--Section:Key=value arguments.</param>
    /// <param name="known">The known passes and the sections they share.</param>
    /// <param name="needs">Sections and keys (Target:Path) that the caller uses: faults of others do not concern it, and no key or secret is looked at. Null: all.</param>
    public static LoadedConfiguration Load(ConfigurationFile file, IReadOnlyList<string> overrides, Registrations known, IReadOnlyList<string>? needs = null)
    {
        if (!TryBuild(file, overrides, out var root, out var unusable))
            return new LoadedConfiguration(root, new Settings(), new Dictionary<string, PassOptions>(), new Dictionary<Type, object>(), file.Source, [unusable]) { IsRead = false };
        var settings = new Settings();
        var reader = new SettingsReader(key => IsOfFile(root, key) ? file.Directory : null);
        reader.Bind(root, settings, new HashSet<string>(Others.Concat(known.Within("")), StringComparer.OrdinalIgnoreCase));
        var options = known.Passes.ToDictionary(p => p.Name, p => known.Bind(root, reader, p.Section, p.NewOptions()));
        var sections = known.Sections.ToDictionary(s => s.Type, s => known.Bind(root, reader, s.Section, s.NewOptions()));
        var faults = reader.Faults.Concat(Distrusted(settings)).ToList();
        faults.AddRange(SettingsValidator.Faults(settings, known.Passes));
        if (needs is null)
        {
            faults.AddRange(known.Sections.SelectMany(s => s.Faults(sections[s.Type]).Select(fault => $"{s.Section}:{fault}")));
            faults.AddRange(FaultsOfPasses(settings, known, options));
            faults.AddRange(PassesTogether.Faults(settings.Passes, options, sections));
        }
        else faults.RemoveAll(fault => !needs.Any(need => IsOf(fault, need)));
        if (file.IsNone && faults.Count > 0) faults.Insert(0, NoFile());
        return new LoadedConfiguration(root, settings, options, sections, file.IsNone ? "no configuration file" : file.Source, faults);
    }

    /// <summary>Puts file, environment and arguments over each other.</summary>
    public static bool TryBuild(ConfigurationFile file, IReadOnlyList<string> overrides, out IConfiguration root, out string fault)
    {
        (root, fault) = (new ConfigurationBuilder().Build(), file.Fault ?? "");
        if (fault.Length > 0) return false;
        var builder = new ConfigurationBuilder();
        if (file.Content is { } content) builder.AddJsonStream(new MemoryStream(content));
        try
        {
            root = builder.AddEnvironmentVariables(EnvironmentPrefix).AddCommandLine([.. overrides]).Build();
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or IOException)
        {
            // A key named twice, for one.
            fault = $"{file.Source}: {e.InnerException?.Message ?? e.Message}";
            return false;
        }
    }

    // Not what the environment or the command line has put over it: those are the operator's, who knows where he is.
    private static bool IsOfFile(IConfiguration root, string key) =>
        ((IConfigurationRoot)root).Providers.LastOrDefault(provider => provider.TryGet(key, out _)) is JsonStreamConfigurationProvider;

    private static string NoFile() => $"no configuration file: name one with --config FILE or {ConfigurationFile.Variable}, or make {ConfigurationFile.SystemFile}"
        + (File.Exists(ConfigurationFile.ExampleName) ? $". ./{ConfigurationFile.ExampleName} is read only when it is named" : "");

    private static bool IsOf(string fault, string need) => fault.StartsWith(need, StringComparison.OrdinalIgnoreCase) && (fault.Length == need.Length || fault[need.Length] is ':' or ' ');

    // Programs that are run, and the file that tells Exim, run by root, which programs to run.
    private static List<string> Distrusted(Settings settings)
    {
        var faults = new List<string>();
        if (Posix.EffectiveUser != 0) return faults;
        settings.Target.Exim = Believed("Target:Exim", settings.Target.Exim);
        settings.Target.EximConfig = Believed("Target:EximConfig", settings.Target.EximConfig);
        return faults;

        string Believed(string key, string path)
        {
            if (path.Length == 0 || Trust.FaultOf(Path.GetFullPath(path)) is not { } fault) return path;
            faults.Add($"{key} = '{path}': not used by root: {fault}");
            return "";
        }
    }

    // Only passes that run: the key file of one that does not may well be missing.
    private static IEnumerable<string> FaultsOfPasses(Settings settings, Registrations known, Dictionary<string, PassOptions> options) =>
        known.Passes.Where(p => settings.Passes.Contains(p.Name)).SelectMany(p => known.FaultsOf(p, options[p.Name], settings.Passes));
}
