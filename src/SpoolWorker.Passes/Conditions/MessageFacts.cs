// What conditions may ask of one message, whoever knows it: a pass about the message in its hands, a list about a pair that waits. What costs
// something (the whole -H, the status of -D, a record) is asked for only when a condition has need of it: see Condition.Needs.
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Mime;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Conditions;

/// <summary>What is known of a message.</summary>
public abstract class MessageFacts
{
    /// <summary>Exim's message id.</summary>
    public abstract MessageId Id { get; }

    /// <summary>Envelope sender without angle brackets.</summary>
    public abstract ReadOnlyMemory<byte> Sender { get; }

    /// <summary>Unix time of reception in seconds.</summary>
    public abstract long ReceivedTime { get; }

    /// <summary>Whether Exim leaves it alone until somebody thaws it.</summary>
    public abstract bool IsFrozen { get; }

    /// <summary>Number of recipients, also of those who are served.</summary>
    public abstract int RecipientCount { get; }

    /// <summary>Number of those who are still to be served.</summary>
    public abstract int PendingCount { get; }

    /// <summary>Those <c>recipient</c> means: a condition holds when one of them fits.</summary>
    public abstract IReadOnlyList<Recipient> Recipients { get; }

    /// <summary>The whole -H.</summary>
    public abstract HeaderFile Header { get; }

    /// <summary>Exim's <c>$message_size</c>: <see cref="MessageSize"/>; 0 without a body, as in <c>exim -bp</c>.</summary>
    public abstract long Size { get; }

    /// <summary>Bytes of the body; -1 when there is no -D.</summary>
    public abstract long BodySize { get; }

    /// <summary>What ages count from.</summary>
    public abstract DateTimeOffset Now { get; }

    /// <summary>1 for the first time it is worked on.</summary>
    public virtual int Attempt => 1;

    /// <summary>Where it lies: <c>intake</c>, <c>held</c>, <c>target</c>, <c>spool</c>.</summary>
    public virtual string Place => "";

    /// <summary>As in the list: <c>waiting</c>, <c>deferred</c> and so on.</summary>
    public virtual string State => "";

    /// <summary>Why it is held or deferred.</summary>
    public virtual string Reason => "";

    /// <summary>The passes that hold or deferred it.</summary>
    public virtual IReadOnlyList<string> Passes => [];

    /// <summary>When it is tried again; null when it is not deferred.</summary>
    public virtual DateTimeOffset? NextTry => null;

    /// <summary>Whether a recipient is still to be served.</summary>
    public virtual bool IsPending(Recipient recipient) => true;

    /// <summary>What it is made of. Read when first asked for.</summary>
    public virtual MimeFacts Parts => MimeFacts.None;

    /// <summary>What passes found, by name; null when nothing of that name is known.</summary>
    public virtual string? Result(string name) => null;

    /// <summary>What a pass found for the one recipient in question, a result or a variable of -H; null where it is that of the message.</summary>
    public virtual string? Own(string name) => null;

    /// <summary>Whether a pass that would have found it was skipped, so that nobody knows what it would have been.</summary>
    public virtual bool IsUnknown(string result) => false;

    internal static string Text(ReadOnlyMemory<byte> bytes) => ByteText.ToText(bytes.Span);

    internal static string DomainOf(ReadOnlyMemory<byte> address) => address.Span.LastIndexOf((byte)'@') is var at and >= 0 ? Text(address[(at + 1)..]) : "";
}

/// <summary>The size of a message as Exim counts it.</summary>
public static class MessageSize
{
    /// <summary>Header lines that are not deleted, the body, and one for the empty line between them (spool_in.c: <c>message_size = message_body_size + 1</c>,
    /// then <c>+= n</c> for each line without <c>*</c>; queue.c adds the same for <c>exim -bp</c>).</summary>
    public static long Of(HeaderFile header, long bodySize)
    {
        ArgumentNullException.ThrowIfNull(header);
        var lines = 0L;
        foreach (var line in header.Headers) lines += line.IsDeleted ? 0 : line.Text.Length;
        return Of(lines, bodySize);
    }

    /// <summary>The same of header lines that were counted.</summary>
    public static long Of(long headerBytes, long bodySize) => headerBytes + bodySize + 1;
}
