// What a pass knows of the message it works on.
using SpoolWorker.Passes.Mime;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Conditions;

/// <summary>A message in a pass.</summary>
/// <param name="context">What the pass was given.</param>
/// <param name="recipient">The recipient in question; null: none.</param>
internal sealed class PassFacts(PassContext context, Recipient? recipient) : MessageFacts
{
    private readonly IReadOnlyDictionary<string, string>? _own = recipient is null ? null : context.RecipientResults.GetValueOrDefault(recipient.Address);

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

    public override MimeFacts Parts => context.Parts;

    public override DateTimeOffset Now => context.Now;

    public override int Attempt => context.Attempt;

    public override string? Result(string name) => Own(name) ?? context.Results.GetValueOrDefault(name);

    public override string? Own(string name) => _own?.GetValueOrDefault(name);

    public override bool IsUnknown(string result) => context.Unknown.Contains(result);
}
