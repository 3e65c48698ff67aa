// The calls of the control socket: a line each, in the order of the OpenAPI document. A call parses, asks Operations, and writes a view; what it
// needs of its caller stands beside it. Clients of an earlier version call /v1 as it was: what is there stays, new things may come.
using System.Text;
using System.Text.Json;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Telemetry.Exposition;
using SpoolWorker.Http;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Orders;
using SpoolWorker.Operations.Reloading;
using SpoolWorker.Operations.Status;

namespace SpoolWorker.Control;

/// <summary>What the calls ask.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Status">How it is.</param>
/// <param name="Metrics">Its metrics.</param>
/// <param name="Clock">Dates.</param>
/// <param name="ReloadAsync">Reads its configuration again; given the file whoever asks believes that to be, or null.</param>
internal sealed record ControlSources(SpoolEngine Engine, LiveStatus Status, MetricsText Metrics, TimeProvider Clock, Func<string?, CancellationToken, Task<ReloadResult>> ReloadAsync);

/// <summary>The calls.</summary>
internal static class ControlCalls
{
    /// <summary>The path of the status.</summary>
    public const string Status = "/v1/status";

    /// <summary>The path of a reload.</summary>
    public const string Reload = "/v1/reload";

    // 409: what is in the way is the operator's to put right.
    private const int Conflict = 409;

    private const string PlainText = "text/plain; charset=utf-8";

    private const int ServiceUnavailable = 503;

    public static IReadOnlyList<ServedCall> All(ControlSources sources)
    {
        List<ServedCall> calls =
        [
            new("GET", Status, CallLevel.Read, "How the worker is", (_, _) => Answer(200, ViewJson.Write(sources.Status.Of(), ViewJson.Default.StatusView, ViewJson.Indented), CallAnswer.Json)),
            new("GET", "/metrics", CallLevel.Read, "The metrics, for Prometheus", (_, _) => Answer(200, Encoding.UTF8.GetBytes(sources.Metrics.Write()), MetricsText.ContentType)) { IsOnTcp = true },
            new("GET", "/healthz", CallLevel.Read, "200 while scan, workers and commit move; else 503 with what does not", (_, _) => Health(sources.Engine.Stuck(EngineHealth.UsualLimit), sources.Engine.Pauses)) { IsOnTcp = true },
            new("GET", "/readyz", CallLevel.Read, "200 while mail goes on; else 503 with what is in its way", (_, _) => Health([.. sources.Engine.Stuck(EngineHealth.UsualLimit), .. sources.Engine.NotReady], [])) { IsOnTcp = true },
            .. OrderCalls.All(new OrderDesk(sources.Engine, sources.Status, sources.Clock)),
        ];
        calls.Add(new ServedCall("POST", Reload, CallLevel.Operate, "Read the configuration again; 409 with the reasons when it is refused", async (request, token) =>
        {
            var result = await sources.ReloadAsync(FileIn(request), token).ConfigureAwait(false);
            var status = result.End switch { ReloadEnd.Done => 200, ReloadEnd.Refused => Conflict, _ => ServiceUnavailable };
            return new CallAnswer(status, ViewJson.Write(result.View(), ViewJson.Default.ReloadView, ViewJson.Indented), CallAnswer.Json);
        })
        { TakesBody = true });
        calls.Add(new ServedCall("GET", "/v1/openapi.json", CallLevel.Read, "This document", (_, _) => Answer(200, OpenApi.Write(calls, ProgramVersion.Text), CallAnswer.Json)));
        return calls;
    }

    // {"configuration": "/etc/…"}; {} for whatever it is.
    private static string? FileIn(CallRequest request) =>
        request.Body is { } body && body.TryGetProperty("configuration", out var file) && file.ValueKind == JsonValueKind.String ? file.GetString() : null;

    // A pause is told of, and is no fault of what lives.
    private static ValueTask<CallAnswer> Health(IReadOnlyList<string> faults, IEnumerable<string> notes) =>
        Answer(faults.Count == 0 ? 200 : ServiceUnavailable, Encoding.UTF8.GetBytes(string.Concat((faults.Count == 0 ? ["ok"] : faults).Concat(notes).Select(f => $"{f}\n"))), PlainText);

    private static ValueTask<CallAnswer> Answer(int status, ReadOnlyMemory<byte> body, string type) => ValueTask.FromResult(new CallAnswer(status, body, type));
}
