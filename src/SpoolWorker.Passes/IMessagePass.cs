// The contract of a pass. A pass reads a message and returns data; it never touches a file, the ledger or the queue.
// It may be called again for the same message (a defer, a crash, a schedule), so it must not keep state for a message.
// Throwing, running out of time and PassResult.Unavailable all mean the same: the service behind the pass is down. That
// is no fault of the message and is not counted against it.
using SpoolWorker.Spool;

namespace SpoolWorker.Passes;

/// <summary>One thing done to a message.</summary>
public interface IMessagePass
{
    /// <summary>The name in <c>Passes</c> of appsettings.json and in logs.</summary>
    string Name { get; }

    /// <summary>Judges one message. Called for many messages at once, never twice at once for the same one.</summary>
    ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken);
}

/// <summary>The body of a message: the exact bytes of -D behind its name line.</summary>
public interface IMessageBody
{
    /// <summary>Bytes of the body.</summary>
    long Length { get; }

    /// <summary>True: lines end in CRLF (spool_file_wireformat). False: in LF.</summary>
    bool IsWireFormat { get; }

    /// <summary>A new stream over the body, from its first byte. Several may be open at once.</summary>
    Stream OpenRead();
}

/// <summary>What a pass sees.</summary>
/// <param name="Message">-H with the edits of the passes before this one.</param>
/// <param name="Body">The body: as received, or as a pass before this one replaced it.</param>
/// <param name="Recipients">Those still to be served: not done, not held or dropped by a pass before this one.</param>
/// <param name="Attempt">1 for the first time this message is worked on.</param>
/// <param name="Results">What earlier passes found, by name ("spf_result", "dcc_header").</param>
/// <param name="Now">The time of this attempt.</param>
public sealed record PassContext(HeaderFile Message, IMessageBody Body, IReadOnlyList<Recipient> Recipients, int Attempt,
    IReadOnlyDictionary<string, string> Results, DateTimeOffset Now)
{
    /// <summary>Attachments and what is in them. The body is read through for it when it is first asked for, once for this pass. Throws IOException, and
    /// OperationCanceledException when <see cref="Cancelled"/> says so.</summary>
    public Mime.MimeFacts Parts => _parts is { } known && known.Of == Body && known.With == Message ? known.Facts
        : (_parts = (Body, Message, Mime.MimeFactsReader.Read(Message, Body, Cancelled))).Value.Facts;

    /// <summary>Whether they were asked for.</summary>
    internal bool HasReadParts => _parts is not null;

    /// <summary>Ends long reading.</summary>
    internal CancellationToken Cancelled { get; init; }

    private (IMessageBody Of, HeaderFile With, Mime.MimeFacts Facts)? _parts;

    /// <summary>Names of results that passes which were skipped would have found, and nobody else did: what they are is unknown, which is not the same as unset.</summary>
    public IReadOnlySet<string> Unknown { get; init; } = System.Collections.Immutable.ImmutableHashSet<string>.Empty;

    /// <summary>Those of <see cref="Recipients"/> that only get a copy (<see cref="EnvelopeEdit.AddCopy"/>): no rule is asked about them again.</summary>
    public IReadOnlySet<ReadOnlyMemory<byte>> Copies { get; init; } = System.Collections.Immutable.ImmutableHashSet<ReadOnlyMemory<byte>>.Empty;

    /// <summary>What earlier passes found for single recipients, by address as in <see cref="Recipients"/>: it wins over <see cref="Results"/>. An empty value: nothing was found for this one.</summary>
    public IReadOnlyDictionary<ReadOnlyMemory<byte>, IReadOnlyDictionary<string, string>> RecipientResults { get; init; } =
        System.Collections.Immutable.ImmutableDictionary<ReadOnlyMemory<byte>, IReadOnlyDictionary<string, string>>.Empty;
}

/// <summary>What a pass found and wants.</summary>
public sealed record PassResult
{
    /// <summary>Nothing to say: on to the next pass.</summary>
    public static PassResult Continue { get; } = new();

    /// <summary>For the whole message.</summary>
    public Disposition Disposition { get; init; } = Disposition.Continue;

    /// <summary>For single recipients, by address as in <see cref="PassContext.Recipients"/>; it wins over the message's.</summary>
    public IReadOnlyList<(ReadOnlyMemory<byte> Recipient, Disposition Disposition)> Recipients { get; init; } = [];

    /// <summary>Header lines to add and delete, in this order.</summary>
    public IReadOnlyList<HeaderEdit> Headers { get; init; } = [];

    /// <summary>Changes of sender, recipients and variables, in this order.</summary>
    public IReadOnlyList<EnvelopeEdit> Envelope { get; init; } = [];

    /// <summary>Another body in place of the one the pass was given; null keeps that. Later passes read it, and what is requeued or held
    /// gets a -D of its own with it. It is read after the pass has returned, while the incoming pair is still ours, so that a body can be
    /// made of pieces of the old one without being kept in memory. Its streams are seekable.</summary>
    public IMessageBody? Body { get; init; }

    /// <summary>Named findings for later passes, rules, log and JSON.</summary>
    public IReadOnlyDictionary<string, string> Results { get; init; } = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;

    /// <summary>The same for single recipients for whom something else was found, by address as in <see cref="PassContext.Recipients"/>; recipients for whom the same was found share one
    /// dictionary. Names are those of results, and of
    /// variables of -H that the pass sets. An empty value: nothing was found for this one.</summary>
    public IReadOnlyList<(ReadOnlyMemory<byte> Recipient, IReadOnlyDictionary<string, string> Results)> RecipientResults { get; init; } = [];

    /// <summary>What the settings of the pass had done with recipients, each word with their number; for metrics. Words of the settings, never a stranger's text.</summary>
    public IReadOnlyList<(string Word, int Recipients)> Measures { get; init; } = [];

    /// <summary>Set when the service behind the pass could not answer.</summary>
    public string? UnavailableReason { get; private init; }

    /// <summary>The service behind the pass could not answer; the operator's OnUnavailable decides.</summary>
    public static PassResult Unavailable(string reason) => new() { UnavailableReason = reason };

    /// <summary>A decision about the whole message, and nothing else.</summary>
    public static PassResult For(Disposition disposition) => new() { Disposition = disposition };
}
