// What a reload cannot change: keys that are read at the start only. One that would be another makes the whole reload refused; taken in part, a
// configuration would say what is not so.
using SpoolWorker.Configuration;
using SpoolWorker.Configuration.Keys;

namespace SpoolWorker.Operations.Reloading;

/// <summary>Compares configurations.</summary>
internal static class RestartKeys
{
    /// <summary>A sentence for each key that would need a restart.</summary>
    /// <param name="now">The configuration in force.</param>
    /// <param name="next">The other.</param>
    /// <param name="known">The passes and the sections they share.</param>
    public static IReadOnlyList<string> Changed(LoadedConfiguration now, LoadedConfiguration next, Registrations known)
    {
        var (before, after) = (Of(now, known), Of(next, known));
        return
        [
            .. before.Keys.Union(after.Keys).Order(StringComparer.Ordinal).Where(key => before.GetValueOrDefault(key) != after.GetValueOrDefault(key))
                .Select(key => $"{key} = '{Shown(after, key)}': needs a restart, it is '{Shown(before, key)}' in the worker that runs"),
        ];
    }

    private static string Shown(Dictionary<string, string> values, string key) => values.GetValueOrDefault(key, "").Replace("\n", ", ", StringComparison.Ordinal);

    private static Dictionary<string, string> Of(LoadedConfiguration loaded, Registrations known) => SettingKeys.Of(loaded, known).Where(k => k.NeedsRestart).Select(k => (k.Key, Value: string.Join('\n', k.Items)))
        .Concat(loaded.Logging.Select(pair => (pair.Key, Value: pair.Value!)))
        .DistinctBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
}
