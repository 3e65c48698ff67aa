// What `list` shows of one message, taken from -H and the size of -D alone. A message that went away meanwhile is no
// message; one that cannot be read keeps its error. Slices of -H are valid only until the reader's next file.
using SpoolWorker.Characters;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>One line of a list.</summary>
internal readonly record struct ListedMessage
{
    public required MessageId Id { get; init; }

    /// <summary>Where it lies, below the place that is listed; null: in it, or in a subdirectory of a split spool.</summary>
    public string? Folder { get; init; }

    /// <summary>Unix time of reception; the id's own time when -H cannot be read.</summary>
    public required long Received { get; init; }

    /// <summary>As <c>exim -bp</c> counts it: see MessageSize; -1 when there is no -D.</summary>
    public long Size { get; init; }

    /// <summary>Of the body alone; -1 when there is no -D.</summary>
    public long BodySize { get; init; }

    /// <summary>Whether Exim leaves it alone.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>One word: waiting, frozen, deferred, waits, settled, delivered, held, incomplete, unreadable.</summary>
    public required string State { get; init; }

    /// <summary>Deferred, or waiting for the hours of a pass: when it is tried again.</summary>
    public DateTimeOffset? NextTry { get; init; }

    public ReadOnlyMemory<byte> Sender { get; init; }

    public int Recipients { get; init; }

    public int Pending { get; init; }

    /// <summary>The first recipient who is still to be served, or of all when nobody is.</summary>
    public ReadOnlyMemory<byte> First { get; init; }

    /// <summary>Each of them; empty unless they were asked for (<see cref="ListSource.WithRecipients"/>).</summary>
    public IReadOnlyList<RecipientStateView> Each { get; init; }

    /// <summary>Those of them still to be served, each byte as one Latin-1 character; empty unless they were asked for (<see cref="ListSource.WithWaiting"/>).</summary>
    public IReadOnlyList<string> Waiting { get; init; }

    /// <summary>Why it is held (empty unless that was asked for, <see cref="ListSource.WithReasons"/>), deferred or unreadable.</summary>
    public string Reason { get; init; }

    /// <summary>Whose reasons these are; none unless a condition asks.</summary>
    public IReadOnlyList<string> Passes { get; init; }

    /// <summary>The reasons without the recipients they are for; as <see cref="Reason"/>.</summary>
    public IReadOnlyList<string> Causes { get; init; }

    /// <summary>Does not fit the condition, or cannot be asked: no row of the list.</summary>
    public bool IsLeftOut { get; init; }

    /// <summary>Set when -H cannot be read.</summary>
    public SpoolParseError? Error { get; init; }

    /// <summary>Whether it cannot be read since this user may not.</summary>
    public bool IsForbidden { get; init; }
}

/// <summary>Reads messages of one folder for the list. One thread, one reader.</summary>
internal sealed class ListedMessageReader(SpoolFolder folder, ListSource source) : IDisposable
{
    // A line a recipient: as large as the -H that names them may be.
    private const int ReasonBytes = SpoolLimits.MaxHeaderFileBytes;
    private readonly FolderReader _files = new(folder), _reasons = new(folder);
    private readonly bool _asksPasses = source.Filter?.Where?.Needs.HasFlag(ConditionNeeds.Place) == true;
    private readonly bool _readsNotes = source.Kind == ListKind.Held && (source.WithReasons || (source.Filter?.Where?.Needs & (ConditionNeeds.Reasons | ConditionNeeds.Place)) > 0);
    // Split subdirectories have one character.
    private readonly string? _below = source.MayBeTree && folder.Path.Length > source.Path.Length + 2 ? folder.Path : null;
    private readonly ListedFacts? _facts = source.Filter is { Where: not null } filter ? new ListedFacts(source, filter.Now) : null;

    /// <summary>False when the message is gone.</summary>
    public bool TryRead(MessageId id, out ListedMessage message)
    {
        if (!TryReadHere(id, out message)) return false;
        if (_below is not null) message = message with { Folder = _below };
        return true;
    }

