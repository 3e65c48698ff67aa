using System.Reflection;
using System.Text;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;

namespace SpoolWorker.Tests.Documentation;

/// <summary>Writes docs/json.md from the records that are printed, their summaries and an example of each.</summary>
internal static class JsonPage
{
    public const string Path = "docs/json.md";

    private const string Introduction = """
        # JSON

        <!-- Written from the program: SPOOLWORKER_WRITE_DOCS=1 dotnet test tests/SpoolWorker.Tests --filter FullyQualifiedName~Documentation -->

        What `--json` and `--jsonl` print, for programs. One contract for all commands:

        - `--json` prints one value: an object, or an array where the command lists. `--jsonl` prints the rows alone, an object a line, as they come.
          A row is the same object in both.
        - Every object that may stand alone, or on a line, has `schema`, the version of its shape. It changes when a field goes or means something else;
          new fields may come at any time.
        - Names are in camelCase. Those of results, counts and headers are data, and stay as they are.
        - A field that has nothing to say is left out. An array is always there.
        - Times are RFC 3339 in UTC with milliseconds: as strings they are in the order of time. Durations are numbers of seconds, and their names end
          in `Seconds`. Sizes are bytes.
        - `recipients` is an array of objects with `address`, in every view.
        - Text is exact where the bytes are UTF-8; else, bytes that are not printable ASCII stand as `\xNN`, or in base64 where the field says so.
          What a terminal would obey, or an eye would miss, is written as `\uNNNN`.


        """;

    private const string Log = """

        ## The log

        With `Logging:Console:FormatterName=json` each line is one object of .NET's formatter, with `Timestamp`, `EventId` (see
        [Operations](operations.md#events-of-the-log)) and, for a message, `State`: `Id`, `NewId`, `Outcome`, `Reason`, `Results`, `Sender`, `Recipients`, `Size`, `Pass`, `Milliseconds`.

        """;

    public static string Make()
    {
        var text = new StringBuilder(Introduction);
        foreach (var section in JsonExamples.Sections) Append(text, section);
        return text.Append(Log).ToString().TrimEnd() + "\n";
    }

    private static void Append(StringBuilder text, JsonSection section)
    {
        text.Append($"## {section.Command}\n\n{section.Says}\n\n```json\n{Encoding.UTF8.GetString(section.Example().Span)}\n```\n\n| field | type | |\n|---|---|---|\n");
        foreach (var field in Fields(section.View, "")) text.Append($"| `{field.Name}` | {field.Type} | {field.Meaning} |\n");
        text.Append('\n');
    }

    /// <summary>All fields of a view, those of the objects in it behind their own name.</summary>
    public static IEnumerable<JsonField> Fields(Type view, string prefix)
    {
        foreach (var property in view.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.Name != nameof(View.Schema)))
        {
            var name = prefix + char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var isOptional = type != property.PropertyType || new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;
            var element = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;
            yield return new JsonField(name, (element is null ? Word(type) : $"array of {Word(element)}s") + (isOptional ? ", or none" : ""), Summaries.Of(property));
            if (IsObject(element ?? type))
            {
                foreach (var inner in Fields(element ?? type, element is null ? $"{name}." : $"{name}[].")) yield return inner;
            }
        }
    }

    private static bool IsObject(Type type) => type.Namespace!.StartsWith(typeof(ViewJson).Namespace!.Split('.')[0], StringComparison.Ordinal);

    private static string Word(Type type) => type switch
    {
        _ when type == typeof(string) => "string",
        _ when type == typeof(bool) => "boolean",
        _ when type == typeof(int) || type == typeof(long) || type == typeof(double) || type == typeof(uint) => "number",
        _ when type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) => $"object of {Word(type.GetGenericArguments()[1])}s",
        _ when IsObject(type) => "object",
        _ => throw new InvalidOperationException($"{type} is no type of a view"),
    };
}

/// <summary>A field of a view, with its path.</summary>
internal sealed record JsonField(string Name, string Type, string Meaning);

/// <summary>A command's section of the page.</summary>
/// <param name="Command">Its heading.</param>
/// <param name="Says">What is printed, before the example.</param>
/// <param name="View">The record.</param>
/// <param name="Example">The bytes of one.</param>
internal sealed record JsonSection(string Command, string Says, Type View, Func<ReadOnlyMemory<byte>> Example);
