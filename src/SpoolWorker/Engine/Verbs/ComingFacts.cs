// A message before its first pass, as conditions of standing holds see it: what -H says, and who of its recipients was settled before.
using SpoolWorker.Ledger;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Verbs;

/// <summary>A message of which -H alone is looked at.</summary>
/// <param name="header">Its -H.</param>
/// <param name="done">Recipients that are settled, as the ledger has them.</param>
/// <param name="now">What ages count to.</param>
internal sealed class ComingFacts(HeaderFile header, IReadOnlyDictionary<string, string> done, DateTimeOffset now) : MessageFacts
{
    public override MessageId Id => header.Id;

    public override ReadOnlyMemory<byte> Sender => header.Sender;

    public override long ReceivedTime => header.ReceivedTime;

    public override bool IsFrozen => header.IsFrozen;

    public override int RecipientCount => header.Recipients.Length;

    public override int PendingCount => header.Recipients.Count(IsPending);

    public override IReadOnlyList<Recipient> Recipients => header.Recipients;

    public override HeaderFile Header => header;

    // Sizes are those of -D: no condition that was let through asks for them.
    public override long Size => 0;

    public override long BodySize => -1;

    public override DateTimeOffset Now => now;

    public override bool IsPending(Recipient recipient) => !header.NonRecipients.Contains(recipient.Address.Span) && !done.ContainsKey(LedgerEntry.Text(recipient.Address.Span));
}
