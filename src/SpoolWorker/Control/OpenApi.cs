// The OpenAPI document (3.1, whose schemas are those of JSON Schema), written from the calls and the views they send.
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using SpoolWorker.Http;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Orders;

namespace SpoolWorker.Control;

/// <summary>Writes the document.</summary>
internal static class OpenApi
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Its bytes.</summary>
    public static ReadOnlyMemory<byte> Write(IReadOnlyList<ServedCall> calls, string version)
    {
        var paths = new JsonObject();
        foreach (var path in calls.GroupBy(c => c.Path))
            paths[path.Key] = new JsonObject(path.Select(c => KeyValuePair.Create(c.Method.ToLowerInvariant(), (JsonNode?)Operation(c))));
        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "SpoolWorker", ["version"] = version, ["description"] = "Calls of the worker's control socket." },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject
                {
                    ["Status"] = StatusJson.Default.StatusView.GetJsonSchemaAsNode(),
                    ["OrderAnswer"] = StatusJson.Default.OrderAnswerView.GetJsonSchemaAsNode(),
                    ["Reload"] = StatusJson.Default.ReloadView.GetJsonSchemaAsNode(),
                    ["Error"] = new JsonObject
                    {
                        ["type"] = "object",
                        ["required"] = new JsonArray("error"),
                        ["properties"] = new JsonObject { ["error"] = new JsonObject { ["type"] = "string", ["description"] = "One sentence." } },
                    },
                },
            },
        };
        return JsonSerializer.SerializeToUtf8Bytes(document, Indented);
    }

    private static JsonObject Operation(ServedCall call)
    {
        var operation = new JsonObject
        {
            ["summary"] = call.Summary,
            ["description"] = $"Needs the level {call.Level.ToString().ToLowerInvariant()}{(call.IsOnTcp ? "; served on Control:Listen to everybody" : "")}.",
            ["x-level"] = call.Level.ToString().ToLowerInvariant(),
        };
        if (call.TakesBody) operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(new JsonObject { ["type"] = "object" }) };
        operation["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = call.Summary, ["content"] = SchemaOf(call) is { } schema ? Content(Reference(schema)) : null },
            ["default"] = new JsonObject { ["description"] = "What is wrong", ["content"] = Content(Reference("Error")) },
        };
        if (operation["responses"]!["200"]!["content"] is null) ((JsonObject)operation["responses"]!["200"]!).Remove("content");
        return operation;
    }

    private static string? SchemaOf(ServedCall call) =>
        call.Path == ControlCalls.Status ? "Status" : call.Path == ControlCalls.Reload ? "Reload" : Enum.GetValues<OrderVerb>().Any(verb => call.Path == OrderCalls.PathOf(verb)) ? "OrderAnswer" : null;

    private static JsonObject Content(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };
}
