using System.Reflection;
using System.Text;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine;

namespace SpoolWorker.Tests.Documentation;

/// <summary>Writes the section of docs/operations.md with the events of the log, from their declarations.</summary>
internal static class EventsSection
{
    public const string Path = "docs/operations.md";

    private const string Heading = "## Events of the log\n";

    private const string Introduction = """

        <!-- Written from the program: SPOOLWORKER_WRITE_DOCS=1 dotnet test tests/SpoolWorker.Tests --filter FullyQualifiedName~Documentation -->

        Each line of the log has a number, which stays when its words change: in brackets behind the name of the class, in JSON as `EventId`. Each room has a hundred of
        them: 1000 what becomes of messages, 1100 intakes, 1200 passes and their services, 1300 commit, recovery and `held/`, 1400 the target's Exim, 1500 the engine as a whole,
        1600 what runs by the clock, 1700 Exim's logs, 1800 the program, 1900 the control socket, 2000 what operators ask for, 2100 pauses and skips. What a pass says of its own has none.

        | number | level | line | meaning |
        |---|---|---|---|

        """;

    /// <summary>A declared event.</summary>
    internal sealed record Event(int Id, LogLevel Level, string Line, string Meaning, string Method, Type Type);

    public static IReadOnlyList<Event> All { get; } =
    [
        .. from type in typeof(SpoolEngine).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
           let declared = method.GetCustomAttribute<LoggerMessageAttribute>()
           where declared is not null
           orderby declared.EventId
           select new Event(declared.EventId, declared.Level, declared.Message, Summaries.Of(method), method.Name, type),
    ];

    /// <summary>The page: the section at its end anew, what is before it as it is.</summary>
    public static string Make()
    {
        var page = DocumentationFiles.Read(Path);
        var at = page.IndexOf(Heading, StringComparison.Ordinal);
        var text = new StringBuilder(at < 0 ? page + "\n" : page[..at]).Append(Heading).Append(Introduction);
        foreach (var known in All) text.Append($"| {known.Id} | {(known.Level == LogLevel.None ? "by outcome" : known.Level.ToString().ToLowerInvariant())} | `{known.Line}` | {known.Meaning} |\n");
        return text.ToString();
    }
}
