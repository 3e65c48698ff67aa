// What the rows of a finished message tell: not who sent it to whom, but whether what comes now is it.
namespace SpoolWorker.Ledger;

/// <summary>A message that came, as far as it is to be told from the finished ones.</summary>
/// <param name="Fingerprint">See <see cref="LedgerEntry.Fingerprint"/>.</param>
/// <param name="Addressed">See <see cref="LedgerEntry.Addressed"/>.</param>
/// <param name="Recipients">Its recipients, Latin-1; asked for only when the id is known.</param>
internal sealed record AskedMessage(string Fingerprint, string Addressed, IEnumerable<string> Recipients);

/// <summary>Rows of a message of an intake, of all days.</summary>
internal sealed class FinishedMessage(MessageHash hash, string intake, byte[] message)
{
    /// <summary>What stands for the fate of a recipient where only that it is settled is known.</summary>
    public const string Settled = "settled before";

    /// <summary>No file has it: what is known does not say which -H was judged. The pair of a finished message is gone for good (see Removals of Engine/Intakes), so one
    /// that comes is not that -H.</summary>
    private const string NoIdentity = "-";

    /// <summary>Fits no message.</summary>
    private const string OtherFingerprint = "other";

    private readonly List<byte[]> _rows = [];
    private long _lastDay;

    /// <summary>Whether it is known by its recipients.</summary>
    public bool IsByRecipient => _rows.Exists(r => r.Length == FinishedDays.RecipientRow);

    /// <summary>Addresses that copies of messages, this one or others, went to by rules.</summary>
    public IReadOnlyList<string> CopyAddresses { get; set; } = [];

    /// <summary>Takes in a row of a day.</summary>
    public void Add(long day, byte[] row)
    {
        _rows.Add(row);
        _lastDay = Math.Max(_lastDay, day);
    }

    /// <summary>Whether a recipient is settled, whatever the content of the message.</summary>
    public bool HasSettled(string address) => _rows.Exists(r => r.Length == FinishedDays.MessageRow) || Recipients(_ => true).Contains(Hex(hash.OfRecipient(message, address)));

    /// <summary>Those of its recipients that are settled, and those of its copies; null when it is another message than those that are known.</summary>
    public Dictionary<string, string>? SettledOf(AskedMessage asked)
    {
        var content = hash.OfContent(message, asked.Fingerprint, asked.Addressed);
        if (_rows.Exists(r => r.Length == FinishedDays.MessageRow && r.AsSpan(MessageHash.MessageBytes).SequenceEqual(content))) return asked.Recipients.Distinct().ToDictionary(r => r, _ => Settled);
        var fingerprint = hash.OfFingerprint(message, asked.Fingerprint);
        var settled = Recipients(row => row.AsSpan(MessageHash.MessageBytes, MessageHash.DigestBytes).SequenceEqual(fingerprint));
        if (settled.Count == 0) return null;
        return asked.Recipients.Union(CopyAddresses).Where(r => settled.Contains(Hex(hash.OfRecipient(message, r)))).ToDictionary(r => r, _ => Settled);
    }

    /// <summary>Those of the settled that the message does not name as recipients: they got a copy. Null: there is none.</summary>
    public static IReadOnlyList<string>? CopiesOf(AskedMessage asked, IReadOnlyDictionary<string, string> settled) => settled.Keys.Except(asked.Recipients).ToList() is { Count: > 0 } copies ? copies : null;

    /// <summary>A record that says what the rows say of a message.</summary>
    public LedgerEntry EntryFor(string id, AskedMessage? asked, long keep)
    {
        var settled = asked is null ? new Dictionary<string, string>() : SettledOf(asked);
        return new LedgerEntry
        {
            Intake = intake,
            Id = id,
            Fingerprint = settled is null ? OtherFingerprint : asked?.Fingerprint ?? "",
            Judged = NoIdentity,
            Done = settled ?? [],
            Copies = asked is null || settled is null ? null : CopiesOf(asked, settled),
            Expires = FinishedDays.EndOf(_lastDay) + keep,
            Rows = this,
        };
    }

    private HashSet<string> Recipients(Predicate<byte[]> fits) =>
        [.. _rows.Where(r => r.Length == FinishedDays.RecipientRow && fits(r)).Select(r => Hex(r.AsSpan(FinishedDays.MessageRow)))];

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);
}
