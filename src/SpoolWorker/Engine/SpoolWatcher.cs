// Hints that something came, so that an idle worker takes a message within milliseconds. Only hints: inotify drops events
// when its queue is full, a directory may appear later than we do, and NFS tells nothing. The scan is the truth.
using Microsoft.Extensions.Logging;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Watches the intakes for new names.</summary>
internal sealed class SpoolWatcher(IReadOnlyList<Intake> intakes, Func<MessageKey, bool> hint, ILogger<SpoolWatcher> log) : IDisposable
{
    // A burst of a thousand messages is some 50 kB of events; the kernel's own queue is far larger than this one.
    private const int BufferBytes = 64 * 1024;
    private readonly Dictionary<Intake, FileSystemWatcher> _watchers = [];

    /// <summary>Starts watching what is there and not watched yet. Called at start and with every scan.</summary>
    public void Refresh()
    {
        foreach (var intake in intakes)
        {
            if (_watchers.ContainsKey(intake) || !Directory.Exists(intake.Path)) continue;
            try
            {
                // Split subdirectories come and go: inotify watches them all.
                var watcher = new FileSystemWatcher(intake.Path) { InternalBufferSize = BufferBytes, IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName };
                watcher.Created += (_, e) => Seen(intake, e.Name);
                watcher.Renamed += (_, e) => Seen(intake, e.Name);
                watcher.Error += (_, e) => Failed(intake, e.GetException());
                watcher.EnableRaisingEvents = true;
                _watchers[intake] = watcher;
            }
            catch (Exception e) when (e is IOException or ArgumentException)
            {
                log.LogWarning("{Path} cannot be watched, only scanned: {Reason}", intake.Path, e.Message);
            }
        }
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers.Values) watcher.Dispose();
        _watchers.Clear();
    }

    private void Seen(Intake intake, string? name)
    {
        // -H is what makes a message; queuefile's -D comes after it and makes the pair whole.
        var file = Path.GetFileName((name ?? "").AsSpan());
        if (MessageId.TryParseFileName(file, 'H', out var id) || (intake.Kind == IntakeKind.Queuefile && MessageId.TryParseFileName(file, 'D', out id)))
            hint(new MessageKey(intake, id));
    }

    private void Failed(Intake intake, Exception reason)
    {
        log.LogInformation("{Path}: events were lost ({Reason}); the next scan finds what they were about", intake.Path, reason.Message);
        if (Directory.Exists(intake.Path)) return;
        if (_watchers.Remove(intake, out var watcher)) watcher.Dispose();
    }
}
