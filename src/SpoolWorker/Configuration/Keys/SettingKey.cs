// One key of the configuration as its registration has it: everything but what it means, which stands in the summary beside it and comes from
// docs/configuration.md (KeyMeanings).
using System.Collections;
using System.Globalization;
using System.Reflection;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Configuration.Keys;

/// <summary>A key with a value: its default, or what a configuration says.</summary>
/// <param name="Key">Its full name: Dkim:Sign:Keys:N:Domain.</param>
/// <param name="Property">Where it is read into.</param>
/// <param name="Value">The value.</param>
/// <param name="NeedsRestart">It is read at the start only: a reload that would change it is refused.</param>
internal sealed record SettingKey(string Key, PropertyInfo Property, object? Value, bool NeedsRestart)
{
    private static readonly (string Name, long Bytes)[] Sizes = [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];

    /// <summary>The type of the value, or of the items of a list.</summary>
    public Type ItemType => IsList ? Property.PropertyType.GetGenericArguments()[0] : Property.PropertyType;

    public bool IsList => Property.PropertyType.IsGenericType && Property.PropertyType.GetGenericTypeDefinition() == typeof(List<>);

    /// <summary>Its value is never shown.</summary>
    public bool IsSecret => Property.IsDefined(typeof(SecretSettingAttribute));

    /// <summary>Its section may be written as this value alone.</summary>
    public bool IsShortForm => Property.DeclaringType!.GetCustomAttribute<ShortFormAttribute>()?.Property == Property.Name;

    public SettingRangeAttribute? Bounds => Property.GetCustomAttribute<SettingRangeAttribute>();

    /// <summary>What a change of it asks for.</summary>
    public string Change => NeedsRestart ? "restart" : "reload";

    public string Unit => (IsList ? "list: " : "") + ItemUnit;

    public string ItemUnit => ItemType switch
    {
        _ when ItemType == typeof(TimeSpan) => "time",
        _ when ItemType == typeof(bool) => "yes or no",
        _ when ItemType == typeof(string) => "text",
        _ when ItemType == typeof(Dictionary<string, string>) => "texts by name",
        { IsEnum: true } => "word",
        { IsPrimitive: true } => Bounds is NumberRangeAttribute number ? number.Unit : "",
        _ => "sections",
    };

    /// <summary>The words of a setting that takes words, as they are written in files.</summary>
    public IEnumerable<string> Words => ItemType.IsEnum ? SettingsReader.Words(ItemType).Select(SettingsReader.Dashed) : ItemType == typeof(bool) ? ["true", "false"] : [];

    /// <summary>What it may be; empty for texts, whose form their meaning tells.</summary>
    /// <param name="quote">How a word is shown.</param>
    public string RangeText(Func<string, string> quote) => Words.Any() ? string.Join(", ", Words.Select(quote)) : Bounds switch
    {
        NumberRangeAttribute { Unit: "bytes" } bytes => $"{Size(bytes.Least)} to {Size(bytes.Most)}",
        { } bounds => bounds.Range,
        null => "",
    };

    /// <summary>The value for people; empty for none.</summary>
    /// <param name="quote">How what would be written in a file is shown.</param>
    public string ValueText(Func<string, string> quote) => Value is long bytes and > 0 && Bounds is NumberRangeAttribute { Unit: "bytes" } && Size(bytes) is var size && size != TextOf(bytes)
        ? $"{quote(TextOf(bytes))} ({size})" : string.Join(", ", Items.Select(quote));

    /// <summary>The value as it is written in files: an element for each of a list, none for an empty value.</summary>
    public IReadOnlyList<string> Items => Value switch
    {
        null or "" => [],
        IDictionary<string, string> texts => [.. texts.Select(t => $"{t.Key}={t.Value}")],
        IList list => [.. list.Cast<object>().Select(TextOf)],
        _ => [TextOf(Value)],
    };

    private static string TextOf(object value) => value switch
    {
        bool yes => yes ? "true" : "false",
        TimeSpan time => Duration.Text(time),
        Enum word => SettingsReader.Dashed(word.ToString()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Size(long bytes)
    {
        var (name, unit) = Sizes.FirstOrDefault(s => bytes >= s.Bytes && bytes % s.Bytes == 0, ("", 1));
        return $"{(bytes / unit).ToString(CultureInfo.InvariantCulture)}{(name.Length > 0 ? $" {name}" : "")}";
    }
}
