using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views.Orders;

namespace SpoolWorker.Tests.Documentation;

/// <summary>Pauses and skips, as the page shows them.</summary>
internal static class OrderExample
{
    public static JsonSection Section => new("pause, resume, drain, skip", "An object; the control socket's `/v1/pause`, `/v1/resume`, `/v1/drain`, `/v1/skip` and `/v1/unskip` answer so.", typeof(OrderAnswerView),
        () => ViewJson.Write(new OrderAnswerView { Said = Pause.Sentence, Changed = true, Orders = [Pause] }, ViewJson.Default.OrderAnswerView, ViewJson.Indented));

    public static OrderView Pause => new()
    {
        Kind = "pause",
        Scope = "pass",
        Name = "dcc",
        Since = "2026-11-23T15:00:00.000Z",
        Until = "2026-11-23T17:00:00.000Z",
        Actor = "alice as root",
        Uid = 0,
        Reason = "its daemon is moved",
        Sentence = "pass dcc is paused by alice as root until 2026-11-23 17:00Z: its daemon is moved",
    };
}
