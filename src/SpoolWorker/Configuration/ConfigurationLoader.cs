// The one door to the configuration: one file (see ConfigurationFile), over it environment variables (SPOOLWORKER_Engine__Workers=4),
// over them --Section:Key=value. Returns every fault found, with its value; throws nothing. What root may not believe is not
// used, not even by a command that goes on with faults. What a command does not need is neither read nor checked (see Needs).
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Configuration;

/// <summary>A configuration that was read, with all that is wrong with it.</summary>
/// <param name="Root">For .NET's own sections.</param>
/// <param name="Settings">The program's own sections.</param>
/// <param name="PassOptions">The settings of each pass that was asked for, by its name.</param>
/// <param name="Sections">The settings that passes share, of those that were asked for, by their type.</param>
/// <param name="Source">Where it came from, for people.</param>
/// <param name="Faults">Empty: it can be used.</param>
internal sealed record LoadedConfiguration(IConfiguration Root, Settings Settings, IReadOnlyDictionary<string, PassOptions> PassOptions,
    IReadOnlyDictionary<Type, object> Sections, string Source, IReadOnlyList<string> Faults)
{
    /// <summary>False when the file cannot be used at all: its fault is the only one, and the settings are nobody's.</summary>
    public bool IsRead { get; init; } = true;

    /// <summary>.NET's own section, which has no registration: whole keys with their values, in the order of the keys.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Logging =>
        [.. Root.GetSection(nameof(Logging)).AsEnumerable().Where(pair => pair.Value is not null).OrderBy(pair => pair.Key, StringComparer.Ordinal)];
}

/// <summary>Reads the configuration.</summary>
internal static class ConfigurationLoader
{
    public const string EnvironmentPrefix = "SPOOLWORKER_";

    // .NET's logging, the file's own variable, the test hook's, and where editors find the schema of the file.
    private static readonly string[] Others = [nameof(LoadedConfiguration.Logging), "CONFIG", "KILL_AT", "$schema"];

    /// <param name="file">--config, or null.</param>
    /// <param name="overrides">--Section:Key=value arguments.</param>
    /// <param name="known">The known passes and the sections they share.</param>
    public static LoadedConfiguration Load(string? file, IReadOnlyList<string> overrides, Registrations known) => Load(ConfigurationFile.Find(file), overrides, known);

    /// <param name="file">The file.</param>
    /// <param name="overrides">--Section:Key=value arguments.</param>
    /// <param name="known">The known passes and the sections they share.</param>
    /// <param name="needs">What the caller uses; null: all.</param>
    public static LoadedConfiguration Load(ConfigurationFile file, IReadOnlyList<string> overrides, Registrations known, Needs? needs = null)
    {
        needs ??= Needs.All;
        if (!TryBuild(file, overrides, out var root, out var unusable))
            return new LoadedConfiguration(root, new Settings(), new Dictionary<string, PassOptions>(), new Dictionary<Type, object>(), file.Source, [unusable]) { IsRead = false };
        var settings = new Settings();
        var reader = new SettingsReader(key => IsOfFile(root, key) ? file.Directory : null);
        reader.Bind(root, settings, new HashSet<string>(Others.Concat(known.Within("")), StringComparer.OrdinalIgnoreCase));
        var options = known.Passes.Where(p => needs.Reads(p.Section)).ToDictionary(p => p.Name, p => known.Bind(root, reader, p.Section, p.NewOptions()));
        var sections = known.Sections.Where(s => needs.Reads(s.Section)).ToDictionary(s => s.Type, s => known.Bind(root, reader, s.Section, s.NewOptions()));
        var faults = reader.Faults.Concat(Distrusted(settings)).ToList();
        // What could not be read has its fault; that it is missing now is none of the operator's.
        void Add(IEnumerable<string> more) => faults.AddRange(more.Where(fault => !reader.FaultyKeys.Any(key => Needs.IsOf(fault, key))).ToList());

        Add(SettingsValidator.Faults(settings, known.Passes));
        Add(ScheduleReader.Faults(settings, known.Passes, options));
        Add(DigestReader.Faults(settings, known.Passes));
        Add(JobReader.Faults(settings, known.Jobs));
        faults.RemoveAll(fault => !needs.Concerns(fault));
        foreach (var section in known.Sections.Where(s => needs.Checks(s.Section))) Add(section.Faults(sections[section.Type]).Select(fault => $"{section.Section}:{fault}"));
        foreach (var pass in known.Passes.Where(p => needs.Checks(p.Section)))
        {
            // At a start only passes that run: the key file of one that does not may well be missing.
            if (!needs.IsAll) Add(known.FaultsOf(pass, options[pass.Name], [pass.Name]));
            else if (settings.Passes.Contains(pass.Name)) Add(known.FaultsOf(pass, options[pass.Name], settings.PassNames));
        }
        if (needs.IsAll) Add(PassesTogether.Faults(settings.PassNames, options, sections));
        if (needs.IsAll) Add(SharedSecrets.Faults(options, file, key => IsOfFile(root, key)));
        // The sections of passes have their defaults: what needs no others does without a file.
        if (file.IsNone && faults.Count > 0 && needs.ReadsOfWorker) faults.Insert(0, NoFile());
        return new LoadedConfiguration(root, settings, options, sections, file.IsNone ? "no configuration file" : file.Source, faults);
    }

    // File, environment and arguments over each other.
    private static bool TryBuild(ConfigurationFile file, IReadOnlyList<string> overrides, out IConfiguration root, out string fault)
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
}
