// A message at the moment of its being held, as a notice tells of it and as its condition sees it: what came, what the passes found, and for whom it is held.
using SpoolWorker.Engine.Chain;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Notices;

/// <summary>A message that is being held.</summary>
/// <param name="id">Its id where it came.</param>
/// <param name="verdict">What the passes made of it.</param>
/// <param name="recipients">Those it is held for; one at least.</param>
/// <param name="now">What ages count to.</param>
internal sealed class HeldMessage(MessageId id, Verdict verdict, IReadOnlyList<RecipientVerdict> recipients, DateTimeOffset now) : MessageFacts
{
    /// <summary>Those it is held for.</summary>
    public IReadOnlyList<RecipientVerdict> HeldFor => recipients;

    /// <summary>The ids it has in held/.</summary>
    public required IReadOnlyList<MessageId> Ids { get; init; }

    /// <summary>Bytes of its body as it came.</summary>
    public required long BodyBytes { get; init; }

    public override MessageId Id => id;

    public override ReadOnlyMemory<byte> Sender => Header.Sender;

    public override long ReceivedTime => Header.ReceivedTime;

    public override bool IsFrozen => Header.IsFrozen;

    public override int RecipientCount => Header.Recipients.Length;

    public override int PendingCount => recipients.Count;

    public override IReadOnlyList<Recipient> Recipients => [.. recipients.Select(r => r.Current)];

    public override HeaderFile Header => verdict.Received;

    public override long Size => MessageSize.Of(Header, Math.Max(0, BodySize));

    public override long BodySize => BodyBytes;

    public override DateTimeOffset Now => now;

    public override string Place => "held";

    public override string State => "held";

    public override string Reason => string.Join("; ", recipients.Select(r => r.Disposition.Reason).Distinct());

    public override IReadOnlyList<string> Passes => [.. recipients.Select(r => r.Pass).Where(pass => pass.Length > 0).Distinct()];

    public override string? Result(string name) => verdict.Results.GetValueOrDefault(name) ?? recipients.Select(r => r.Own.GetValueOrDefault(name)).FirstOrDefault(value => value is not null);

    public override bool IsUnknown(string result) => recipients.Any(r => r.At?.Unknown.Contains(result) == true) && Result(result) is null;
}
