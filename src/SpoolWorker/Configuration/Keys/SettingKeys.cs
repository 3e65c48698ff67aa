// All keys there are, from the registrations: with their defaults, or with what a configuration says. Cannot fail.
using System.Collections;
using System.Globalization;
using System.Reflection;
using SpoolWorker.Options;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Configuration.Keys;

/// <summary>Lists keys.</summary>
internal static class SettingKeys
{
    /// <summary>Every key with its default; <c>N</c> stands for the place in a list of sections.</summary>
    public static IReadOnlyList<SettingKey> Defaults(Registrations known) =>
    [
        .. Of("", new Settings(), null), .. known.Passes.SelectMany(p => Of(p.Section, p.NewOptions(), null)), .. known.Sections.SelectMany(s => Of(s.Section, s.NewOptions(), null)),
    ];

    /// <summary>Every key of a configuration, with its value: lists of sections by the number of each.</summary>
    /// <param name="loaded">Read for all (<see cref="Needs.All"/>).</param>
    /// <param name="known">The passes and the sections they share.</param>
    public static IReadOnlyList<SettingKey> Of(LoadedConfiguration loaded, Registrations known) =>
    [
        .. Of("", loaded.Settings, Elements), .. known.Passes.Where(p => loaded.PassOptions.ContainsKey(p.Name)).SelectMany(p => Of(p.Section, loaded.PassOptions[p.Name], Elements)),
        .. known.Sections.Where(s => loaded.Sections.ContainsKey(s.Type)).SelectMany(s => Of(s.Section, loaded.Sections[s.Type], Elements)),
    ];

    /// <summary>The keys of one section, with the values of its options; <c>N</c> stands for the place in a list of sections.</summary>
    public static IEnumerable<SettingKey> Of(string section, object options) => Of(section, options, null);

    /// <summary>What may be set in a class of options, that of the base class last, where it matters least.</summary>
    public static IEnumerable<PropertyInfo> Settable(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite)
        .OrderBy(p => p.DeclaringType == type ? 0 : 1);

    /// <summary>Whether a value of the type is a section of its own.</summary>
    public static bool IsSection(Type type) => type.IsClass && type != typeof(string) && type != typeof(Dictionary<string, string>);

    private static IEnumerable<SettingKey> Of(string section, object options, Func<object?, IEnumerable<object>>? elements, bool isBelowRestart = false)
    {
        foreach (var property in Settable(options.GetType()))
        {
            var needsRestart = isBelowRestart || property.IsDefined(typeof(NeedsRestartAttribute)) || property.DeclaringType!.IsDefined(typeof(NeedsRestartAttribute));
            var row = new SettingKey(section.Length > 0 ? $"{section}:{property.Name}" : property.Name, property, property.GetValue(options), needsRestart);
            if (!IsSection(row.ItemType))
            {
                yield return row;
                continue;
            }
            foreach (var key in row.IsList ? List(row, elements) : Of(row.Key, row.Value!, elements, needsRestart)) yield return key;
        }
    }

    private static IEnumerable<SettingKey> List(SettingKey row, Func<object?, IEnumerable<object>>? elements)
    {
        var list = elements is null ? [Activator.CreateInstance(row.ItemType)!] : elements(row.Value).ToList();
        if (elements is null || list.Count == 0) yield return row;
        for (var i = 0; i < list.Count; i++)
        {
            foreach (var key in Of($"{row.Key}:{(elements is null ? "N" : i.ToString(CultureInfo.InvariantCulture))}", list[i], elements, row.NeedsRestart)) yield return key;
        }
    }

    private static IEnumerable<object> Elements(object? list) => ((IList)list!).Cast<object>();
}