    private bool TryReadHere(MessageId id, out ListedMessage message)
    {
        if (TryGlance(id, out message)) return true;
        var errno = _files.TryRead(id.HeaderName, SpoolLimits.MaxHeaderFileBytes, out var bytes, out var error);
        if (errno == Errno.ENOENT) return false;
        if (errno != 0) error = new SpoolParseError(SpoolParseErrorKind.NotRegularFile, 0, new PosixException(errno, "read", folder.PathOf(id.HeaderName)).Message);
        HeaderFile? header = null;
        if (error is null) HeaderFileReader.TryReadRebuilding(bytes, id, out header, out _, out error);
        var body = BodySize(id);
        message = header is null
            // Of what cannot be read nothing is known that a condition could ask for.
            ? new ListedMessage { Id = id, Received = id.Seconds, Size = body, BodySize = body, State = "unreadable", Reason = errno != 0 ? error!.Reason : error!.ToString(), Error = error, IsForbidden = errno is Errno.EACCES or Errno.EPERM, Each = [], Waiting = [], Causes = [], Passes = [], IsLeftOut = _facts is not null }
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
        var recipients = source.WithRecipients || source.WithWaiting || source.Filter is { AsksRecipient: true } ? glance.ReadRecipients() : [];
        var done = glance.NonRecipients;
        IReadOnlyList<RecipientStateView> each = source.WithRecipients ? [.. recipients.Select(r => State(r, done.Contains(r.Address.Span)))] : [];
        IReadOnlyList<string> waiting = source.WithWaiting ? [.. recipients.Where(r => !done.Contains(r.Address.Span)).Select(r => LedgerEntry.Text(r.Address.Span))] : [];
        var note = _readsNotes ? NoteOf(id) : "";
        message = new ListedMessage
        {
            Id = id,
            Received = glance.ReceivedTime,
            Size = body < 0 ? body : MessageSize.Of(glance.HeaderBytes, body),
            BodySize = body,
            IsFrozen = glance.IsFrozen,
            Sender = glance.Sender,
            State = body < 0 ? "incomplete" : glance.Pending == 0 ? "delivered" : glance.IsFrozen ? "frozen" : held ? "held" : "waiting",
            Recipients = glance.Recipients,
            Pending = glance.Pending,
            First = glance.FirstRecipient,
            Each = each,
            Waiting = waiting,
            Reason = ReasonIn(note),
            Causes = source.WithReasons ? HeldNote.CausesIn(note) : [],
            Passes = _asksPasses ? PassesOf(id, note) : [],
        };
        if (_facts is not null && !Fits(_facts.Of(message, bytes, done, recipients))) message = message with { IsLeftOut = true };
        return true;
    }

    private bool Fits(ListedFacts facts) => source.Filter!.Where!.Matches(facts);

    private long BodySize(MessageId id) => _files.TryBodyStatus(id, out var status) == 0 ? Math.Max(0, status.Size - id.BodyOffset) : -1;

    private ListedMessage Describe(MessageId id, HeaderFile header, long body)
    {
        var entry = source.Ledger?.Invoke(id);
        // A copy of an earlier attempt is not in the -H that came.
        header = Copies.AddTo(header, entry?.Copies);
        var pending = 0;
        ReadOnlyMemory<byte> first = default;
        var each = source.WithRecipients ? new List<RecipientStateView>() : null;
        var waiting = source.WithWaiting ? new List<string>() : null;
        foreach (var recipient in header.Recipients)
        {
            var isDone = header.NonRecipients.Contains(recipient.Address.Span) || entry?.FateOf(LedgerEntry.Text(recipient.Address.Span)) is not null;
            if (!isDone && pending++ == 0) first = recipient.Address;
            each?.Add(State(recipient, isDone));
            if (!isDone) waiting?.Add(LedgerEntry.Text(recipient.Address.Span));
        }
        var note = _readsNotes ? NoteOf(id) : "";
        var (reason, passes) = (ReasonIn(note), _asksPasses ? PassesOf(id, note) : []);
        DateTimeOffset? next = null;
        var state = source.Kind == ListKind.Held ? "held" : "waiting";
        if (header.IsFrozen) state = "frozen";
        if (pending == 0) state = entry is { Done.Count: > 0 } or { Rows: not null } ? "settled" : "delivered";
        else if (entry?.Deferred is { } deferral)
        {
            state = deferral.IsPlanned ? "waits" : "deferred";
            next = deferral.IsOpenEnded ? null : DateTimeOffset.FromUnixTimeMilliseconds(deferral.Next);
            reason = deferral.Pass.Length > 0 ? $"{deferral.Pass}: {deferral.Reason}" : deferral.Reason;
            passes = deferral.Pass.Length > 0 ? [deferral.Pass] : [];
        }
        if (body < 0) state = "incomplete";
        var message = new ListedMessage
        {
            Id = id,
            Received = header.ReceivedTime,
            Size = body < 0 ? body : MessageSize.Of(header, body),
            BodySize = body,
            IsFrozen = header.IsFrozen,
            State = state,
            NextTry = next,
            Sender = header.Sender,
            Recipients = header.Recipients.Length,
            Pending = pending,
            First = pending > 0 || header.Recipients.IsEmpty ? first : header.Recipients[0].Address,
            Each = each ?? [],
            Waiting = waiting ?? [],
            Reason = reason,
            Causes = !source.WithReasons ? [] : note.Length > 0 ? HeldNote.CausesIn(note) : reason.Length > 0 ? [reason] : [],
            Passes = passes,
        };
        return _facts is not null && !Fits(_facts.Of(message, header, entry)) ? message with { IsLeftOut = true } : message;
    }

    private static RecipientStateView State(Recipient recipient, bool isDone) => new() { Address = SafeText.Exact(recipient.Address.Span), State = isDone ? "done" : "pending" };

    private string NoteOf(MessageId id) => _reasons.TryRead($"{id}.reason", ReasonBytes, out var bytes, out _) == 0 ? System.Text.Encoding.UTF8.GetString(bytes.Span).Trim() : "";

    // The record knows; what lies here without one (put there by hand, or by a version before) has its note alone.
    private IReadOnlyList<string> PassesOf(MessageId id, string note) => source.Kind != ListKind.Held ? []
        : (source.Records?.Invoke(id) ?? []).FirstOrDefault(r => r.Intake == source.Path && r.Held is not null) is { Held: { } held } ? held.Passes : HeldNote.PassesIn(note);

    private static string ReasonIn(string note) => note.Length > 0 ? SafeText.Of(note.Replace("\n", "; ", StringComparison.Ordinal)) : "";
}
