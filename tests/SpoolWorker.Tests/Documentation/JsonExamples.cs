using System.Text.Json.Serialization.Metadata;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Checks;

namespace SpoolWorker.Tests.Documentation;

/// <summary>One of each view, as the page shows it.</summary>
internal static partial class JsonExamples
{
    public static IReadOnlyList<JsonSection> Sections { get; } =
    [
        Object("check-config", "An object; `--jsonl` prints the `findings`.", ViewJson.Default.CheckView, new CheckView
        {
            Configuration = "/etc/spoolworker/spoolworker.json",
            Findings = [new FindingView { Severity = "warning", Subject = "Target:Wake", Text = "what was found", Cure = "what to do" }],
        }),
        Object("version", "An object.", ViewJson.Default.VersionView, new VersionView { Version = "1.0.0" }),
    ];

    private static JsonSection Object<T>(string command, string says, JsonTypeInfo<T> type, T example)
        where T : View => new(command, says, typeof(T), () => ViewJson.Write(example, type, ViewJson.Indented));

    private static JsonSection Row<T>(string command, string says, JsonTypeInfo<T> type, T example)
        where T : View => new(command, says, typeof(T), () => ViewJson.Write(example, type, ViewJson.Indented));
}
