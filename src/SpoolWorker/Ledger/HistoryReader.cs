// Finds finished messages in the files of their history, by reading through those they can be in: an id says when it was made, and a file ends
// where the next one begins. A line that cannot be read (the end a power cut left, a stranger's) is passed over, and so is a
// file that cannot be: the history promises nothing.
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>Reads histories.</summary>
internal sealed class HistoryReader(string directory)
{
    private const int Block = 1 << 20;

    /// <summary>A longer one is of no message: an -H has fewer recipients.</summary>
    private const int LongestLine = 64 << 20;

    /// <summary>Clocks may differ.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromDays(1);

    /// <summary>Of a message id, whatever the intake, the oldest first.</summary>
    public IReadOnlyList<LedgerEntry> FindAll(MessageId id)
    {
        var text = id.ToString();
        var since = DateTime.UnixEpoch.AddSeconds(id.Seconds) - Slack;
        return [.. Find(WholeRecords.AsStored(text), since, int.MaxValue).Where(e => e.Id == text)];
    }

    /// <summary>Whose line holds some bytes, at most so many.</summary>
    public IReadOnlyList<LedgerEntry> FindText(byte[] wanted, int most) => Find(wanted, DateTime.MinValue, most);

    private List<LedgerEntry> Find(byte[] wanted, DateTime since, int most)
    {
        var found = new List<LedgerEntry>();
        var files = HistoryFiles.Names(directory);
        for (var i = 0; i < files.Count && found.Count < most; i++)
        {
            if (i + 1 < files.Count && HistoryFiles.Begun(files[i + 1]) is { } end && end < since) continue;
            try
            {
                Read(files[i], wanted, most, found);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone meanwhile, or not to be read.
            }
        }
        return found;
    }

    // Blocks of whole lines; only what holds the bytes is looked at more closely.
    private static void Read(string path, byte[] wanted, int most, List<LedgerEntry> found)
    {
        using var handle = Posix.Open(path, Posix.O_RDONLY);
        var buffer = new byte[Block];
        var (at, kept) = (0L, 0);
        while (found.Count < most)
        {
            var read = RandomAccess.Read(handle, buffer.AsSpan(kept), at);
            if (read == 0) return;
            at += read;
            var filled = kept + read;
            var end = buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
            Lines(buffer.AsSpan(0, end), wanted, most, found);
            kept = filled - end;
            buffer.AsSpan(end, kept).CopyTo(buffer);
            if (kept < buffer.Length) continue;
            if (buffer.Length >= LongestLine) return;
            Array.Resize(ref buffer, 2 * buffer.Length);
        }
    }

    private static void Lines(ReadOnlySpan<byte> lines, byte[] wanted, int most, List<LedgerEntry> found)
    {
        while (found.Count < most && lines.IndexOf(wanted) is var hit and >= 0)
        {
            var start = lines[..hit].LastIndexOf((byte)'\n') + 1;
            var end = hit + lines[hit..].IndexOf((byte)'\n');
            if (WholeRecords.TryParse([], lines[start..end]) is { } entry) found.Add(entry);
            lines = lines[(end + 1)..];
        }
    }
}
