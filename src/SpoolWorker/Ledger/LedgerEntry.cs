// One record of the ledger: what this worker knows of one message of one intake. Kept as JSON: an operator can read it,
// and a later version can add to it. Addresses are bytes; each byte stands as one character (Latin-1), so nothing is lost.
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SpoolWorker.Ledger;

/// <summary>A pair this worker staged for a message: what recovery looks for.</summary>
/// <param name="Folder">Directory it lies in.</param>
/// <param name="Id">Its message id there.</param>
/// <param name="Tag">Ledger tag in the staged name <c>hdr.&lt;id&gt;.&lt;tag&gt;</c>.</param>
/// <param name="FolderInode">Inode of that directory: tells a directory that was exchanged from one in which the commit happened.</param>
/// <param name="FolderBorn">Its time of creation: a directory made anew often gets the same inode.</param>
internal sealed record StagedName(string Folder, string Id, string Tag, ulong FolderInode, long FolderBorn = 0);

/// <summary>Why and until when a message waits.</summary>
/// <param name="Since">When this was decided, Unix milliseconds: a clock that shows less has jumped back.</param>
/// <param name="Next">Next try, Unix milliseconds.</param>
/// <param name="Pass">The pass that deferred it; empty for the worker itself.</param>
/// <param name="Reason">Its reason.</param>
internal sealed record Deferral(long Since, long Next, string Pass, string Reason)
{
    /// <summary>It waits for the hours of the pass, the end of its pause, or the turn of others: nothing went wrong, and nothing is counted.</summary>
    public bool IsPlanned { get; init; }

    /// <summary>Nobody knows when: until an operator says so.</summary>
    [JsonIgnore]
    public bool IsOpenEnded => Next >= OpenEnded.ToUnixTimeMilliseconds();

    /// <summary>A next try that stands for no time.</summary>
    public static DateTimeOffset OpenEnded => new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>From now on, for so long.</summary>
    public static Deferral In(DateTimeOffset now, TimeSpan wait, string pass, string reason) =>
        new(now.ToUnixTimeMilliseconds(), (now + wait).ToUnixTimeMilliseconds(), pass, reason);

    /// <summary>How long it still waits by the date: never longer than was decided, as the date may have been set back since.</summary>
    public TimeSpan Left(DateTimeOffset now) => TimeSpan.FromMilliseconds(Math.Clamp(Next - now.ToUnixTimeMilliseconds(), 0, Math.Max(0, Next - Since)));
}

/// <summary>What a pass did with a message.</summary>
/// <param name="Pass">Its name.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Decided">What it decided, in the words of dispositions, or that it was not available.</param>
internal sealed record PassNote(string Pass, double Milliseconds, string Decided)
{
    public const string Unavailable = "unavailable", Skipped = "skipped";

    /// <summary>Why it was skipped; null: it was not.</summary>
    public string? Why { get; init; }
}

/// <summary>Of a message in <c>held/</c>: who held it, and where its passes were.</summary>
/// <param name="Pass">The pass that held it; empty: the worker or an operator.</param>
/// <param name="Reason">Why.</param>
/// <param name="Since">When, Unix milliseconds.</param>
/// <param name="Behind">The pass behind which it goes on; empty: before the first; <see cref="Nothing"/>: no pass is to touch it.</param>
internal sealed record HeldState(string Pass, string Reason, long Since, string Behind)
{
    public const string Nothing = "*";

    /// <summary>Others that hold recipients of the same pair; null: none.</summary>
    public IReadOnlyList<string>? Others { get; init; }

    /// <summary>All that hold it.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Passes => [.. new[] { Pass }.Concat(Others ?? []).Where(pass => pass.Length > 0)];

    /// <summary>What was found by then; null when that was nothing, or is needed no more.</summary>
    public Dictionary<string, string>? Results { get; init; }

    /// <summary>The same of single recipients for whom something else was found; null: of none.</summary>
    public IReadOnlyList<OwnFindings>? Own { get; init; }

    /// <summary>What is unknown by then, as a pass was skipped; null: nothing is.</summary>
    public IReadOnlyList<string>? Unknown { get; init; }
}

