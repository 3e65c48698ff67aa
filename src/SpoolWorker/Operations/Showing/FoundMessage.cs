// One message as `show` sees it: the files that are there, what -H says, who is done and who says so. Reads only; takes no
// lock (it asks whether there is one). Nothing in it throws for what a file holds.
using SpoolWorker.Engine.Chain;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Showing;

/// <summary>Who says that a recipient is served.</summary>
internal enum ServedSource
{
    /// <summary>Nobody.</summary>
    None,

    /// <summary>The tree of non-recipients in -H.</summary>
    NonRecipients,

    /// <summary>-J.</summary>
    Journal,

    /// <summary>The worker's ledger.</summary>
    Ledger,
}

/// <summary>A recipient and its state.</summary>
/// <param name="Recipient">As in -H.</param>
/// <param name="Source">Who says that it is served.</param>
/// <param name="Outcome">As what, when the ledger says so.</param>
internal sealed record FoundRecipient(Recipient Recipient, ServedSource Source, string? Outcome = null);

/// <summary>Everything that is known of a message.</summary>
internal sealed record FoundMessage
{
    /// <summary>Where it was found: intake, target, held, corrupt, file.</summary>
    public required string Place { get; init; }

    public required string HeaderPath { get; init; }

    public byte[] HeaderBytes { get; init; } = [];

    /// <summary>Null when -H cannot be read: see <see cref="Error"/>.</summary>
    public HeaderFile? Header { get; init; }

    public SpoolParseError? Error { get; init; }

    public IReadOnlyList<FoundRecipient> Recipients { get; init; } = [];

    public string BodyPath { get; init; } = "";

    /// <summary>Bytes of the body; -1 when there is no -D.</summary>
    public long BodySize { get; init; } = -1;

    /// <summary>What is wrong with -D, or empty.</summary>
    public string BodyFault { get; init; } = "";

    /// <summary>Whether a process holds its lock; null when that cannot be told.</summary>
    public bool? IsLocked { get; init; }

    /// <summary>The number of that process; 0 when it is not known.</summary>
    public int LockedBy { get; init; }

    public IReadOnlyList<LedgerEntry> Ledger { get; init; } = [];

    /// <summary>Text of the .reason file beside it.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Reads a message by the path of its -H.</summary>
    public static FoundMessage Read(string place, string headerPath, IReadOnlyList<LedgerEntry> records)
    {
        var folder = Path.GetDirectoryName(headerPath)!;
        var name = Path.GetFileName(headerPath);
        var stem = name.EndsWith("-H", StringComparison.Ordinal) ? name[..^2] : name;
        var view = new FoundMessage { Place = place, HeaderPath = headerPath, Reason = ReadText($"{folder}/{stem}.reason") };
        // corrupt/ names files <id>.<n>; a file of another name is shown for what it says of itself.
        var dot = stem.IndexOf('.', StringComparison.Ordinal);
        if (!MessageId.TryParse(stem.AsSpan(0, dot < 0 ? stem.Length : dot), out var id)) id = default;
        var read = SpoolPair.ReadBounded(headerPath, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out var error);
        if (read == ClaimResult.Gone) error = new SpoolParseError(SpoolParseErrorKind.HeaderMissing, 0, $"{name} is missing");
        if (read != ClaimResult.Claimed) return view with { Error = error };
        view = view with { HeaderBytes = bytes! };
        if (!HeaderFileReader.TryReadRebuilding(bytes, id, out var header, out _, out error)) return view with { Error = error };
        return view.WithBody($"{folder}/{stem}-D", header.Id) with { Header = header, Ledger = records, Recipients = StatesOf(place, header, $"{folder}/{stem}-J", records) };
    }

    private FoundMessage WithBody(string path, MessageId id)
    {
        var opened = Posix.TryOpen(path, Posix.O_RDONLY, 0, out var data);
        if (opened != 0) return this with { BodyPath = path, BodyFault = opened == Errno.ENOENT ? "missing" : opened == Errno.ELOOP ? "is a symbolic link" : "cannot be opened" };
        using (data)
        {
            var status = Posix.Status(data!, path);
            if (!status.IsRegular) return this with { BodyPath = path, BodyFault = "is not a regular file" };
            var start = new byte[id.BodyOffset];
            var got = RandomAccess.Read(data!, start, 0);
            // Only asked, never taken: closing this handle drops no lock of another process.
            var locked = Posix.IsLocked(data!, id.BodyOffset, out var process);
            return this with
            {
                BodyPath = path,
                BodySize = Math.Max(0, status.Size - id.BodyOffset),
                BodyFault = BodyForm.StartsWithNameLine(start.AsSpan(0, got), id) ? "" : "does not start with its name line",
                IsLocked = locked,
                LockedBy = locked ? process : 0,
            };
        }
    }

    private static List<FoundRecipient> StatesOf(string place, HeaderFile header, string journalPath, IReadOnlyList<LedgerEntry> records)
    {
        var journal = SpoolPair.ReadBounded(journalPath, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out _) == ClaimResult.Claimed
            ? Journal.Read(bytes!).Select(a => LedgerEntry.Text(a.Span)).ToHashSet() : [];
        var states = new List<FoundRecipient>();
        // A copy of an earlier attempt is not in the -H that came.
        foreach (var recipient in Copies.AddTo(header, [.. records.SelectMany(r => r.Copies ?? []).Distinct()]).Recipients)
        {
            var address = LedgerEntry.Text(recipient.Address.Span);
            // What became of it last: what its intake held is released since.
            var settled = records.Select(e => e.FateOf(address)).LastOrDefault(s => s is not null);
            // In held/ the record of the intake says only that it is there.
            if (place == "held" && settled?.StartsWith(LedgerFormat.Held, StringComparison.Ordinal) == true) settled = null;
            states.Add(header.NonRecipients.Contains(recipient.Address.Span) ? new(recipient, ServedSource.NonRecipients) : journal.Contains(address) ? new(recipient, ServedSource.Journal)
                : settled is not null ? new(recipient, ServedSource.Ledger, settled) : new(recipient, ServedSource.None));
        }
        return states;
    }

    private static string ReadText(string path)
    {
        // A line a recipient: as large as the -H that names them may be.
        return SpoolPair.ReadBounded(path, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out _) == ClaimResult.Claimed ? System.Text.Encoding.UTF8.GetString(bytes!).TrimEnd() : "";
    }
}
