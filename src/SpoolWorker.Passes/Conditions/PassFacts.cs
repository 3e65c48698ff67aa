// What a pass knows of the message it works on.
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Conditions;

/// <summary>A message in a pass.</summary>
/// <param name="context">What the pass was given.</param>
/// <param name="recipient">The recipient in question; null: none.</param>
internal sealed class PassFacts(PassContext context, Recipient? recipient) : MessageFacts
{
    public override MessageId Id => context.Message.Id;

    public override ReadOnlyMemory<byte> Sender => context.Message.Sender;

    public override long ReceivedTime => context.Message.ReceivedTime;

    public override bool IsFrozen => context.Message.IsFrozen;

    public override int RecipientCount => context.Message.Recipients.Length;

    public override int PendingCount => context.Recipients.Count;

    public override IReadOnlyList<Recipient> Recipients => recipient is null ? [] : [recipient];

    public override HeaderFile Header => context.Message;

    public override long Size => MessageSize.Of(context.Message, context.Body.Length);

    public override long BodySize => context.Body.Length;

    public override DateTimeOffset Now => context.Now;

    public override int Attempt => context.Attempt;

    public override string? Result(string name) => context.Results.GetValueOrDefault(name);
}

/// <summary>A message of which -H alone is known.</summary>
/// <param name="header">Its -H.</param>
/// <param name="now">What ages count from.</param>
public sealed class HeaderFacts(HeaderFile header, DateTimeOffset now) : MessageFacts
{
    /// <inheritdoc/>
    public override MessageId Id => header.Id;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Sender => header.Sender;

    /// <inheritdoc/>
    public override long ReceivedTime => header.ReceivedTime;

    /// <inheritdoc/>
    public override bool IsFrozen => header.IsFrozen;

    /// <inheritdoc/>
    public override int RecipientCount => header.Recipients.Length;

    /// <inheritdoc/>
    public override int PendingCount => header.Pending.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<Recipient> Recipients => header.Recipients;

    /// <inheritdoc/>
    public override HeaderFile Header => header;

    /// <summary>Not known: no condition on -H alone asks for it.</summary>
    public override long Size => 0;

    /// <summary>Not known: no condition on -H alone asks for it.</summary>
    public override long BodySize => -1;

    /// <inheritdoc/>
    public override DateTimeOffset Now => now;

    /// <inheritdoc/>
    public override bool IsPending(Recipient recipient)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        return !header.NonRecipients.Contains(recipient.Address.Span);
    }
}
