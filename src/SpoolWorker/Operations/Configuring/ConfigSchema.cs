// The schema of the configuration file (JSON Schema 2020-12), for editors: from the registrations, so that it knows what the program knows. It asks for
// keys as they are documented; the program takes them in any case, and numbers as texts, too. What a schema cannot say (what fits together,
// whether a file is there) check-config does.
using System.Text.Json;
using System.Text.Json.Nodes;
using SpoolWorker.Characters;
using SpoolWorker.Configuration;
using SpoolWorker.Configuration.Keys;
using SpoolWorker.Options;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Operations.Configuring;

/// <summary>Writes the schema.</summary>
internal static class ConfigSchema
{
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    // As Duration reads them.
    private const string TimePattern = @"^(\d+(ms|s|m|h|d)|(\d{1,7}\.)?([01]?\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?)$";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = SafeJson.Encoder };

    /// <summary>The schema, as it is printed.</summary>
    public static string Text(Registrations known) => Of(known).ToJsonString(Indented);

    /// <summary>The schema.</summary>
    public static JsonObject Of(Registrations known)
    {
        var root = Section("", new Settings());
        var properties = (JsonObject)root["properties"]!;
        properties["$schema"] = new JsonObject { ["type"] = "string", ["description"] = "Where an editor finds this schema." };
        properties["Logging"] = new JsonObject { ["type"] = "object", ["description"] = ".NET's logging section." };
        foreach (var (section, options) in known.Passes.Select(p => (p.Section, (object)p.NewOptions())).Concat(known.Sections.Select(s => (s.Section, s.NewOptions())))) Put(root, section, options);
        root["$schema"] = Dialect;
        root["title"] = "Configuration of SpoolWorker";
        return root;
    }

    // Dkim:Sign lies in Dkim, which has keys of its own.
    private static void Put(JsonObject root, string section, object options)
    {
        var at = root;
        foreach (var part in section.Split(':'))
        {
            var below = (JsonObject)at["properties"]!;
            if (below[part] is not JsonObject next) below[part] = next = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = new JsonObject() };
            at = next;
        }
        Fill((JsonObject)at["properties"]!, section, options);
    }

    private static JsonObject Section(string section, object options)
    {
        var properties = new JsonObject();
        Fill(properties, section, options);
        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }

    private static void Fill(JsonObject properties, string section, object options)
    {
        foreach (var property in SettingKeys.Settable(options.GetType()))
        {
            var key = new SettingKey(section.Length > 0 ? $"{section}:{property.Name}" : property.Name, property, property.GetValue(options), NeedsRestart: false);
            properties[property.Name] = Value(key);
        }
    }

    private static JsonObject Value(SettingKey key)
    {
        var isSection = SettingKeys.IsSection(key.ItemType);
        if (isSection && !key.IsList) return Section(key.Key, key.Value!);
        var value = !key.IsList ? Item(key) : List(key, isSection);
        if (KeyMeanings.Of(key) is { Length: > 0 } meaning) value["description"] = meaning;
        if (Default(key) is { } standard) value["default"] = standard;
        return value;
    }

    // One value is a list of one; of sections only where one may be written as a value.
    private static JsonObject List(SettingKey key, bool isSection)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = isSection ? Element(key) : Item(key) };
        if (isSection && !ShortForm(key.ItemType)) return list;
        return new JsonObject { ["anyOf"] = new JsonArray(isSection ? new JsonObject { ["type"] = "string" } : Item(key), list) };
    }

    private static JsonObject Element(SettingKey key)
    {
        var section = Section($"{key.Key}:N", Activator.CreateInstance(key.ItemType)!);
        return ShortForm(key.ItemType) ? new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, section) } : section;
    }

    private static bool ShortForm(Type type) => type.IsDefined(typeof(ShortFormAttribute), inherit: false);

    private static JsonObject Item(SettingKey key) => key.ItemType switch
    {
        var type when type == typeof(bool) => new JsonObject { ["type"] = "boolean" },
        var type when type == typeof(TimeSpan) => new JsonObject { ["type"] = "string", ["pattern"] = TimePattern },
        var type when type == typeof(string) => new JsonObject { ["type"] = "string" },
        var type when type == typeof(Dictionary<string, string>) => new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } },
        { IsEnum: true } => new JsonObject { ["enum"] = new JsonArray([.. key.Words.Select(word => JsonValue.Create(word))]) },
        _ => Number(key.Bounds as NumberRangeAttribute),
    };

    private static JsonObject Number(NumberRangeAttribute? bounds)
    {
        var number = new JsonObject { ["type"] = "integer" };
        if (bounds is null) return number;
        number["minimum"] = bounds.OrZero ? Math.Min(0, bounds.Least) : bounds.Least;
        number["maximum"] = bounds.Most;
        return number;
    }

    private static JsonNode? Default(SettingKey key)
    {
        if (SettingKeys.IsSection(key.ItemType) || key.ItemType == typeof(Dictionary<string, string>)) return null;
        if (key.IsList) return new JsonArray([.. key.Items.Select(item => JsonValue.Create(item))]);
        return key.Value switch
        {
            bool yes => JsonValue.Create(yes),
            int number => JsonValue.Create(number),
            long number => JsonValue.Create(number),
            _ => JsonValue.Create(key.Items is [var text] ? text : ""),
        };
    }
}
