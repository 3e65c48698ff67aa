// Cases in the form of the public SPF suite (scenarios of tests and zonedata, YAML): the suite itself, and our own vectors.
// Zone data by its rules: the type SPF is also served as TXT unless TXT is given or NONE; TIMEOUT is no answer; a name with
// TIMEOUT still answers the types listed before it.
using System.Text;
using SpoolWorker.Tests.Dns;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SpoolWorker.Tests.Spf;

/// <summary>One case.</summary>
internal sealed record SpfCase(string Name, string Host, string Helo, string MailFrom, IReadOnlyList<string> Results, string? Explanation, string Receiver);

/// <summary>Cases that share a zone.</summary>
internal sealed record SpfScenario(string Description, IReadOnlyList<SpfCase> Cases, Zone Zone);

/// <summary>Reads scenarios.</summary>
internal static class SpfVectors
{
    private const int TypeSpf = 99;

    public static List<SpfScenario> Read(string file) => [.. Documents(file).Select(Scenario)];

    /// <summary>The maps of a file: text, lists, and maps as lists of pairs.</summary>
    public static List<List<(string Key, object Value)>> Documents(string file)
    {
        var parser = new Parser(new StringReader(File.ReadAllText(file)));
        var documents = new List<List<(string Key, object Value)>>();
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
        {
            parser.Consume<DocumentStart>();
            if (Node(parser, []) is List<(string, object)> map) documents.Add(map);
            parser.Consume<DocumentEnd>();
        }
        return documents;
    }

    /// <summary>The zone of a scenario.</summary>
    public static Zone ZoneOf(List<(string Key, object Value)> map)
    {
        var zone = new Zone { NegativeTtl = 60 };
        foreach (var (name, value) in (List<(string Key, object Value)>)Get(map, "zonedata")!) Name(zone, name, value as List<object> ?? []);
        return zone;
    }

    public static object? Get(List<(string Key, object Value)> map, string key) => map.Find(e => e.Key == key).Value;

    private static SpfScenario Scenario(List<(string Key, object Value)> map)
    {
        var cases = ((List<(string Key, object Value)>)Get(map, "tests")!).Select(t => Case(t.Key, (List<(string, object)>)t.Value)).ToList();
        return new SpfScenario(Text(Get(map, "description")).Trim(), cases, ZoneOf(map));
    }

    private static SpfCase Case(string name, List<(string, object)> map)
    {
        var result = Get(map, "result");
        return new SpfCase(name, Text(Get(map, "host")), Octets(Text(Get(map, "helo"))), Octets(Text(Get(map, "mailfrom"))),
            result is List<object> several ? [.. several.Cast<string>()] : [Text(result)], Get(map, "explanation") as string, Get(map, "receiver") as string ?? "");
    }

    private static void Name(Zone zone, string name, List<object> items)
    {
        name = Octets(name);
        zone.Empty(name);
        var records = items.OfType<List<(string Key, object Value)>>().SelectMany(i => i).ToList();
        var hasTxt = records.Any(r => r.Key == "TXT");
        var answered = new HashSet<string>();
        foreach (var (type, value) in records)
        {
            answered.Add(type);
            if (type == "SPF" && !hasTxt) answered.Add("TXT");
            if (value is "TIMEOUT") zone.Fault($"{type} {name}", ZoneFault.Silent);
            else if (value is not "NONE") Record(zone, name, type, value, hasTxt);
        }
        if (!items.OfType<string>().Contains("TIMEOUT")) return;
        // NONE stands for a type that is asked for in vain, not for an answer.
        foreach (var none in records.Where(r => r.Value is "NONE")) answered.Remove(none.Key);
        foreach (var type in new[] { "A", "AAAA", "MX", "PTR", "TXT", "SPF" }.Except(answered)) zone.Fault($"{type} {name}", ZoneFault.Silent);
    }

    private static void Record(Zone zone, string name, string type, object value, bool hasTxt)
    {
        switch (type)
        {
            case "A" or "AAAA":
                zone.A(name, (string)value);
                break;
            case "MX":
                zone.Mx(name, int.Parse((string)((List<object>)value)[0], System.Globalization.CultureInfo.InvariantCulture), Octets((string)((List<object>)value)[1]));
                break;
            case "PTR":
                zone.HostAt(name, Octets((string)value));
                break;
            case "CNAME":
                zone.Cname(name, Octets((string)value));
                break;
            case "SPF" or "TXT":
                // YAML's \x80 is a character; the suite means the octet.
                var strings = value is List<object> list ? list.Cast<string>() : [(string)value];
                var data = strings.SelectMany(s => Encoding.Latin1.GetBytes(s).Chunk(255)).SelectMany(s => s.Prepend((byte)s.Length)).DefaultIfEmpty((byte)0).ToArray();
                if (type == "TXT" || !hasTxt) zone.Add(name, 16, data);
                if (type == "SPF") zone.Add(name, TypeSpf, data);
                break;
            default:
                throw new InvalidDataException($"type {type}");
        }
    }

    private static string Octets(string text) => text.Any(c => c > '\xff') ? Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text)) : text;

    private static string Text(object? value) => (string)(value ?? throw new InvalidDataException("a key is missing"));

    private static object Node(IParser parser, Dictionary<string, object> anchors)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias)) return anchors[alias.Value.Value];
        object node;
        NodeEvent start;
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            (node, start) = (scalar.Value, scalar);
        }
        else if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            var list = new List<object>();
            while (!parser.TryConsume<SequenceEnd>(out _)) list.Add(Node(parser, anchors));
            (node, start) = (list, sequence);
        }
        else
        {
            var mapping = parser.Consume<MappingStart>();
            var map = new List<(string, object)>();
            while (!parser.TryConsume<MappingEnd>(out _)) map.Add((parser.Consume<Scalar>().Value, Node(parser, anchors)));
            (node, start) = (map, mapping);
        }
        if (!start.Anchor.IsEmpty) anchors[start.Anchor.Value] = node;
        return node;
    }
}
