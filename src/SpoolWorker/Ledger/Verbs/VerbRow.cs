// What an operator asked for, as the ledger keeps it: written by a command, executed by the message processor under the message's lock, and moved to
// the audit in the transaction that commits what came of it. So the row is the order, its own proof, and the audit in one. Kept as JSON, as records are:
// addresses are bytes, and each byte stands as one character (Latin-1).
using System.Text.Json;
using System.Text.Json.Serialization;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Ledger.Verbs;

/// <summary>What is to be done with a message.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VerbKind>))]
internal enum VerbKind
{
    /// <summary>Judge it again, now.</summary>
    Retry,

    /// <summary>Put it aside.</summary>
    Hold,

    /// <summary>Let it go.</summary>
    Release,

    /// <summary>Return it to its sender.</summary>
    Bounce,

    /// <summary>Throw it away.</summary>
    Delete,

    /// <summary>Let it go to another address.</summary>
    Redirect,

    /// <summary>Hold what comes and fits a condition. In the audit only, and of no message.</summary>
    HoldNew,

    /// <summary>Do so no more. Likewise.</summary>
    HoldEnd,

    /// <summary>Of no message: worker, intake or pass is paused.</summary>
    Pause,

    /// <summary>Of no message: the end of a pause, or of a drain.</summary>
    Resume,

    /// <summary>Of no message: the worker takes no more.</summary>
    Drain,

    /// <summary>Of no message: a pass is skipped.</summary>
    Skip,

    /// <summary>Of no message: a pass is skipped no more.</summary>
    Unskip,
}

/// <summary>What came of it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VerbResult>))]
internal enum VerbResult
{
    /// <summary>It waits for the message processor.</summary>
    Waiting,

    /// <summary>Done.</summary>
    Done,

    /// <summary>Not done: the message, or the recipient, is not there any more.</summary>
    NotThere,

    /// <summary>Not done: not possible now.</summary>
    NotNow,

    /// <summary>Not done: the message cannot be read.</summary>
    Unreadable,

    /// <summary>Not done: it makes no sense for this message.</summary>
    Refused,

    /// <summary>Not done: whose process works on it may not touch its files.</summary>
    NotPermitted,
}