/// <summary>What was found for some recipients of a message, where it is not the same for all.</summary>
/// <param name="Recipients">Their addresses (Latin-1).</param>
/// <param name="Results">By name; an empty value: nothing was found for these.</param>
internal sealed record OwnFindings(IReadOnlyList<string> Recipients, IReadOnlyDictionary<string, string> Results);

/// <summary>How a message is remembered once nothing is left to do for it.</summary>
internal enum Remembered
{
    /// <summary>By its whole record: what became of a recipient may still matter (held, a release).</summary>
    Whole,

    /// <summary>By a row of its day: its recipients all came at once.</summary>
    AsMessage,

    /// <summary>By a row a recipient: they may come one by one.</summary>
    ByRecipient,
}

/// <summary>What is known of one (intake, message id).</summary>
internal sealed record LedgerEntry
{
    /// <summary>Path of the intake.</summary>
    public required string Intake { get; init; }

    public required string Id { get; init; }

    /// <summary>Tells two messages that wear the same id apart: see the fingerprint of Engine/Commit.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Digest of all addresses its -H names, where they all come at once; tells a message with a new recipient from a repetition.</summary>
    public string Addressed { get; init; } = "";

    /// <summary>What stays of it when it is finished.</summary>
    public Remembered Remembered { get; init; }

    /// <summary>The -H file that was judged last: see Engine/Intakes/ReturnedPair.</summary>
    public string Judged { get; init; } = "";

    /// <summary>Unix milliseconds of the first time this message was worked on.</summary>
    public long FirstSeen { get; init; }

    /// <summary>Unix milliseconds of the last decision.</summary>
    public long Decided { get; init; }

    /// <summary>What the passes found at that decision, by name; null when they found nothing.</summary>
    public Dictionary<string, string>? Found { get; init; }

    /// <summary>The same for single recipients for whom something else was found; null: for none.</summary>
    public IReadOnlyList<OwnFindings>? FoundFor { get; init; }

    /// <summary>Results that passes which were skipped at that decision would have found: unknown, which is not unset. Null: none.</summary>
    public IReadOnlyList<string>? Unknown { get; init; }

    /// <summary>The passes that ran for that decision, in their order; null when none did.</summary>
    public IReadOnlyList<PassNote>? Ran { get; init; }

    /// <summary>Failures of the message itself so far.</summary>
    public int Failures { get; init; }

    /// <summary>The last failure.</summary>
    public string LastFailure { get; init; } = "";

    /// <summary>Times a pass deferred it or a service was down: feeds the back-off, is not held against the message.</summary>
    public int Deferrals { get; init; }

    /// <summary>When it came to passes that were closed then, by pass, Unix milliseconds; null: to none.</summary>
    public Dictionary<string, long>? CameTo { get; init; }

    /// <summary>Milliseconds it has waited for the hours of passes: they make it no older.</summary>
    public long Waited { get; init; }

    /// <summary>With what it has waited as planned until now: to be called when that wait is over, for whatever reason.</summary>
    public LedgerEntry WithWait(long now) => Deferred is { IsPlanned: true } planned ? this with { Waited = Waited + Math.Max(0, Math.Min(now, planned.Next) - planned.Since) } : this;

    /// <summary>Since when it counts as waiting, Unix milliseconds: its first time, but for what it waited as planned.</summary>
    [JsonIgnore]
    public long Aging => FirstSeen + Waited;

    /// <summary>Delays the sender has been told of, or not on purpose: none of them is told again.</summary>
    public int Warnings { get; init; }

    /// <summary>Recipients that are settled: address (Latin-1) to what became of it ("requeued 1x…", "held 1x…", "discarded",
    /// "bounced 1x…" with the id of the notification).</summary>
    public Dictionary<string, string> Done { get; init; } = [];

    /// <summary>Addresses that rules gave a copy, by one of its attempts, and which its -H may not name; null: none. What became of them is in <see cref="Done"/>.</summary>
    public IReadOnlyList<string>? Copies { get; init; }

