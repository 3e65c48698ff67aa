using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using SpoolWorker.Tests.Dns;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SpoolWorker.Tests.Arc;

/// <summary>One case of a public ARC suite, with what its scenario says for all its cases.</summary>
internal sealed record ArcCase(string Scenario, string Name, IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Common, Zone Zone)
{
    public string this[string key] => Values.TryGetValue(key, out var value) ? value : Common.TryGetValue(key, out value) ? value : "";

    public byte[] Message => Encoding.Latin1.GetBytes(this["message"]);
}

/// <summary>The public ARC suites beside the repository; names in them occur twice, so cases are lists.</summary>
internal static class ArcSuite
{
    public const string Validation = "arc-draft-validation-tests.yml";
    public const string Signing = "arc-draft-sign-tests.yml";

    public static string Folder { get; } = Path.Combine(Suites.Root, "arc");

    public static bool IsThere => File.Exists(Path.Combine(Folder, Validation));

    public static IReadOnlyList<ArcCase> Load(string file) => Loaded.GetOrAdd(file, Read);

    private static readonly ConcurrentDictionary<string, IReadOnlyList<ArcCase>> Loaded = new();

    private static List<ArcCase> Read(string file)
    {
        // YamlDotNet refuses literal blocks of nothing but blanks; libyaml reads them as empty.
        var text = Regex.Replace(File.ReadAllText(Path.Combine(Folder, file)), @"^([ ]+(?:cv|AS|AMS|AAR):)[ ]*\|[ ]*\n(?:[ ]*\n)+(?=[ ]{0,4}\S)", "$1 ''\n", RegexOptions.Multiline);
        using var reader = new StringReader(text);
        var parser = new Parser(reader);
        var cases = new List<ArcCase>();
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
        {
            parser.Consume<DocumentStart>();
            cases.AddRange(Scenario(Map(parser)));
            parser.Consume<DocumentEnd>();
        }
        return cases;
    }

    private static IEnumerable<ArcCase> Scenario(List<(string Key, object Value)> document)
    {
        var common = Texts(document);
        var zone = new Zone();
        foreach (var (name, record) in Child(document, "txt-records")) zone.Txt(name, ((string)record).ReplaceLineEndings(""));
        foreach (var (name, value) in Child(document, "tests")) yield return new ArcCase(common["description"], name, Texts((List<(string, object)>)value), common, zone);
    }

    private static Dictionary<string, string> Texts(List<(string Key, object Value)> map) =>
        map.Where(p => p.Value is string).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => (string)g.Last().Value);

    private static List<(string Key, object Value)> Child(List<(string Key, object Value)> map, string key) =>
        map.Where(p => p.Key == key).Select(p => p.Value).OfType<List<(string, object)>>().LastOrDefault() ?? [];

    private static List<(string Key, object Value)> Map(Parser parser)
    {
        var map = new List<(string, object)>();
        if (parser.TryConsume<Scalar>(out _)) return map;
        parser.Consume<MappingStart>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>().Value;
            map.Add((key, parser.TryConsume<Scalar>(out var scalar) ? scalar.Value : Map(parser)));
        }
        return map;
    }
}

/// <summary>Needs the public suites; skipped with the reason where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ArcSuiteTheoryAttribute : TheoryAttribute
{
    public ArcSuiteTheoryAttribute() => Skip = Suites.Missing($"arc/{ArcSuite.Validation}") ?? Suites.Missing($"arc/{ArcSuite.Signing}");
}
