using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SpoolWorker.Configuration;

namespace SpoolWorker.Tests.Documentation;

/// <summary>The summaries of settings and log events, as the compiler gathers them beside each assembly.</summary>
internal static partial class Summaries
{
    private static readonly Dictionary<Assembly, Dictionary<string, XElement>> Known = [];

    /// <summary>What a property or an enum's member means, in Markdown; empty when it has no summary.</summary>
    public static string Of(MemberInfo member)
    {
        var prefix = member is PropertyInfo ? 'P' : 'F';
        return Of(member.DeclaringType!.Assembly, $"{prefix}:{member.DeclaringType.FullName!.Replace('+', '.')}.{member.Name}");
    }

    /// <summary>What a method does, where no other of its type has its name; empty when it has no summary.</summary>
    public static string Of(MethodInfo method)
    {
        var start = $"M:{method.DeclaringType!.FullName}.{method.Name}(";
        return Of(method.DeclaringType.Assembly, Members(method.DeclaringType.Assembly).Keys.SingleOrDefault(name => name.StartsWith(start, StringComparison.Ordinal)) ?? "");
    }

    private static string Of(Assembly assembly, string name) => Members(assembly).TryGetValue(name, out var summary) ? Blanks().Replace(string.Concat(summary.Nodes().Select(Markdown)), " ").Trim() : "";

    private static Dictionary<string, XElement> Members(Assembly assembly)
    {
        if (!Known.TryGetValue(assembly, out var members)) Known[assembly] = members = Read(assembly);
        return members;
    }

    private static Dictionary<string, XElement> Read(Assembly assembly) =>
        XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member").Where(m => m.Element("summary") is not null)
            .ToDictionary(m => m.Attribute("name")!.Value, m => m.Element("summary")!);

    private static string Markdown(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        // A setting is written as it is, a word as in files.
        XElement { Name.LocalName: "see" } see when see.Attribute("cref") is { } cref => $"`{(cref.Value[0] == 'F' ? SettingsReader.Dashed(Last(cref.Value)) : Last(cref.Value))}`",
        _ => throw new InvalidOperationException($"a summary of a setting holds {node}; use c and see"),
    };

    private static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
