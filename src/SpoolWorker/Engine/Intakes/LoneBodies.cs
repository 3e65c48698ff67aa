// A -D without its -H. Ours to remove where the ledger says that every recipient is settled: -H went, and then the process died. Left by queuefile
// where its copy failed (disk full): it takes its -H back, and half a -D stays. Either is in the way of every further hand-over of that message.
// Any other is somebody's who is about to write -H.
// Under Exim's lock: an Exim that hands over by hard link has it while it tries the next recipient, and then there is a -H for a moment, too. So a
// body that cannot be had now is looked at again, soon.
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>Bodies alone.</summary>
internal sealed class LoneBodies(MessageLedger ledger, CorruptStore corrupt, OutcomeFeed outcomes, TimeSpan incompleteAfter, TimeProvider clock, ILogger<LoneBodies> log)
{
    private readonly ConcurrentDictionary<string, Intake> _left = new();

    // Written by a clock that was ahead of ours: their date says nothing, so since when we see them counts.
    private readonly Dictionary<string, (Intake Intake, DateTimeOffset Modified, long Since)> _ahead = [];

    /// <summary>Some cannot be moved to corrupt/: in the way of every retry.</summary>
    public bool HasLeft => !_left.IsEmpty;

    /// <summary>Removes the body of a message that was settled, if it is alone.</summary>
    /// <returns>False when another process has its lock: it is to be looked at again.</returns>
    public bool TryRemoveSettled(MessageKey key) => TryRemoveSettled(key, out _);

    private bool TryRemoveSettled(MessageKey key, out int notOpened)
    {
        notOpened = 0;
        var (intake, id) = key;
        using var folder = intake.Directory.OpenFolderWith(id, 'D');
        if (folder is null || !ledger.IsSettled(intake.Path, id)) return true;
        notOpened = folder.TryOpenFile(id.BodyName, Posix.O_RDWR | Posix.O_APPEND, 0, out var data);
        if (notOpened != 0) return true;
        using (data)
        {
            var path = folder.PathOf(id.BodyName);
            if (!Posix.TryLock(data!, id.BodyOffset, path)) return false;
            // Another thread may have removed this one between our open and our lock, and queuefile copied the message here again: that body is not ours.
            if (!folder.Leads(id.BodyName, Posix.Status(data!, path)) || intake.Directory.FolderWith(id, 'H') is not null) return true;
            folder.Unlink(id.JournalName);
            folder.Unlink(id.BodyName);
            intake.RemoveLog(id);
            return true;
        }
    }

    /// <summary>At start: removes those of an intake. One that another process has locked is left to the scan, or to the next start.</summary>
    public void RemoveSettled(Intake intake)
    {
        try
        {
            var headers = intake.Directory.Messages([]).ToHashSet();
            foreach (var id in intake.Directory.Names('D', []).Where(id => !headers.Contains(id)).ToList()) RemoveOrTell(new MessageKey(intake, id));
        }
        catch (IOException e) when (e is not LedgerException)
        {
            // The scan tells of an intake that cannot be read.
        }
    }

    /// <summary>Puts a queuefile intake in order.</summary>
    /// <param name="intake">The intake.</param>
    /// <param name="withHeader">Ids that have a -H.</param>
    /// <returns>Messages whose body is to be looked at again.</returns>
    public IReadOnlyList<MessageKey> Clear(Intake intake, HashSet<MessageId> withHeader)
    {
        var alone = intake.Directory.Names('D', []).Where(id => !withHeader.Contains(id)).ToList();
        foreach (var (path, _) in _left.Where(l => l.Value.Equals(intake) && !alone.Exists(id => l.Key == PathOf(intake, id)))) _left.TryRemove(path, out _);
        foreach (var (path, _) in _ahead.Where(a => a.Value.Intake.Equals(intake) && !alone.Exists(id => a.Key == PathOf(intake, id))).ToList()) _ahead.Remove(path);
        var again = new List<MessageKey>();
        foreach (var key in alone.Select(id => new MessageKey(intake, id)))
        {
            try
            {
                if (!TryRemoveSettled(key)) again.Add(key);
                else MoveHalf(key);
            }
            catch (Exception e) when (e is IOException and not LedgerException or UnauthorizedAccessException)
            {
                // One file that cannot be moved is no reason to leave all others unread.
                if (_left.TryAdd(PathOf(intake, key.Id), intake)) log.HalfBodyStays(PathOf(intake, key.Id), key.Id.HeaderName, corrupt.Path, e.Message);
            }
        }
        return again;
    }

    // One that cannot be removed is no reason to leave all others.
    private void RemoveOrTell(MessageKey key)
    {
        var path = PathOf(key.Intake, key.Id);
        try
        {
            TryRemoveSettled(key, out var error);
            if (error is not 0 and not Errno.ENOENT) log.SettledBodyStays(path, new PosixException(error, "open", path).Message);
        }
        catch (IOException e) when (e is not LedgerException)
        {
            log.SettledBodyStays(path, e.Message);
        }
    }

    private void MoveHalf(MessageKey key)
    {
        var (intake, id) = key;
        using var folder = intake.Directory.OpenFolderWith(id, 'D');
        if (folder is null || folder.TryStatus(id.BodyName, out var status) != 0 || !IsOverdue(key, status.Modified) || intake.Directory.FolderWith(id, 'H') is not null) return;
        // Not queuefile's.
        if (folder.Exists(SpoolStage.StagedHeaderName(id, Injections.Tag))) return;
        var moved = corrupt.MoveBody(folder, id, new SpoolParseError(SpoolParseErrorKind.HeaderMissing, 0, $"{id.BodyName} has no {id.HeaderName}: left by a hand-over that failed half way"));
        _left.TryRemove(PathOf(intake, id), out _);
        outcomes.Publish(Outcome.Of(intake.Path, id, moved));
    }

    private bool IsOverdue(MessageKey key, DateTimeOffset modified)
    {
        var age = clock.GetUtcNow() - modified;
        if (age >= TimeSpan.Zero) return age >= incompleteAfter;
        var path = PathOf(key.Intake, key.Id);
        if (!_ahead.TryGetValue(path, out var seen) || seen.Modified != modified) _ahead[path] = seen = (key.Intake, modified, clock.GetTimestamp());
        return clock.GetElapsedTime(seen.Since) >= incompleteAfter;
    }

    private static string PathOf(Intake intake, MessageId id) => $"{intake.Path}/{id.BodyName}";
}
