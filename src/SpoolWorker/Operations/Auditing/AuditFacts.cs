// A row of the audit as conditions see it. Of the message there is what the row keeps: id, recipients, of a deletion the sender.
using System.Text;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Auditing;

/// <summary>What is known of a verb.</summary>
internal sealed class AuditFacts(VerbRow row, string state, DateTimeOffset now) : MessageFacts
{
    public override MessageId Id => MessageId.TryParse(row.Id.AsSpan(), out var id) ? id : default;

    public override ReadOnlyMemory<byte> Sender => Encoding.Latin1.GetBytes(row.Sender ?? "");

    /// <summary>Ages count from the asking.</summary>
    public override long ReceivedTime => row.Time / 1000;

    public override bool IsFrozen => false;

    public override int RecipientCount => Recipients.Count;

    public override int PendingCount => 0;

    public override IReadOnlyList<Recipient> Recipients => [.. row.Recipients.Concat(row.Served).Distinct().Select(address => new Recipient(Encoding.Latin1.GetBytes(address)))];

    public override HeaderFile Header => throw new InvalidOperationException("the audit keeps no -H");

    public override long Size => 0;

    public override long BodySize => -1;

    public override DateTimeOffset Now => now;

    public override string State => state;

    public override string Reason => row.Reason;
}
