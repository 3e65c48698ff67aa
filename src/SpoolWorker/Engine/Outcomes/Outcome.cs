// Whatever ended one look at a message, as data: typed, so that whoever subscribes (the log, `try`, `release`, metrics) takes what
// it needs and parses no text. A message whose recipients fare differently has a fate for each. Nothing here refers to an open file.
using System.Globalization;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Outcomes;

/// <summary>What became of some recipients of a message, or of all.</summary>
/// <param name="Kind">What.</param>
/// <param name="Recipients">How many; 0 where -H was not read.</param>
/// <param name="Pass">The pass that decided so; empty: the worker itself.</param>
/// <param name="As">The id of the pair that was made for them; null: none was, or several.</param>
internal sealed record Fate(OutcomeKind Kind, int Recipients = 0, string Pass = "", MessageId? As = null);

/// <summary>A pair that was made of a message.</summary>
/// <param name="Id">Its id there.</param>
/// <param name="Folder">The directory it lies in.</param>
/// <param name="ToTarget">True: Exim's spool. False: held/.</param>
internal sealed record Placed(MessageId Id, string Folder, bool ToTarget);

/// <summary>A notification of delivery status.</summary>
/// <param name="Action">What it is about.</param>
/// <param name="IsSent">False: the sender may not be told, for the reason in the outcome's.</param>
internal readonly record struct NoticeFate(DsnAction Action, bool IsSent);

/// <summary>A message that was put aside.</summary>
/// <param name="Error">What is wrong with it.</param>
/// <param name="Folder">corrupt/.</param>
/// <param name="Name">The names of its files there, without -H, -D, -J or .reason.</param>
internal sealed record Corruption(SpoolParseError Error, string Folder, string Name);

/// <summary>How one look at a message ended.</summary>
internal sealed record Outcome
{
    /// <summary>Path of its intake.</summary>
    public required string Intake { get; init; }

    /// <summary>Its id there.</summary>
    public required MessageId Id { get; init; }

    /// <summary>At least one; with one kind for each that its recipients met, and one for each pass that decided so.</summary>
    public required IReadOnlyList<Fate> Fates { get; init; }

    /// <summary>Why, for people; may be empty.</summary>
    public string Reason { get; init; } = "";

    /// <summary>For <see cref="OutcomeKind.Left"/>: why.</summary>
    public LeftCause Cause { get; init; }

    /// <summary>For <see cref="OutcomeKind.Corrupt"/>: what, and where it is now.</summary>
    public Corruption? Corruption { get; init; }

    /// <summary>For a bug: the exception, for its stack.</summary>
    public Exception? Error { get; init; }

    /// <summary>False: as the look before this one; nobody has to be told again.</summary>
    public bool IsNews { get; init; } = true;

    /// <summary>True when nothing of the message is left to do: its pair leaves the intake.</summary>
    public bool IsSettled { get; init; }

    /// <summary>The envelope sender as it came, without angle brackets, safe to print; empty: the null sender; null: -H was not read.</summary>
    public string? Sender { get; init; }

    /// <summary>Recipients that were worked on.</summary>
    public int Recipients { get; init; }

    /// <summary>Bytes of -H and -D as they came.</summary>
    public long Size { get; init; }

    /// <summary>Unix time of reception in seconds, as -H has it; null: not read.</summary>
    public long? Received { get; init; }

    /// <summary>How its TLS session came about; null without TLS, or where -H was not read.</summary>
    public TlsResumption? Resumption { get; init; }

    /// <summary>What the passes found, by name.</summary>
    public IReadOnlyDictionary<string, string> Results { get; init; } = new Dictionary<string, string>();

    /// <summary>The results in short, each with a blank before it, as in " spf=pass dkim=pass"; empty when there are none.</summary>
    public string ResultsInShort { get; init; } = "";

    /// <summary>The passes that ran, in their order.</summary>
    public IReadOnlyList<PassRun> Runs { get; init; } = [];

    /// <summary>The pairs that were made of it, notifications among them.</summary>
    public IReadOnlyList<Placed> Placed { get; init; } = [];

    /// <summary>Notifications that were sent with it, or suppressed.</summary>
    public IReadOnlyList<NoticeFate> Notices { get; init; } = [];

    /// <summary>Whether administrators were told of its being held (<c>Notices</c>), or only count it; null: it was none of that.</summary>
    public bool? AdminsTold { get; init; }

    /// <summary>Recipients that are settled with it, or were before, as the ledger has them.</summary>
    public IReadOnlyCollection<string> Settled { get; init; } = [];

    /// <summary>From its being queued to a worker's beginning with it.</summary>
    public TimeSpan InQueue { get; init; }

    /// <summary>From that to its end.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>From its reception by Exim to its end; null: -H was not read.</summary>
    public TimeSpan? SinceArrival { get; init; }

    /// <summary>Words of its fates, joined by '+' when recipients fared differently: requeued, held as ID, deferred, …</summary>
    public string Text => string.Join('+', Fates.Select(Word).Distinct());

    /// <summary>The passes that decided, joined by '+'; empty: none did.</summary>
    public string Passes => string.Join('+', Fates.Select(f => f.Pass).Where(p => p.Length > 0).Distinct());

    /// <summary>The id under which it went on to Exim; null when it did not.</summary>
    public MessageId? NewId => Fates.FirstOrDefault(f => f.Kind == OutcomeKind.Requeued)?.As;

    public bool Is(OutcomeKind kind) => Fates.Any(f => f.Kind == kind);

    /// <summary>Put aside.</summary>
    public static Outcome Of(string intake, MessageId id, Corruption corruption) => new()
    {
        Intake = intake,
        Id = id,
        Fates = [new Fate(OutcomeKind.Corrupt)],
        Reason = string.Create(CultureInfo.InvariantCulture, $"{corruption.Error.Reason} ({corruption.Error.Kind.Token()} at offset {corruption.Error.Offset}); moved to {corruption.Folder}/{corruption.Name}-*"),
        Corruption = corruption,
        IsSettled = true,
    };

    /// <summary>With what -H says of the message.</summary>
    public Outcome About(HeaderFile header, long size) =>
        this with { Sender = TypedAddress.Shown(header.Sender.Span), Recipients = header.Recipients.Length, Size = size, Received = header.ReceivedTime, Resumption = header.Resumption };

    /// <summary>What it would have been had its commit not been undone.</summary>
    public Outcome Undone(string reason) => this with
    {
        Fates = [new Fate(OutcomeKind.Undone, Recipients)],
        Reason = reason,
        IsSettled = false,
        Placed = [],
        Notices = [],
        AdminsTold = null,
        Settled = [],
    };

    private string Word(Fate fate)
    {
        var word = OutcomeWords.Of(fate.Kind);
        return fate.As is { } other && other != Id ? $"{word} as {other}" : word;
    }
}
