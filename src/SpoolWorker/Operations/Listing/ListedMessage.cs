// What `list` shows of one message, taken from -H and the size of -D alone. A message that went away meanwhile is no
// message; one that cannot be read keeps its error. Slices of -H are valid only until the reader's next file.
using SpoolWorker.Characters;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>One line of a list.</summary>
internal readonly record struct ListedMessage
{
    public required MessageId Id { get; init; }

    /// <summary>Unix time of reception; the id's own time when -H cannot be read.</summary>
    public required long Received { get; init; }

    /// <summary>Body and header lines; -1 when there is no -D.</summary>
    public long Size { get; init; }

    /// <summary>One word: waiting, frozen, deferred, settled, delivered, held, incomplete, unreadable.</summary>
    public required string State { get; init; }

    /// <summary>Deferred: when it is tried again.</summary>
    public DateTimeOffset? NextTry { get; init; }

    public ReadOnlyMemory<byte> Sender { get; init; }

    public int Recipients { get; init; }

    public int Pending { get; init; }

    /// <summary>Each of them; empty unless they were asked for (<see cref="ListSource.WithRecipients"/>).</summary>
    public IReadOnlyList<RecipientStateView> Each { get; init; }

    /// <summary>Why it is held, deferred or unreadable.</summary>
    public string Reason { get; init; }

    /// <summary>Set when -H cannot be read.</summary>
    public SpoolParseError? Error { get; init; }
}

/// <summary>Reads messages of one folder for the list. One thread, one reader.</summary>
internal sealed class ListedMessageReader(SpoolFolder folder, ListSource source) : IDisposable
{
    private const int ReasonBytes = 4096;
    private readonly FolderReader _files = new(folder), _reasons = new(folder);

    /// <summary>False when the message is gone.</summary>
    public bool TryRead(MessageId id, out ListedMessage message)
    {
        if (TryGlance(id, out message)) return true;
        var errno = _files.TryRead(id.HeaderName, SpoolLimits.MaxHeaderFileBytes, out var bytes, out var error);
        if (errno == Errno.ENOENT) return false;
        if (errno != 0) error = new SpoolParseError(SpoolParseErrorKind.NotRegularFile, 0, new PosixException(errno, "read", folder.PathOf(id.HeaderName)).Message);
        HeaderFile? header = null;
        if (error is null) HeaderFileReader.TryReadRebuilding(bytes, id, out header, out _, out error);
        var body = BodySize(id);
        message = header is null
            ? new ListedMessage { Id = id, Received = id.Seconds, Size = body, State = "unreadable", Reason = error!.ToString(), Error = error, Each = [] }
            : Describe(id, header, body);
        return true;
    }

    public void Dispose()
    {
        _files.Dispose();
        _reasons.Dispose();
    }

    // Most messages of most spools: nothing done yet, no ledger to ask.
    private bool TryGlance(MessageId id, out ListedMessage message)
    {
        message = default;
        if (source.Ledger is not null || !_files.TryReadSmall(id, out var bytes) || !HeaderGlance.TryRead(bytes, id, out var glance)) return false;
        var body = BodySize(id);
        var held = source.Kind == ListKind.Held;
        IReadOnlyList<RecipientStateView> each = [];
        if (source.WithRecipients)
        {
            var done = glance.NonRecipients;
            each = [.. glance.ReadRecipients().Select(r => State(r, done.Contains(r.Address.Span)))];
        }
        message = new ListedMessage
        {
            Id = id,
            Received = glance.ReceivedTime,
            Size = body < 0 ? body : body + glance.HeaderBytes,
            Sender = glance.Sender,
            State = body < 0 ? "incomplete" : glance.Pending == 0 ? "delivered" : glance.IsFrozen ? "frozen" : held ? "held" : "waiting",
            Recipients = glance.Recipients,
            Pending = glance.Pending,
            Each = each,
            Reason = held ? HeldReason(id) : "",
        };
        return true;
    }

    private long BodySize(MessageId id) => _files.TryBodyStatus(id, out var status) == 0 ? Math.Max(0, status.Size - id.BodyOffset) : -1;

    private ListedMessage Describe(MessageId id, HeaderFile header, long body)
    {
        var size = body;
        if (body >= 0)
        {
            foreach (var line in header.Headers) size += line.IsDeleted ? 0 : line.Text.Length;
        }
        var entry = source.Ledger?.Invoke(id);
        var pending = 0;
        var each = source.WithRecipients ? new List<RecipientStateView>() : null;
        foreach (var recipient in header.Recipients)
        {
            var isDone = header.NonRecipients.Contains(recipient.Address.Span) || entry?.FateOf(LedgerEntry.Text(recipient.Address.Span)) is not null;
            if (!isDone) pending++;
            each?.Add(State(recipient, isDone));
        }
        var reason = source.Kind == ListKind.Held ? HeldReason(id) : "";
        DateTimeOffset? next = null;
        var state = source.Kind == ListKind.Held ? "held" : "waiting";
        if (header.IsFrozen) state = "frozen";
        if (pending == 0) state = entry is { Done.Count: > 0 } or { Rows: not null } ? "settled" : "delivered";
        else if (entry?.Deferred is { } deferral)
        {
            state = "deferred";
            next = DateTimeOffset.FromUnixTimeMilliseconds(deferral.Next);
            reason = deferral.Pass.Length > 0 ? $"{deferral.Pass}: {deferral.Reason}" : deferral.Reason;
        }
        if (body < 0) state = "incomplete";
        return new ListedMessage
        {
            Id = id,
            Received = header.ReceivedTime,
            Size = size,
            State = state,
            NextTry = next,
            Sender = header.Sender,
            Recipients = header.Recipients.Length,
            Pending = pending,
            Each = each ?? [],
            Reason = reason,
        };
    }

    private static RecipientStateView State(Recipient recipient, bool isDone) => new() { Address = SafeText.Exact(recipient.Address.Span), State = isDone ? "done" : "pending" };

    private string HeldReason(MessageId id) =>
        _reasons.TryRead($"{id}.reason", ReasonBytes, out var bytes, out _) == 0
            ? SafeText.Of(System.Text.Encoding.UTF8.GetString(bytes.Span).Trim().Replace("\n", "; ", StringComparison.Ordinal))
            : "";
}