/// <summary>One verb for one message of one intake.</summary>
internal sealed record VerbRow
{
    /// <summary>In the order of their writing; 0 for one that is not written yet.</summary>
    public long Number { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required VerbKind Verb { get; init; }

    /// <summary>The directory the message lies in: an intake, or <c>held/</c>.</summary>
    public required string Intake { get; init; }

    /// <summary>The message; empty for what is about none.</summary>
    public required string Id { get; init; }

    /// <summary>Whom it is for; none: all that are still to be served.</summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>Redirect: the address that is to have it.</summary>
    public string Address { get; init; } = "";

    /// <summary>Also where the message waits in an intake and no pass has deferred it.</summary>
    public bool AlsoWaiting { get; init; }

    /// <summary>Release, redirect: no pass is asked.</summary>
    public bool AsIs { get; init; }

    /// <summary>Release: the file the message was taken from into <c>held/</c>; empty: it was there.</summary>
    public string File { get; init; } = "";

    /// <summary>Retry of what is held: the pass it is judged from; empty: the first.</summary>
    public string From { get; init; } = "";

    /// <summary>The -H it is for, as Engine/Intakes/ReturnedPair names files: another one that came under the id since is left alone. Empty: whichever lies there.</summary>
    public string Pair { get; init; } = "";

    /// <summary>The standing hold this comes of, or is about; 0: an operator asked for this very message.</summary>
    public long Standing { get; init; }

    /// <summary>Who asked.</summary>
    public string Actor { get; init; } = "";

    /// <summary>The number of that user.</summary>
    public uint Uid { get; init; }

    /// <summary>Why, in the operator's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>When, Unix milliseconds.</summary>
    public long Time { get; init; }

    /// <summary>How often the worker died while it was at it.</summary>
    public int Deaths { get; init; }

    public VerbResult Result { get; init; }

    /// <summary>What came of it, for people.</summary>
    public string Told { get; init; } = "";

    /// <summary>When that was, Unix milliseconds; 0 while it waits.</summary>
    public long Executed { get; init; }

    /// <summary>The recipients it was done for.</summary>
    public IReadOnlyList<string> Served { get; init; } = [];

    /// <summary>The id the message went on under; empty when it did not.</summary>
    public string NewId { get; init; } = "";

    /// <summary>The row that goes on with those who are left, as other header lines are asked for them; 0: none does.</summary>
    public long Next { get; init; }

    /// <summary>It goes on for another, and has its turn before what was asked for since.</summary>
    public bool GoesOn { get; init; }

    /// <summary>Those who are left for that row, which is written when this one is executed. Not kept.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Rest { get; init; } = [];

    /// <summary>Delete: the envelope sender.</summary>
    public string? Sender { get; init; }

    /// <summary>Delete: the header lines, as many as are kept.</summary>
    public string? Headers { get; init; }

    /// <summary>Which the operator reads in reasons, as in "released by root".</summary>
    [JsonIgnore]
    public string By => $"{VerbWords.Past(Verb)} by {(Actor.Length > 0 ? Actor : "an operator")}{(Standing > 0 ? $" (standing hold {Standing})" : "")}{(Reason.Length > 0 ? $": {Reason}" : "")}";

    /// <summary>The same order, as it waits.</summary>
    public VerbRow AsOrdered() => this with { Result = VerbResult.Waiting, Told = "", Executed = 0, Served = [], NewId = "", Next = 0, Rest = [], Sender = null, Headers = null };
}

/// <summary>Words of verbs.</summary>
internal static class VerbWords
{
    /// <summary>As a command is called.</summary>
    public static string Of(VerbKind verb) => verb switch
    {
        VerbKind.Retry => "retry",
        VerbKind.Hold => "hold",
        VerbKind.Release => "release",
        VerbKind.Bounce => "bounce",
        VerbKind.Delete => "delete",
        VerbKind.Redirect => "redirect",
        VerbKind.HoldNew => "hold-new",
        VerbKind.HoldEnd => "hold-end",
        VerbKind.Pause => "pause",
        VerbKind.Resume => "resume",
        VerbKind.Drain => "drain",
        VerbKind.Skip => "skip",
        VerbKind.Unskip => "unskip",
        _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, "not a verb"),
    };

    /// <summary>As it is told of.</summary>
    public static string Past(VerbKind verb) => verb switch
    {
        VerbKind.Retry => "retried",
        VerbKind.Hold => "held",
        VerbKind.Release => "released",
        VerbKind.Bounce => "bounced",
        VerbKind.Delete => "deleted",
        VerbKind.Redirect => "redirected",
        VerbKind.HoldNew => "made",
        VerbKind.HoldEnd => "ended",
        VerbKind.Pause => "paused",
        VerbKind.Resume => "resumed",
        VerbKind.Drain => "drained",
        VerbKind.Skip => "skipped",
        VerbKind.Unskip => "skipped no more",
        _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, "not a verb"),
    };
}

/// <summary>The row's bytes.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(VerbRow))]
internal sealed partial class VerbJson : JsonSerializerContext
{
    public static byte[] Write(VerbRow row) => JsonSerializer.SerializeToUtf8Bytes(row, Default.VerbRow);

    /// <summary>Null for what cannot be read.</summary>
    public static VerbRow? TryRead(ReadOnlySpan<byte> bytes) => JsonRow.TryRead(bytes, Default.VerbRow);

    /// <summary>When one was executed that cannot be read otherwise; null where it does not tell.</summary>
    public static long? ExecutedOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            using var row = JsonDocument.ParseValue(ref reader);
            return row.RootElement.ValueKind == JsonValueKind.Object && row.RootElement.TryGetProperty(nameof(Verbs.VerbRow.Executed), out var executed)
                && executed.ValueKind == JsonValueKind.Number && executed.TryGetInt64(out var time) ? time : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
