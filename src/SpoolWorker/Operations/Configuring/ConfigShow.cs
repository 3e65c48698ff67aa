// The configuration as it is in force: every key with its value and where that comes from. A secret is never among them.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using SpoolWorker.Configuration;
using SpoolWorker.Configuration.Keys;
using SpoolWorker.Operations.Views.Config;

namespace SpoolWorker.Operations.Configuring;

/// <summary>Shows a configuration.</summary>
internal static class ConfigShow
{
    /// <summary>All keys.</summary>
    /// <param name="loaded">The configuration, with whatever faults it has.</param>
    /// <param name="known">The passes and the sections they share.</param>
    /// <param name="onlyChanged">Only what is not as it would be without a configuration.</param>
    public static ConfigView Of(LoadedConfiguration loaded, Registrations known, bool onlyChanged)
    {
        // By section and property: those of an element of a list have theirs whatever its number.
        var defaults = SettingKeys.Defaults(known).DistinctBy(k => k.Key).ToDictionary(k => k.Key, k => k.Items);
        return new ConfigView
        {
            Configuration = loaded.Source,
            Keys =
            [
                .. SettingKeys.Of(loaded, known).Where(k => !onlyChanged || !k.Items.SequenceEqual(defaults[KeyNames.InGeneral(k.Key)])).Select(k => View(k, loaded)),
                .. loaded.Logging.Select(pair => new ConfigKeyView { Key = pair.Key, Value = [pair.Value!], From = From(loaded, pair.Key), Change = "restart" }),
            ],
        };
    }

    /// <summary>The defaults alone, of all keys there are.</summary>
    public static ConfigView Defaults(Registrations known) => new()
    {
        Configuration = "the defaults",
        Keys = [.. SettingKeys.Defaults(known).Where(k => !SettingKeys.IsSection(k.ItemType)).Select(k => new ConfigKeyView { Key = k.Key, Value = k.Items, Change = k.Change })],
    };

    /// <summary>One key.</summary>
    public static ConfigKeyView View(SettingKey key, LoadedConfiguration loaded)
    {
        var isSecret = key.IsSecret && key.Items.Count > 0;
        return new ConfigKeyView { Key = key.Key, Value = isSecret ? null : key.Items, Secret = isSecret, From = From(loaded, key.Key) ?? (key.IsShortForm ? From(loaded, Above(key.Key)!, isValue: true) : null), Change = key.Change };
    }

    // Later ones win, as in the configuration itself. A list of one may be a value in its place: "Passes": "dcc".
    private static string? From(LoadedConfiguration loaded, string key, bool isValue = false) =>
        ((IConfigurationRoot)loaded.Root).Providers.LastOrDefault(p => isValue ? HasValue(p, key) || (key.EndsWith(":0", StringComparison.Ordinal) && HasValue(p, Above(key)!)) : Names(p, key)) switch
        {
            null => null,
            JsonStreamConfigurationProvider => loaded.Source,
            EnvironmentVariablesConfigurationProvider => "environment",
            _ => "command line",
        };

    private static bool Names(IConfigurationProvider provider, string key) => provider.TryGet(key, out _) || provider.GetChildKeys([], key).Any();

    private static bool HasValue(IConfigurationProvider provider, string key) => provider.TryGet(key, out var value) && !string.IsNullOrEmpty(value);

    private static string? Above(string key) => key.LastIndexOf(':') is var colon and > 0 ? key[..colon] : null;
}
