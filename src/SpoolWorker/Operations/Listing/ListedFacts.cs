// What a condition may ask of a listed message. One object a reader, filled anew for each message: what costs something is looked up when it is asked
// for. Slices of -H are valid only until the reader's next file.
using SpoolWorker.Ledger;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>A listed message as conditions see it.</summary>
internal sealed class ListedFacts(ListSource source, DateTimeOffset now) : MessageFacts
{
    private ListedMessage _message;
    private ReadOnlyMemory<byte> _file;
    private HeaderFile? _header;
    private IReadOnlyList<Recipient> _recipients = [];
    private NonRecipientTree _done = NonRecipientTree.Empty;
    private LedgerEntry? _entry;
    private IReadOnlyList<LedgerEntry>? _records;

    public override MessageId Id => _message.Id;

    public override ReadOnlyMemory<byte> Sender => _message.Sender;

    public override long ReceivedTime => _message.Received;

    public override bool IsFrozen => _message.IsFrozen;

    public override int RecipientCount => _message.Recipients;

    public override int PendingCount => _message.Pending;

    public override IReadOnlyList<Recipient> Recipients => _recipients;

    /// <summary>A glance accepts nothing that the reader refuses, so this cannot fail.</summary>
    public override HeaderFile Header => _header ??= HeaderFileReader.TryReadRebuilding(_file, _message.Id, out var header, out _, out var error) ? header : throw new InvalidDataException(error.ToString());

    public override long Size => Math.Max(0, _message.Size);

    public override long BodySize => _message.BodySize;

    public override DateTimeOffset Now => now;

    public override int Attempt => (_entry?.Deferrals ?? 0) + 1;

    public override string Place => source.Name;

    public override string State => _message.State;

    public override string Reason => _message.Reason;

    public override IReadOnlyList<string> Passes => _message.Passes;

    public override DateTimeOffset? NextTry => _message.NextTry;

    /// <summary>A message that a quick look was enough for.</summary>
    public ListedFacts Of(in ListedMessage message, ReadOnlyMemory<byte> file, NonRecipientTree done, IReadOnlyList<Recipient> recipients)
    {
        (_message, _file, _header, _done, _recipients, _entry, _records) = (message, file, null, done, recipients, null, null);
        return this;
    }

    /// <summary>A message that was read as a whole.</summary>
    public ListedFacts Of(in ListedMessage message, HeaderFile header, LedgerEntry? entry)
    {
        (_message, _file, _header, _done, _recipients, _entry, _records) = (message, default, header, header.NonRecipients, header.Recipients, entry, null);
        return this;
    }

    public override bool IsPending(Recipient recipient) => !_done.Contains(recipient.Address.Span) && _entry?.FateOf(LedgerEntry.Text(recipient.Address.Span)) is null;

    public override string? Result(string name)
    {
        if (_entry is not null) return _entry.Found?.GetValueOrDefault(name);
        _records ??= source.Records?.Invoke(Id) ?? [];
        return _records.Select(r => r.Found?.GetValueOrDefault(name)).LastOrDefault(value => value is not null);
    }

    public override bool IsUnknown(string result)
    {
        if (_entry is not null) return _entry.Unknown?.Contains(result) == true;
        _records ??= source.Records?.Invoke(Id) ?? [];
        return _records.Any(r => r.Unknown?.Contains(result) == true) && Result(result) is null;
    }
}
