// Messages that are done with, until that may be noted. A pair that was removed may come back in a power cut, and then the ledger's record
// must still say which -H was judged (ReturnedPair); so the record is turned into a row of its day (FinishedDays) only when the removal is
// durable: behind a sync of the file system that began after it, which every larger group has anyway, or behind one of the directories it was removed
// from. A directory that cannot be synced, or is another one by now, leaves the records as they are: the next start looks.
using Microsoft.Extensions.Logging;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>What is done and not noted yet. Added to by the release threads, looked at by the commit thread.</summary>
internal sealed class Removals(ILogger log)
{
    /// <summary>A sync of the directories for so many, where no other comes by.</summary>
    private const int MostUnsynced = 256;

    private readonly Lock _lock = new();
    private readonly List<Removed> _removed = [];
    private readonly List<LedgerEntry> _durable = [];

    private readonly record struct Removed(LedgerEntry Entry, Intake Intake, string Folder, ulong Device, ulong Inode);

    /// <summary>How many wait for a sync. Those are covered by one that begins now.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _removed.Count;
        }
    }

    /// <summary>Takes in a message whose pair was removed from a folder.</summary>
    public void Add(LedgerEntry entry, Intake intake, SpoolFolder folder)
    {
        lock (_lock) _removed.Add(new Removed(entry, intake, folder.Path, folder.Status.Device, folder.Status.Inode));
    }

    /// <summary>Takes in a message whose pair stays.</summary>
    public void Add(LedgerEntry entry)
    {
        lock (_lock) _durable.Add(entry);
    }

    /// <summary>File systems have been synced since so many were waiting.</summary>
    public void Synced(int waiting, IReadOnlyCollection<ulong> devices)
    {
        if (waiting == 0) return;
        lock (_lock)
        {
            var covered = _removed.Take(waiting).ToLookup(r => devices.Contains(r.Device));
            _durable.AddRange(covered[true].Select(r => r.Entry));
            _removed.RemoveRange(0, waiting);
            _removed.InsertRange(0, covered[false]);
        }
    }

    /// <summary>What may be noted.</summary>
    /// <param name="all">Also what waits for a sync: it is done now.</param>
    public LedgerEntry[] Take(bool all)
    {
        Removed[] removed;
        lock (_lock) removed = all || _removed.Count >= MostUnsynced ? [.. _removed] : [];
        // Without the lock: a release must not wait for a disk.
        var lost = removed.GroupBy(r => (r.Device, r.Inode)).Where(g => !TrySync(g.First())).Select(g => g.Key).ToHashSet();
        lock (_lock)
        {
            _removed.RemoveRange(0, removed.Length);
            _durable.AddRange(removed.Where(r => !lost.Contains((r.Device, r.Inode))).Select(r => r.Entry));
            return [.. _durable];
        }
    }

    /// <summary>The first so many of those taken are noted.</summary>
    public void Noted(int count)
    {
        lock (_lock) _durable.RemoveRange(0, count);
    }

    private bool TrySync(Removed removed)
    {
        try
        {
            using var folder = removed.Intake.Directory.OpenFolder(removed.Folder);
            if (folder is null || (folder.Status.Device, folder.Status.Inode) != (removed.Device, removed.Inode)) return false;
            folder.Sync();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.RemovalsNotSynced(removed.Folder, e.Message);
            return false;
        }
    }
}
