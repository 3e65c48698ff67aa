// Reads the names in all intakes and queues what is there, oldest first. The truth about what is to be done: it needs no
// memory of what was seen before. Waits while the queue is full, so a backlog of any size needs little memory.
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>The scan of the intakes.</summary>
internal sealed class SpoolScanner(IntakeSet intakes, ProcessingQueue queue, Waiting waiting, LoneBodies bodies, ILogger<SpoolScanner> log)
{
    private readonly ConcurrentDictionary<Intake, bool> _unread = new();
    private readonly ConcurrentDictionary<string, bool> _unreadFolders = new();
    private readonly ConcurrentDictionary<string, bool> _read = new();

    /// <summary>Intakes that are there and could not be read, in part or at all, or are another worker's: of what lies there nothing is known.</summary>
    public bool HasUnread => !_unread.IsEmpty || !_unreadFolders.IsEmpty || intakes.HasClosed;

    /// <summary>True from the end of its reading to that of its queueing, which waits for the workers; and while none runs.</summary>
    public bool IsQueueing { get; private set; } = true;

    /// <summary>True when the intake was read through since the start: what lay in it then is known.</summary>
    public bool HasRead(Intake intake) => _read.ContainsKey(intake.Path);

    /// <summary>Queues every message that is not waiting for its time. Returns how many were queued.</summary>
    public async Task<int> ScanAsync(CancellationToken cancellationToken)
    {
        var found = new List<MessageKey>();
        IsQueueing = false;
        try
        {
            foreach (var intake in intakes.Ours) AddNames(intake, found);
        }
        finally
        {
            IsQueueing = true;
        }
        // The id starts with the time: its order is the order of arrival. (The key's own order would need a comparison of intakes.)
        found.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        var queued = 0;
        foreach (var key in found)
        {
            if (!waiting.IsWaiting(key) && await queue.AddAsync(key, Lane.Found, cancellationToken).ConfigureAwait(false)) queued++;
        }
        return queued;
    }

    private void AddNames(Intake intake, List<MessageKey> found)
    {
        try
        {
            var unread = new List<PosixException>();
            var ids = new HashSet<MessageId>();
            intake.Directory.AddMessages(ids, unread);
            TellUnread(intake, unread);
            if (unread.Count == 0)
            {
                waiting.Keep(intake, ids);
                _read[intake.Path] = true;
            }
            if (intake.Kind == IntakeKind.Queuefile) found.AddRange(bodies.Clear(intake, ids));
            if (_unread.TryRemove(intake, out _)) log.CanBeRead(intake.Path);
            found.EnsureCapacity(found.Count + ids.Count);
            foreach (var id in ids) found.Add(new MessageKey(intake, id));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_unread.TryAdd(intake, true)) log.CannotBeRead(intake.Path, e.Message);
        }
    }

    // A split subdirectory that cannot be read keeps nobody from the others.
    private void TellUnread(Intake intake, List<PosixException> unread)
    {
        var now = unread.Select(e => e.Path).ToHashSet();
        foreach (var e in unread.Where(e => _unreadFolders.TryAdd(e.Path, true)))
            log.PartCannotBeRead(e.Message, intake.Path);
        foreach (var path in _unreadFolders.Keys.Where(p => p.StartsWith(intake.Path + "/", StringComparison.Ordinal) && !now.Contains(p)))
        {
            if (_unreadFolders.TryRemove(path, out _)) log.CanBeRead(path);
        }
    }
}