    /// <summary>Pairs whose commit was decided with this record and is not known to be finished.</summary>
    public IReadOnlyList<StagedName> Staged { get; init; } = [];

    public Deferral? Deferred { get; init; }

    /// <summary>Set where the pair is one in <c>held/</c>, also when it is gone.</summary>
    public HeldState? Held { get; init; }

    /// <summary>When it may be forgotten, Unix milliseconds; 0 while the message is still ours to work on.</summary>
    public long Expires { get; init; }

    /// <summary>A message the worker still has something to do for: it is found again without reading the whole ledger.</summary>
    [JsonIgnore]
    public bool IsOpen => !IsSettled;

    /// <summary>Nothing is left to do, and what was done is known to be finished.</summary>
    [JsonIgnore]
    public bool IsSettled => Expires > 0 && Staged.Count == 0;

    /// <summary>The rows this record was made of; null for one that is kept whole.</summary>
    [JsonIgnore]
    public FinishedMessage? Rows { get; init; }

    // With the record they are the bytes of: a copy made by `with` has them too, and is another record.
    // A class: records compare their fields, and this one leads back to the record.
    private StoredBytes? _stored;

    /// <summary>Notes the bytes it was stored as.</summary>
    public void HasBeenStored(byte[] bytes) => _stored = new StoredBytes(this, bytes);

    /// <summary>True when these bytes are known to be this record, without their being read.</summary>
    public bool IsStoredAs(ReadOnlySpan<byte> bytes) => ReferenceEquals(_stored?.Record, this) && bytes.SequenceEqual(_stored!.Bytes);

    /// <summary>What became of a recipient; null while it is open.</summary>
    public string? FateOf(string address) => Done.GetValueOrDefault(address) ?? (Rows?.HasSettled(address) == true ? FinishedMessage.Settled : null);

    /// <summary>In the order in which it happened, for people: by the time of the first look, what is held behind what it came of. Keys have hashes of paths in them, and their order tells nothing.</summary>
    public static IReadOnlyList<LedgerEntry> InOrder(IEnumerable<LedgerEntry> entries) =>
        [.. entries.OrderBy(e => e.FirstSeen).ThenBy(e => e.Held is not null).ThenBy(e => e.Decided).ThenBy(e => e.Intake, StringComparer.Ordinal).ThenBy(e => e.Id, StringComparer.Ordinal)];

    /// <summary>Several looks at the same messages as one record each, in order: what is said later counts, and what became of a recipient goes before that it is settled.</summary>
    public static IReadOnlyList<LedgerEntry> Merge(IReadOnlyList<LedgerEntry> entries) =>
        InOrder(entries.GroupBy(e => (e.Intake, e.Id)).Select(group => group.Aggregate((older, newer) => newer with
        {
            FirstSeen = older.FirstSeen > 0 && newer.FirstSeen > 0 ? Math.Min(older.FirstSeen, newer.FirstSeen) : Math.Max(older.FirstSeen, newer.FirstSeen),
            Done = older.Done.Concat(newer.Done.Where(d => d.Value != FinishedMessage.Settled || !older.Done.ContainsKey(d.Key))).GroupBy(d => d.Key).ToDictionary(d => d.Key, d => d.Last().Value),
            Rows = newer.Rows ?? older.Rows,
        })));

    public static string Text(ReadOnlySpan<byte> address) => Encoding.Latin1.GetString(address);

    private sealed class StoredBytes(LedgerEntry record, byte[] bytes)
    {
        public LedgerEntry Record => record;

        public byte[] Bytes => bytes;
    }
}

/// <summary>The record's bytes.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(LedgerEntry))]
[JsonSerializable(typeof(string))]
internal sealed partial class LedgerJson : JsonSerializerContext
{
    public static byte[] Write(LedgerEntry entry) => JsonSerializer.SerializeToUtf8Bytes(entry, Default.LedgerEntry);

    public static LedgerEntry Read(ReadOnlySpan<byte> bytes) =>
        JsonSerializer.Deserialize(bytes, Default.LedgerEntry) ?? throw new InvalidDataException("ledger record is null");
}
