// The calls of the control socket: a line each, in the order of the OpenAPI document. A call parses, asks Operations, and writes a view; what it
// needs of its caller stands beside it. Clients of an earlier version call /v1 as it was: what is there stays, new things may come.
using System.Text;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Telemetry.Exposition;
using SpoolWorker.Http;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Orders;
using SpoolWorker.Operations.Status;

namespace SpoolWorker.Control;

/// <summary>What the calls ask.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Status">How it is.</param>
/// <param name="Metrics">Its metrics.</param>
/// <param name="Clock">Dates.</param>
internal sealed record ControlSources(SpoolEngine Engine, LiveStatus Status, MetricsText Metrics, TimeProvider Clock);

/// <summary>The calls.</summary>
internal static class ControlCalls
{
    /// <summary>The path of the status.</summary>
    public const string Status = "/v1/status";

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
        calls.Add(new ServedCall("GET", "/v1/openapi.json", CallLevel.Read, "This document", (_, _) => Answer(200, OpenApi.Write(calls, ProgramVersion.Text), CallAnswer.Json)));
        return calls;
    }

    // A pause is told of, and is no fault of what lives.
    private static ValueTask<CallAnswer> Health(IReadOnlyList<string> faults, IEnumerable<string> notes) =>
        Answer(faults.Count == 0 ? 200 : ServiceUnavailable, Encoding.UTF8.GetBytes(string.Concat((faults.Count == 0 ? ["ok"] : faults).Concat(notes).Select(f => $"{f}\n"))), PlainText);

    private static ValueTask<CallAnswer> Answer(int status, ReadOnlyMemory<byte> body, string type) => ValueTask.FromResult(new CallAnswer(status, body, type));
}
