// Binds configuration to settings key by key, so that every fault is reported, not the first: a value of the wrong type,
// a key nobody knows (a typing mistake would else be a silent default). .NET's binder stops at the first and accepts any key.
using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace SpoolWorker.Configuration;

/// <summary>Reads settings and collects what is wrong with them.</summary>
internal sealed class SettingsReader
{
    private readonly List<string> _faults = [];

    /// <summary>Faults so far: key, value, what to do.</summary>
    public IReadOnlyList<string> Faults => _faults;

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
            if (property is not null) property.SetValue(target, Value(child, property.PropertyType, property.GetValue(target)));
            else if (others is null || !others.Contains(child.Key))
                _faults.Add($"{child.Path}: no such key. Known here: {string.Join(", ", properties.Select(p => p.Name))}");
        }
    }

    private object? Value(IConfigurationSection section, Type type, object? current)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
        {
            var list = (IList)Activator.CreateInstance(type)!;
            // One string is a list of one.
            if (!string.IsNullOrEmpty(section.Value) && type == typeof(List<string>)) list.Add(section.Value);
            else if (!string.IsNullOrEmpty(section.Value)) _faults.Add($"{section.Path} = '{section.Value}': must be a list");
            foreach (var child in section.GetChildren()) list.Add(Value(child, type.GetGenericArguments()[0], null));
            return list;
        }
        if (type == typeof(Dictionary<string, string>)) return section.GetChildren().ToDictionary(c => c.Key, c => c.Value ?? "");
        if (type == typeof(string)) return section.Value ?? "";
        if (!type.IsClass) return Scalar(section, type) ?? current;
        var nested = current ?? Activator.CreateInstance(type)!;
        if (!string.IsNullOrEmpty(section.Value)) _faults.Add($"{section.Path} = '{section.Value}': must be a section");
        Bind(section, nested);
        return nested;
    }

    private object? Scalar(IConfigurationSection section, Type type)
    {
        var text = section.Value ?? "";
        try
        {
            // named-queue in files, NamedQueue in code. A bare number would name any member.
            if (type.IsEnum)
            {
                var name = text.Replace("-", "", StringComparison.Ordinal);
                if (name.Length > 0 && !char.IsAsciiDigit(name[0]) && Enum.TryParse(type, name, ignoreCase: true, out var member)) return member;
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
        _faults.Add($"{section.Path} = '{text}': {Expected(type)}");
        return null;
    }

    private static string Expected(Type type) => type switch
    {
        { IsEnum: true } => $"must be one of {string.Join(", ", Enum.GetNames(type).Select(Dashed))}",
        _ when type == typeof(bool) => "must be true or false",
        _ when type == typeof(TimeSpan) => "must be a time span, [days.]hours:minutes:seconds",
        _ => "must be a whole number",
    };

    /// <summary>NamedQueue as named-queue.</summary>
    public static string Dashed(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{char.ToLowerInvariant(c)}" : char.ToLowerInvariant(c).ToString()));
}
