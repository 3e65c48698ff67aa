// What a notification has to say. Data only; DsnComposer makes the message of it.
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>A recipient a notification is about.</summary>
/// <param name="Recipient">As the message came in: the address the sender knows.</param>
/// <param name="Pass">The pass that decided; empty for the worker itself.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Diagnosis">What more is known.</param>
public sealed record DsnRecipient(Recipient Recipient, string Pass, string Reason, Diagnosis Diagnosis);

/// <summary>One notification: for one return path, about recipients that all fared the same.</summary>
public sealed record DsnNotice
{
    /// <summary>What is told; the same for all recipients.</summary>
    public required DsnAction Action { get; init; }

    /// <summary>-H as received.</summary>
    public required HeaderFile Message { get; init; }

    /// <summary>The body as received; read while the notification is staged.</summary>
    public required IMessageBody Body { get; init; }

    /// <summary>Whom it is for: the sender, or the recipients' own return path. Never empty.</summary>
    public required ReadOnlyMemory<byte> ReturnPath { get; init; }

    /// <summary>Those it is told of.</summary>
    public required IReadOnlyList<DsnRecipient> Recipients { get; init; }

    /// <summary>The time of the attempt it tells of.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>For <see cref="DsnAction.Delayed"/>: until when delivery is tried.</summary>
    public DateTimeOffset? RetryUntil { get; init; }

    /// <summary>The class of the status: what ran out of time might go through another time (RFC 3463, 3.5: 4.4.7).</summary>
    public int StatusClassOf(DsnRecipient recipient) => Action switch
    {
        DsnAction.Failed => recipient.Diagnosis.Status == StatusDetail.TimeExpired ? 4 : 5,
        DsnAction.Delayed => 4,
        _ => 2,
    };

    /// <summary>The whole status of a recipient.</summary>
    public EnhancedStatus StatusOf(DsnRecipient recipient) => EnhancedStatus.Of(StatusClassOf(recipient), recipient.Diagnosis.Status ?? Action switch
    {
        DsnAction.Failed => StatusDetail.Refused,
        DsnAction.Delayed => StatusDetail.SystemOther,
        DsnAction.Relayed => StatusDetail.RelayedToNonCompliant,
        _ => StatusDetail.Undefined,
    });
}
