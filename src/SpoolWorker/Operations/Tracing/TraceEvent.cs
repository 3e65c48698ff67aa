// One thing that happened to a message, as a log or the ledger tells it.
namespace SpoolWorker.Operations.Tracing;

/// <summary>What happened.</summary>
internal enum TraceKind
{
    Arrival,
    Taken,
    Passes,
    Requeued,
    Held,
    Bounced,
    Discarded,
    Deferred,
    Waits,
    Failed,
    Greeting,
    Ehlo,
    Host,
    Delivered,
    Delayed,
    Refused,
    Bounce,
    Completed,
    Verb,
    Note,
}

/// <summary>An event.</summary>
/// <param name="Time">When.</param>
/// <param name="Id">The message it happened to.</param>
/// <param name="Source">exim, worker or operator.</param>
/// <param name="Kind">What.</param>
/// <param name="Text">In the source's words.</param>
/// <param name="Address">The recipient it is about; empty for the message.</param>
internal sealed record TraceEvent(DateTimeOffset Time, string Id, string Source, TraceKind Kind, string Text, string Address = "")
{
    public const string Exim = "exim", Worker = "worker", Operator = "operator";

    public string Word => Kind switch
    {
        TraceKind.Arrival => "arrived",
        TraceKind.Taken => "taken",
        TraceKind.Passes => "passes",
        TraceKind.Requeued => "requeued",
        TraceKind.Held => "held",
        TraceKind.Bounced => "bounced",
        TraceKind.Discarded => "discarded",
        TraceKind.Deferred => "deferred",
        TraceKind.Waits => "waits",
        TraceKind.Failed => "failed",
        TraceKind.Greeting => "greeting",
        TraceKind.Ehlo => "ehlo",
        TraceKind.Host => "host",
        TraceKind.Delivered => "delivered",
        TraceKind.Delayed => "delayed",
        TraceKind.Refused => "refused",
        TraceKind.Bounce => "bounce",
        TraceKind.Completed => "completed",
        TraceKind.Verb => "operator",
        TraceKind.Note => "note",
        _ => throw new ArgumentOutOfRangeException(nameof(Kind), Kind, "not a kind"),
    };
}
