// One message as `show` sees it: the files that are there, what -H says, who is done and who says so. Reads only; takes no
// lock (it asks whether there is one). Nothing in it throws for what a file holds.
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Showing;

/// <summary>A recipient and its state.</summary>
/// <param name="Recipient">As in -H.</param>
/// <param name="State">pending, done (non-recipients), done (journal), or what the ledger says.</param>
internal sealed record ShownRecipient(Recipient Recipient, string State)
{
    public bool IsPending => State == "pending";
}

/// <summary>Everything that is known of a message.</summary>
internal sealed record MessageView
{
    /// <summary>Where it was found: intake, target, held, corrupt, file.</summary>
    public required string Place { get; init; }

    public required string HeaderPath { get; init; }

    public byte[] HeaderBytes { get; init; } = [];

    /// <summary>Null when -H cannot be read: see <see cref="Error"/>.</summary>
    public HeaderFile? Header { get; init; }

    public SpoolParseError? Error { get; init; }

    public IReadOnlyList<ShownRecipient> Recipients { get; init; } = [];

    public string BodyPath { get; init; } = "";

    /// <summary>Bytes of the body; -1 when there is no -D.</summary>
    public long BodySize { get; init; } = -1;

    /// <summary>What is wrong with -D, or empty.</summary>
    public string BodyFault { get; init; } = "";

    /// <summary>no, yes, or yes with the process that holds it.</summary>
    public string Locked { get; init; } = "unknown";

    public IReadOnlyList<LedgerEntry> Ledger { get; init; } = [];

    /// <summary>Text of the .reason file beside it.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Reads a message by the path of its -H.</summary>
    public static MessageView Read(string place, string headerPath, Func<MessageId, IReadOnlyList<LedgerEntry>> ledger)
    {
        var folder = Path.GetDirectoryName(headerPath)!;
        var name = Path.GetFileName(headerPath);
        var stem = name.EndsWith("-H", StringComparison.Ordinal) ? name[..^2] : name;
        var view = new MessageView { Place = place, HeaderPath = headerPath, Reason = ReadText($"{folder}/{stem}.reason") };
        // corrupt/ names files <id>.<n>; a file of another name is shown for what it says of itself.
        var dot = stem.IndexOf('.', StringComparison.Ordinal);
        if (!MessageId.TryParse(stem.AsSpan(0, dot < 0 ? stem.Length : dot), out var id)) id = default;
        var read = SpoolPair.ReadBounded(headerPath, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out var error);
        if (read == ClaimResult.Gone) error = new SpoolParseError(SpoolParseErrorKind.HeaderMissing, 0, $"{name} is missing");
        if (read != ClaimResult.Claimed) return view with { Error = error };
        view = view with { HeaderBytes = bytes! };
        if (!HeaderFileReader.TryReadRebuilding(bytes, id, out var header, out _, out error)) return view with { Error = error };
        var entries = ledger(header.Id);
        return view.WithBody($"{folder}/{stem}-D", header.Id) with { Header = header, Ledger = entries, Recipients = StatesOf(header, $"{folder}/{stem}-J", entries) };
    }

    private MessageView WithBody(string path, MessageId id)
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
                Locked = !locked ? "no" : process > 0 ? $"yes, by process {process}" : "yes",
            };
        }
    }

    private static List<ShownRecipient> StatesOf(HeaderFile header, string journalPath, IReadOnlyList<LedgerEntry> ledger)
    {
        var journal = SpoolPair.ReadBounded(journalPath, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out _) == ClaimResult.Claimed
            ? Journal.Read(bytes!).Select(a => LedgerEntry.Text(a.Span)).ToHashSet() : [];
        var states = new List<ShownRecipient>();
        foreach (var recipient in header.Recipients)
        {
            var address = LedgerEntry.Text(recipient.Address.Span);
            var settled = ledger.Select(e => e.Done.GetValueOrDefault(address)).FirstOrDefault(s => s is not null);
            states.Add(new ShownRecipient(recipient, header.NonRecipients.Contains(recipient.Address.Span) ? "done (non-recipients)"
                : journal.Contains(address) ? "done (journal)" : settled is not null ? $"settled: {settled}" : "pending"));
        }
        return states;
    }

    private static string ReadText(string path)
    {
        const int MostReason = 16 * 1024;
        return SpoolPair.ReadBounded(path, MostReason, out var bytes, out _, out _) == ClaimResult.Claimed ? System.Text.Encoding.UTF8.GetString(bytes!).TrimEnd() : "";
    }
}
