// What became of finished messages, for `show` and `trace`: their records, a line of JSON each, appended to files of the directory
// `history` beside the ledger. Nothing is decided by it. So nothing waits for it: it is never synced, what a power cut takes of its end is lost, and what
// goes wrong with it (a full disk, a directory somebody removed) is told once and costs the lines, never a message. Plain files and not
// LMDB, which would have to be synced to be whole after a cut, and ends the process over a file that is not; an operator can grep them.
// A file is named after the time it was begun, in order; a day has its own, and more when they grow. Forgetting is unlinking the oldest: those
// whose last line is older than History:Keep, and as many as lie over History:MaxBytes, the one that is written to last.
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>Writes histories.</summary>
/// <param name="ledger">Beside which they are.</param>
/// <param name="options">How long, and how much.</param>
/// <param name="failed">Told why lines are lost; once, until it goes again.</param>
internal sealed class HistoryFiles(LedgerOptions ledger, HistoryOptions options, Action<string> failed) : IDisposable
{
    public const string Ending = ".jsonl";
    private const string NameFormat = "yyyyMMdd'T'HHmmss'.'fff";

    // So that what is forgotten at a time is a small part.
    private const int FilesOfMost = 16;

    private readonly string _directory = DirectoryOf(ledger);
    private readonly Lock _lock = new();
    private OpenHistory? _file;
    private bool _hasFailed;

    private sealed record OpenHistory(SafeFileHandle Handle, string Path, DateTime Day) : IDisposable
    {
        public long Bytes { get; set; }

        public void Dispose() => Handle.Dispose();
    }

    /// <summary>Where they are.</summary>
    public static string DirectoryOf(LedgerOptions ledger) => Path.Combine(Path.GetFullPath(ledger.Path), "history");

    /// <summary>The files, the oldest first; none when they cannot be read.</summary>
    public static IReadOnlyList<string> Names(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFiles(directory, "*" + Ending).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>When a file was begun; null when its name does not say so.</summary>
    public static DateTime? Begun(string path) =>
        DateTime.TryParseExact(Path.GetFileNameWithoutExtension(path), NameFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var begun) ? begun : null;

    /// <summary>Adds messages; throws nothing that concerns files.</summary>
    public void Add(IEnumerable<LedgerEntry> entries, DateTimeOffset now)
    {
        if (options.MaxBytes == 0) return;
        lock (_lock)
        {
            if (Guarded(() => Append(entries, now))) _hasFailed = false;
        }
    }

    /// <summary>Forgets what is too old or too much; throws nothing that concerns files.</summary>
    public void Sweep(DateTimeOffset now)
    {
        lock (_lock) Guarded(() => SweepAll(now.UtcDateTime));
    }

    public void Dispose()
    {
        lock (_lock) _file?.Dispose();
    }

    private bool Guarded(Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_hasFailed) failed(e.Message);
            _hasFailed = true;
            return false;
        }
    }

    private void Append(IEnumerable<LedgerEntry> entries, DateTimeOffset now)
    {
        var lines = new MemoryStream();
        foreach (var entry in entries)
        {
            lines.Write(LedgerJson.Write(entry));
            lines.WriteByte((byte)'\n');
        }
        if (lines.Length == 0) return;
        var file = Current(now.UtcDateTime);
        try
        {
            Posix.Write(file.Handle, lines.GetBuffer().AsSpan(0, (int)lines.Length), file.Bytes, file.Path);
        }
        catch (IOException)
        {
            // The file is kept: on a full disk empty ones can be made without end, one for each try.
            RandomAccess.SetLength(file.Handle, file.Bytes);
            throw;
        }
        file.Bytes += lines.Length;
    }

    private void SweepAll(DateTime now)
    {
        var files = Names(_directory).Where(f => Begun(f) is not null).ToList();
        var bytes = files.Select(f => new FileInfo(f).Length).ToList();
        var total = bytes.Sum();
        for (var i = 0; i + 1 < files.Count; i++)
        {
            // It ends where the next one begins.
            if (Begun(files[i + 1]) > now - options.Keep && total <= options.MaxBytes) return;
            File.Delete(files[i]);
            total -= bytes[i];
        }
    }

    private OpenHistory Current(DateTime now)
    {
        if (_file is { } file && file.Day == now.Date && file.Bytes < options.MaxBytes / FilesOfMost && Posix.Exists(file.Path)) return file;
        _file?.Dispose();
        _file = null;
        Owned.EnsureDirectory(_directory);
        var path = Path.Combine(_directory, now.ToString(NameFormat, CultureInfo.InvariantCulture) + Ending);
        using (var folder = Posix.OpenDirectory(_directory)) ShareWithLedgersGroup(folder, _directory);
        SweepAll(now);
        var handle = Owned.OpenFile(path, Posix.O_RDWR, Owned.PrivateFile);
        _file = new OpenHistory(handle, path, now.Date) { Bytes = RandomAccess.GetLength(handle) };
        // Where it fails the next lines go into this file all the same, rather than each into a new one.
        ShareWithLedgersGroup(handle, path);
        return _file;
    }

    private void ShareWithLedgersGroup(SafeFileHandle handle, string path)
    {
        if (Posix.TryStatus(Path.GetFullPath(ledger.Path), out var above) == 0 && Posix.Status(handle, path).Gid != above.Gid) Posix.SetOwner(handle, Posix.Unchanged, above.Gid, path);
    }
}
