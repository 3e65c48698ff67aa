// Binds configuration to settings key by key, so that every fault is reported, not the first: a value of the wrong type,
// a number or time out of the range its setting declares, a key nobody knows (a typing mistake would else be a silent default).
// .NET's binder stops at the first and accepts any key.
using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Configuration;

/// <summary>Reads settings and collects what is wrong with them.</summary>
/// <param name="directoryOf">The directory that a relative path of a key is taken from; null for the current one.</param>
internal sealed class SettingsReader(Func<string, string?>? directoryOf = null)
{
    private readonly List<string> _faults = [];
    private readonly HashSet<string> _faultyKeys = [];

    /// <summary>Faults so far: key, value, what to do.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Keys whose value could not be read.</summary>
    public IReadOnlySet<string> FaultyKeys => _faultyKeys;

    /// <summary>Fills the properties of an object from a section.</summary>
    /// <param name="section">Where to read.</param>
    /// <param name="target">What to fill; what the section does not name keeps its default.</param>
    /// <param name="others">Keys of the section that belong to someone else.</param>
    public void Bind(IConfiguration section, object target, IReadOnlySet<string>? others = null)
    {
        var properties = target.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).ToArray();
        foreach (var child in section.GetChildren())
        {
            var property = properties.FirstOrDefault(p => p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is not null) property.SetValue(target, Value(child, property.PropertyType, property.GetValue(target), new Traits(property)));
            else if (others is null || !others.Contains(child.Key))
                Fault(child, ": no such key. Known here: " + string.Join(", ", properties.Select(p => p.Name)));
        }
    }

    private sealed class Traits(PropertyInfo property)
    {
        public SettingRangeAttribute? Range { get; } = property.GetCustomAttribute<SettingRangeAttribute>();

        public bool IsPath { get; } = property.IsDefined(typeof(PathSettingAttribute));

        public bool IsSecret { get; } = property.IsDefined(typeof(SecretSettingAttribute));
    }

    private object? Value(IConfigurationSection section, Type type, object? current, Traits traits)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
        {
            var list = (IList)Activator.CreateInstance(type)!;
            var element = type.GetGenericArguments()[0];
            // One value is a list of one.
            var items = section.GetChildren().ToList();
            if (!string.IsNullOrEmpty(section.Value) && IsSection(element) && ShortForm(element) is null) Fault(section, $" = '{section.Value}': must be a list");
            else if (!string.IsNullOrEmpty(section.Value)) items.Insert(0, section);
            foreach (var item in items)
            {
                if (Value(item, element, null, traits) is { } value) list.Add(value);
            }
            return list;
        }
        if (type == typeof(Dictionary<string, string>)) return section.GetChildren().ToDictionary(c => c.Key, c => Text(c));
        if (type == typeof(string)) return traits.IsPath ? Located(section) : Text(section, traits.IsSecret);
        if (!IsSection(type)) return Scalar(section, type, traits.Range) ?? current;
        var nested = current ?? Activator.CreateInstance(type)!;
        if (!string.IsNullOrEmpty(section.Value))
        {
            if (ShortForm(type) is { } property) property.SetValue(nested, Text(section));
            else Fault(section, $" = '{section.Value}': must be a section");
        }
        Bind(section, nested);
        return nested;
    }

    private static PropertyInfo? ShortForm(Type type) => type.GetCustomAttribute<ShortFormAttribute>() is { } form ? type.GetProperty(form.Property) : null;

    private static bool IsSection(Type type) => type.IsClass && type != typeof(string);

    private string Located(IConfigurationSection section)
    {
        var path = Text(section);
        return path.Length > 0 && directoryOf?.Invoke(section.Path) is { } directory ? Path.Combine(directory, path) : path;
    }

    // A path with a NUL ends there for the kernel and throws in .NET; nothing else has a use for one.
    private string Text(IConfigurationSection section, bool isSecret = false)
    {
        var text = section.Value ?? "";
        if (!text.Contains('\0', StringComparison.Ordinal)) return text;
        Fault(section, $"{(isSecret ? "" : $" = '{text.Replace("\0", "\\0", StringComparison.Ordinal)}'")}: holds a NUL character; take it out");
        return "";
    }

    private object? Scalar(IConfigurationSection section, Type type, SettingRangeAttribute? range)
    {
        var text = section.Value ?? "";
        var value = Parsed(text, type, out var fault);
        if (value is not null) fault = range?.FaultOf(value);
        if (fault is null) return value;
        Fault(section, $" = '{text}': {fault}");
        return null;
    }

    private void Fault(IConfigurationSection section, string what)
    {
        _faultyKeys.Add(section.Path);
        _faults.Add(section.Path + what);
    }

    private static object? Parsed(string text, Type type, out string? fault)
    {
        fault = null;
        if (type == typeof(TimeSpan))
        {
            if (Duration.TryParse(text, out var time, out var error)) return time;
            fault = error;
            return null;
        }
        try
        {
            // named-queue in files, NamedQueue in code.
            if (type.IsEnum)
            {
                var name = text.Replace("-", "", StringComparison.Ordinal);
                if (Words(type).Contains(name, StringComparer.OrdinalIgnoreCase)) return Enum.Parse(type, name, ignoreCase: true);
            }
            else if (TypeDescriptor.GetConverter(type).ConvertFrom(null, CultureInfo.InvariantCulture, text) is { } value)
            {
                return value;
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException or OverflowException)
        {
            // told below, with the value
        }
        fault = Expected(type);
        return null;
    }

    /// <summary>The words of a setting, as in code: all but the one for a value that a message has not given.</summary>
    public static IEnumerable<string> Words(Type type) => Enum.GetNames(type).Where(name => name != nameof(Passes.Dsn.Writing.Returned.Unset));

    private static string Expected(Type type) => type switch
    {
        { IsEnum: true } => $"must be one of {string.Join(", ", Words(type).Select(Dashed))}",
        _ when type == typeof(bool) => "must be true or false",
        _ => "must be a whole number",
    };

    /// <summary>NamedQueue as named-queue.</summary>
    public static string Dashed(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{char.ToLowerInvariant(c)}" : char.ToLowerInvariant(c).ToString()));
}
