using System.Collections;
using System.Globalization;
using System.Reflection;
using SpoolWorker.Configuration;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Tests.Documentation;

/// <summary>One key of the configuration.</summary>
/// <param name="Key">Its full name: Dkim:Sign:Keys:N:Domain.</param>
/// <param name="Property">Where it is read into.</param>
/// <param name="Default">What holds without it.</param>
internal sealed record SettingRow(string Key, PropertyInfo Property, object? Default)
{
    private static readonly (string Name, long Bytes)[] Sizes = [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];

    /// <summary>The type of the value, or of the items of a list.</summary>
    public Type ItemType => Property.PropertyType.IsGenericType && Property.PropertyType.GetGenericTypeDefinition() == typeof(List<>) ? Property.PropertyType.GetGenericArguments()[0] : Property.PropertyType;

    public string Meaning => Summaries.Of(Property);

    private SettingRangeAttribute? Attribute => Property.GetCustomAttribute<SettingRangeAttribute>();

    public string Unit => (ItemType != Property.PropertyType ? "list: " : "") + ItemUnit;

    private string ItemUnit => ItemType switch
    {
        _ when ItemType == typeof(TimeSpan) => "time",
        _ when ItemType == typeof(bool) => "yes or no",
        _ when ItemType == typeof(string) => "text",
        _ when ItemType == typeof(Dictionary<string, string>) => "texts by name",
        { IsEnum: true } => "word",
        { IsPrimitive: true } => Attribute is NumberRangeAttribute number ? number.Unit : "",
        _ => "sections",
    };

    /// <summary>What it may be; empty for texts, whose form their meaning tells.</summary>
    public string Range => ItemType switch
    {
        _ when ItemType == typeof(bool) => "`true`, `false`",
        { IsEnum: true } => string.Join(", ", Words.Select(w => $"`{w.Word}`")),
        _ when Attribute is NumberRangeAttribute { Unit: "bytes" } bytes => $"{Size(bytes.Least)} to {Size(bytes.Most)}",
        _ => Attribute?.Range ?? "",
    };

    /// <summary>Numbers, times and words are nothing without their range; numbers need to say what they count.</summary>
    public bool IsComplete => Meaning.Length > 0 && (Range.Length > 0 || !(ItemType.IsPrimitive || ItemType.IsEnum || ItemType == typeof(TimeSpan))) && (!ItemType.IsPrimitive || ItemUnit.Length > 0);

    /// <summary>The words of an enum with their meanings.</summary>
    public IEnumerable<(string Word, string Meaning)> Words => WordsOf(ItemType);

    public static IEnumerable<(string Word, string Meaning)> WordsOf(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => SettingsReader.Words(type).Contains(f.Name)).Select(f => (SettingsReader.Dashed(f.Name), Summaries.Of(f)));

    public string DefaultText => Default switch
    {
        null or "" => "",
        IDictionary { Count: 0 } or IList { Count: 0 } => "",
        IList list => string.Join(", ", list.Cast<object>().Select(Text)),
        long bytes when Attribute is NumberRangeAttribute { Unit: "bytes" } && bytes > 0 => $"{Text(bytes)} ({Size(bytes)})",
        _ => Text(Default),
    };

    private static string Text(object value) => value switch
    {
        bool yes => yes ? "`true`" : "`false`",
        TimeSpan time => $"`{Duration.Text(time)}`",
        Enum word => $"`{SettingsReader.Dashed(word.ToString())}`",
        _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
    };

    private static string Size(long bytes)
    {
        var (name, unit) = Sizes.FirstOrDefault(s => bytes >= s.Bytes && bytes % s.Bytes == 0, ("", 1));
        return $"{(bytes / unit).ToString(CultureInfo.InvariantCulture)}{(name.Length > 0 ? $" {name}" : "")}";
    }
}
