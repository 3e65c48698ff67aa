using System.Reflection;
using SpoolWorker.Configuration;
using SpoolWorker.Configuration.Keys;

namespace SpoolWorker.Tests.Documentation;

/// <summary>One key of the configuration, as pages have it.</summary>
/// <param name="Setting">The key with its default.</param>
internal sealed record SettingRow(SettingKey Setting)
{
    public string Key => Setting.Key;

    public PropertyInfo Property => Setting.Property;

    public Type ItemType => Setting.ItemType;

    public string Meaning => Summaries.Of(Property);

    public string Unit => Setting.Unit;

    public string Range => Setting.RangeText(Code);

    public string DefaultText => Setting.ValueText(Code);

    /// <summary>Numbers, times and words are nothing without their range; numbers need to say what they count.</summary>
    public bool IsComplete => Meaning.Length > 0 && (Range.Length > 0 || !(ItemType.IsPrimitive || ItemType.IsEnum || ItemType == typeof(TimeSpan))) && (!ItemType.IsPrimitive || Setting.ItemUnit.Length > 0);

    /// <summary>The words of an enum with their meanings.</summary>
    public IEnumerable<(string Word, string Meaning)> Words => WordsOf(ItemType);

    public static IEnumerable<(string Word, string Meaning)> WordsOf(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => SettingsReader.Words(type).Contains(f.Name)).Select(f => (SettingsReader.Dashed(f.Name), Summaries.Of(f)));

    private static string Code(string text) => $"`{text}`";
}
