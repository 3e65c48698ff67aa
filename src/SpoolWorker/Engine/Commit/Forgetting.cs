// Which old records may be forgotten. A record is what keeps a pair that comes back from being sent again, and pairs do come back: removals
// are not synced one by one, so a power cut undoes them; one that could not be unlinked never went. So a record goes only when
// its intake has been read through once since the start, nothing of the message lies there any more, and that is durable:
// the intake's file system is synced between the look and the forgetting. The others live on for a while. A release's record
// lives as long as the held pair, and what it says is written into the record of the message before it goes (HeldStore.Resolve).
// An intake that cannot be looked at or synced keeps its records; one that is gone and no longer configured does not.
// Finished messages are forgotten by the day (FinishedDays), and a day does not tell its intakes: it goes when all that holds for every intake that
// finished messages came from. Those of its messages whose pair lies there still (it could not be unlinked, or came again) are known by today
// as well before it goes.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>Forgets old records.</summary>
internal sealed class Forgetting(MessageLedger ledger, Func<IReadOnlyList<Intake>> intakes, SpoolScanner scanner, HeldStore held, TimeProvider clock, ILogger<Forgetting> log)
{
    // In portions: one large transaction would hold up the commits.
    private const int MostACall = 5000;

    // Often enough to be rid of a record soon after its pair went, seldom enough to cost nothing while it stays.
    private static readonly TimeSpan LooksApart = TimeSpan.FromHours(1);

    /// <summary>Forgets what may be forgotten now, until it is told to stop. Returns how many records.</summary>
    public int Run(CancellationToken cancellationToken)
    {
        var gone = 0;
        var now = clock.GetUtcNow();
        for (var moved = true; moved && !cancellationToken.IsCancellationRequested;)
        {
            var kept = 0;
            var forgotten = ledger.Expire(now, MostACall, due =>
            {
                var keep = Keep(due, now);
                kept = keep.Count;
                return keep;
            });
            gone += forgotten;
            moved = forgotten + kept > 0;
        }
        return gone;
    }

    /// <summary>Forgets the days that are over for longer than is kept, all or none. Returns how many rows.</summary>
    public long DropDays(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (ledger.LastDueDay(now) is not { } lastDay) return 0;
        var known = intakes();
        foreach (var path in ledger.Intakes())
        {
            if (cancellationToken.IsCancellationRequested || !TryCarryOver(path, known.FirstOrDefault(i => i.Path == path), lastDay, now)) return 0;
        }
        return ledger.DropDays(lastDay, now);
    }

    private bool TryCarryOver(string path, Intake? intake, long lastDay, DateTimeOffset now)
    {
        if (intake is not null && !scanner.HasRead(intake)) return false;
        using var own = intake is null ? new SpoolDirectory(path) : null;
        var directory = intake?.Directory ?? own!;
        try
        {
            var error = directory.TryOpen(out var folder);
            if (error is Errno.ENOENT or Errno.ENOTDIR && intake is null) return true;
            if (error != 0) throw new PosixException(error, "open", path);
            using (folder)
            {
                // All three names: whatever is left of a pair may be taken for it.
                foreach (var ids in "HDJ".SelectMany(suffix => directory.Names(suffix)).Chunk(MostACall)) ledger.CarryOver(path, ids, lastDay, now);
                // After the look: what is gone now stays gone.
                folder!.SyncFileSystem();
            }
            return true;
        }
        catch (IOException e)
        {
            log.DaysKept(path, e.Message);
            return false;
        }
    }

    // Those that live on, as they are to stand.
    private List<LedgerEntry> Keep(IReadOnlyList<LedgerEntry> due, DateTimeOffset now)
    {
        var known = intakes();
        var keep = new List<LedgerEntry>();
        foreach (var group in due.GroupBy(e => e.Intake))
        {
            var intake = known.FirstOrDefault(i => i.Path == group.Key);
            if (intake is not null && !scanner.HasRead(intake)) keep.AddRange(group);
            else keep.AddRange(StillThere(group.Key, intake, [.. group]));
        }
        return [.. keep.Select(e => held.Resolve(e) with { Expires = (now + LooksApart).ToUnixTimeMilliseconds() })];
    }

    private List<LedgerEntry> StillThere(string path, Intake? intake, List<LedgerEntry> entries)
    {
        using var own = intake is null ? new SpoolDirectory(path) : null;
        var directory = intake?.Directory ?? own!;
        try
        {
            var there = entries.Where(e => MessageId.TryParse(e.Id.AsSpan(), out var id) && (path == held.Path ? held.Holds(id) : directory.Holds(id))).ToList();
            if (there.Count == entries.Count) return there;
            // After the look: what is gone now stays gone.
            var error = directory.TryOpen(out var folder);
            if (error is Errno.ENOENT or Errno.ENOTDIR && intake is null) return [];
            if (error != 0) throw new PosixException(error, "open", path);
            using (folder) folder!.SyncFileSystem();
            return there;
        }
        catch (IOException e)
        {
            log.RecordsKept(path, e.Message);
            return entries;
        }
    }
}
