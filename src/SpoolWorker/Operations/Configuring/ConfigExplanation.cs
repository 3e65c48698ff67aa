// One key: what it is, and what it is now.
using SpoolWorker.Configuration;
using SpoolWorker.Configuration.Keys;
using SpoolWorker.Operations.Views.Config;

namespace SpoolWorker.Operations.Configuring;

/// <summary>Explains keys.</summary>
internal static class ConfigExplanation
{
    /// <summary>The key of that name, in any case and with any number in a list; all of a section by the section's name; none for a name that nothing has.</summary>
    public static IReadOnlyList<SettingKey> Find(string typed, Registrations known)
    {
        var (name, all) = (KeyNames.Typed(typed), SettingKeys.Defaults(known));
        if (all.FirstOrDefault(k => k.Key.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } one) return [one];
        return name.Length == 0 ? [] : [.. all.Where(k => k.Key.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>What is said of a name that nothing has. A value behind it is not told again: it may be a secret's.</summary>
    public static Trouble NotFound(string typed, Registrations known)
    {
        var near = KeyNames.Nearest(KeyNames.Typed(typed), SettingKeys.Defaults(known).Select(k => k.Key));
        return new Trouble(TroubleKind.NotFound, $"'{typed.Split('=', 2)[0]}': no such key{(near.Count > 0 ? $"; did you mean {string.Join(" or ", near)}?" : ". `spoolworker config show --defaults` lists all there are")}");
    }

    /// <summary>All there is to say of a key.</summary>
    /// <param name="key">With its default.</param>
    /// <param name="loaded">The configuration.</param>
    /// <param name="known">The passes and the sections they share.</param>
    public static ConfigExplainView Of(SettingKey key, LoadedConfiguration loaded, Registrations known) => new()
    {
        Key = key.Key,
        Meaning = KeyMeanings.Of(key),
        Default = key.Items,
        Unit = key.Unit,
        Range = key.RangeText(word => word) is { Length: > 0 } range ? range : null,
        Change = key.Change,
        Words = [.. KeyMeanings.WordsOf(key).Select(w => new ConfigWordView { Word = w.Word, Meaning = w.Meaning })],
        Now = [.. SettingKeys.Of(loaded, known).Where(k => KeyNames.InGeneral(k.Key) == key.Key).Select(k => ConfigShow.View(k, loaded))],
    };
}
