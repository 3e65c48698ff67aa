// Whether a pair has come back out of the target: queuefile writes into an intake of a worker whose target is that same
// Exim's spool, so its queue runner hands over again what was requeued there. Under the same id this looks like one of
// queuefile's repetitions, and who removes it as one loses the mail: it is held instead, with the reason.
//
// The very -H that was judged is never such a pair: a crash between commit and removal leaves it, beside a -D that we
// linked into the target ourselves. Else it has come back when a file of it is, device and inode, the target's (queuefile
// links on one file system). Copies, on two file systems, have come back when the target still holds the id with the same
// header lines: a true repetition has the sender's, and the target those that our passes wrote. Where nothing was written
// the two cannot be told apart, and neither is removed.
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>Pairs that come out of the target.</summary>
internal static class ReturnedPair
{
    /// <summary>Names the file that a -H is, also where an inode number is soon used again: what <see cref="LedgerEntry.Judged"/> keeps.</summary>
    public static string Identity(in FileStatus header) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{header.Inode:x}.{header.Born:x}.{header.Modified.Ticks:x}");

    /// <summary>Why it is held; null for any other pair.</summary>
    /// <param name="pair">The claimed pair.</param>
    /// <param name="header">Its -H.</param>
    /// <param name="kind">Kind of its intake.</param>
    /// <param name="known">The ledger's record of (intake, id), if there is one.</param>
    /// <param name="target">The target.</param>
    public static string? Reason(SpoolPair pair, HeaderFile header, IntakeKind kind, LedgerEntry known, SpoolDirectory target)
    {
        // A record of an older version does not say what was judged.
        if (known.Judged == Identity(pair.HeaderStatus) || (known.Judged.Length == 0 && known.Done.Count > 0)) return null;
        var isLinked = pair.DataStatus.Links > 1 || pair.HeaderStatus.Links > 1;
        if (!isLinked && kind != IntakeKind.Queuefile) return null;
        using var folder = target.OpenFolderWith(pair.Id, 'H');
        if (folder is null) return null;
        if (isLinked) return folder.Leads(pair.Id.BodyName, pair.DataStatus) || folder.Leads(pair.Id.HeaderName, pair.HeaderStatus) ? Told(folder, "its files are the target's own") : null;
        // On one file system queuefile would have linked.
        if (folder.TryStatus(pair.Id.BodyName, out var body) != 0 || body.Device == pair.DataStatus.Device) return null;
        return HasSameLines(folder, pair.Id, header) ? Told(folder, "the target holds the same message while it is handed over") : null;
    }

    private static bool HasSameLines(SpoolFolder folder, MessageId id, HeaderFile header) =>
        SpoolPair.ReadBounded(folder, id.HeaderName, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out _) == ClaimResult.Claimed
        && HeaderFileReader.TryRead(bytes, id, out var theirs, out _)
        && theirs.Headers.Select(h => h.Text).SequenceEqual(header.Headers.Select(h => h.Text), LineComparer.Instance);

    private static string Told(SpoolFolder folder, string how) =>
        $"came back out of the target ({folder.Path}): {how}, so the Exim that hands over by queuefile is the one that is handed to. Give the target a spool of its own (spoolworker exim-config queuefile), then release it";

    private sealed class LineComparer : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static readonly LineComparer Instance = new();

        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> line) => line.Length;
    }
}
