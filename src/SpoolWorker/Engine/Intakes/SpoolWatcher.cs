// Hints that something came, so that an idle worker takes a message within a millisecond. Only hints: inotify drops events
// when its queue is full, a directory may appear later than we do, and NFS tells nothing. The scan is the truth.
// Watched are the intakes with their split subdirectories; and, for what is not there yet or may be made anew, the nearest
// directory above it, so that an Exim's first message and a directory removed and made anew are noticed at once.
using Microsoft.Extensions.Logging;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>A name that is waited for beside the intakes.</summary>
/// <param name="Folder">The directory.</param>
/// <param name="Name">The name.</param>
/// <param name="Seen">Called by the reader's thread when it appears; must be quick.</param>
internal sealed record WatchedSign(string Folder, string Name, Action Seen);

/// <summary>Watches the intakes for new names. Any thread may refresh it.</summary>
internal sealed class SpoolWatcher(IntakeSet intakes, Func<MessageKey, bool> hint, WatchedSign sign, ILogger<SpoolWatcher> log) : IDisposable
{
    // Exim's split_spool_directory: the sixth character of an id.
    private const string Subdirectories = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private readonly Lock _lock = new();
    private Dictionary<int, Watched> _watches = [];
    private Inotify? _inotify;
    private string _lastFailure = "";
    private bool _isDisposed;

    // A directory may be an intake and lie above another one.
    private sealed class Watched
    {
        public Intake? Intake { get; set; }

        public bool IsSubdirectory { get; set; }

        public bool HasSign { get; set; }

        /// <summary>Names of directories that are waited for; null: any.</summary>
        public HashSet<string?> Expected { get; } = [];
    }

    /// <summary>Watches what is there now and no longer what is gone. Called at start, with every scan, and when a directory came or went.</summary>
    public void Refresh()
    {
        lock (_lock)
        {
            if (_isDisposed || !IsReady()) return;
            var before = _watches;
            var now = new Dictionary<int, Watched>();
            var failure = "";
            foreach (var intake in intakes.All)
            {
                if (intake.State == IntakeState.Ours)
                {
                    if (Add(now, intake.Path, true, ref failure) is { } top) top.Intake = intake;
                    AddSubdirectories(now, intake, ref failure);
                }
                ExpectFrom(now, intake.Path, ref failure);
            }
            if (Add(now, sign.Folder, true, ref failure) is { } signs) signs.HasSign = true;
            foreach (var folder in intakes.Looked)
            {
                if (Add(now, folder, true, ref failure) is { } above) above.Expected.Add(null);
                else ExpectFrom(now, folder, ref failure);
            }
            foreach (var (watch, _) in before)
            {
                if (!now.ContainsKey(watch)) _inotify!.Unwatch(watch);
            }
            _watches = now;
            if (failure.Length > 0 && failure != _lastFailure) log.NotAllWatched(failure);
            _lastFailure = failure;
        }
    }

    public void Dispose()
    {
        Inotify? inotify;
        lock (_lock)
        {
            _isDisposed = true;
            inotify = _inotify;
            _inotify = null;
        }
        // Its thread may be waiting for the lock.
        inotify?.Dispose();
    }

    private bool IsReady()
    {
        try
        {
            _inotify ??= new Inotify(Seen);
            return true;
        }
        catch (PosixException e)
        {
            if (_lastFailure != e.Message) log.NothingWatched(e.Message);
            _lastFailure = e.Message;
            return false;
        }
    }

    private Watched? Add(Dictionary<int, Watched> now, string path, bool follow, ref string failure)
    {
        var error = _inotify!.TryWatch(path, follow, out var watch);
        if (error == 0) return now.TryGetValue(watch, out var known) ? known : now[watch] = new Watched();
        const int ENOSPC = 28;
        if (error == ENOSPC) failure = "the kernel grants no more watches; raise fs.inotify.max_user_watches";
        // A subdirectory that may not be read is the scan's to tell of.
        else if (error is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP) && (follow || error != Errno.EACCES)) failure = new PosixException(error, "inotify_add_watch", path).Message;
        return null;
    }

    private void AddSubdirectories(Dictionary<int, Watched> now, Intake intake, ref string failure)
    {
        // Two names lead to a directory without subdirectories, where the file system counts them (btrfs says 1 always).
        const uint WithoutSubdirectories = 2;
        if (Posix.TryStatus(intake.Path + "/.", out var status) != 0 || status.Links == WithoutSubdirectories) return;
        foreach (var letter in Subdirectories)
        {
            if (Add(now, $"{intake.Path}/{letter}", false, ref failure) is { } folder) (folder.Intake, folder.IsSubdirectory) = (intake, true);
        }
    }

    // The nearest directory above that is there, and the name in it that leads on.
    private void ExpectFrom(Dictionary<int, Watched> now, string path, ref string failure)
    {
        for (var (above, name) = (Path.GetDirectoryName(path), Path.GetFileName(path)); above is not null; (above, name) = (Path.GetDirectoryName(above), Path.GetFileName(above)))
        {
            if (Add(now, above, true, ref failure) is not { } watched) continue;
            watched.Expected.Add(name);
            return;
        }
    }

    // By the reader's thread.
    private void Seen(InotifyEvent seen)
    {
        if (seen.What == InotifyChange.Lost)
        {
            log.EventsLost();
            return;
        }
        Watched? watched;
        lock (_lock) _watches.TryGetValue(seen.Watch, out watched);
        if (watched is null) return;
        if (watched.HasSign && seen.Name == sign.Name) sign.Seen();
        if (seen.What == InotifyChange.Left) LookAgain(null);
        else if (!seen.IsDirectory && watched.Intake is { } intake) Hint(intake, seen.Name);
        else if (seen.IsDirectory && watched is { Intake: { } split, IsSubdirectory: false } && seen.Name is [var letter] && char.IsAsciiLetterOrDigit(letter)) LookAgain(split);
        else if (seen.IsDirectory && (watched.Expected.Contains(seen.Name) || watched.Expected.Contains(null))) LookAgain(null);
    }

    // What was put into a new directory before it was watched has told nobody.
    private void LookAgain(Intake? split)
    {
        var before = intakes.Ours.ToDictionary(i => i, i => i.Generation);
        intakes.Refresh(log);
        Refresh();
        foreach (var intake in intakes.Ours.Where(i => i.Equals(split) || before.GetValueOrDefault(i) != i.Generation).ToList())
        {
            try
            {
                foreach (var id in intake.Directory.Messages([])) hint(new MessageKey(intake, id));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The scan says what is wrong with it.
            }
        }
    }

    private void Hint(Intake intake, string name)
    {
        // -H is what makes a message; queuefile's -D comes after it and makes the pair whole.
        if (MessageId.TryParseFileName(name.AsSpan(), 'H', out var id) || (intake.Kind == IntakeKind.Queuefile && MessageId.TryParseFileName(name.AsSpan(), 'D', out id)))
            hint(new MessageKey(intake, id));
    }
}
