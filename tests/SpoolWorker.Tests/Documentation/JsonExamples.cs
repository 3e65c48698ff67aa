using System.Text.Json.Serialization.Metadata;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Checks;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Tests.Documentation;

/// <summary>One of each view, as the page shows it.</summary>
internal static partial class JsonExamples
{
    public static IReadOnlyList<JsonSection> Sections { get; } =
    [
        Row("list", "An array, or a line for each message.", ViewJson.Default.MessageRow, new MessageRow
        {
            Place = "intake",
            Directory = "/var/spool/exim4/scan/input",
            Id = "1xVVht-000477-0i",
            State = "deferred",
            Received = "2026-11-23T15:11:49.000Z",
            AgeSeconds = 65,
            Size = 365,
            Sender = "alice@sender.example",
            Recipients = [new() { Address = "bob@r.example", State = "pending" }],
            Pending = 1,
            NextTry = "2026-11-23T15:16:00.000Z",
            Reason = "dcc: no answer",
        }),
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
        where T : View => Object(command, says, type, example);
}
