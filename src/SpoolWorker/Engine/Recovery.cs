// What comes first at every start: finish or undo what the last process left in the middle. It decides by the ledger and
// by which names are there, as the README's state table says, and may itself be killed at any place and run again.
//   ledger names hdr.<id>, it is there    -> the commit was decided: rename it
//   ledger names hdr.<id>, it is gone     -> the commit happened: the incoming pair is recognised and removed by the scan
//   hdr.<id> with our tag, not in ledger  -> never decided: remove it, the incoming pair starts over
// Where a directory is missing or is another one than it was, nothing can be concluded: such messages are left alone and
// named in the log, until the directory is back or the operator lets them go with `spoolworker forget`.
using Microsoft.Extensions.Logging;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Puts the spool directories and the ledger in step.</summary>
internal sealed class Recovery(MessageLedger ledger, IReadOnlyList<Intake> intakes, IReadOnlyList<SpoolStage> stages, Stager stager, TimeProvider clock, ILogger<Recovery> log)
{
    /// <summary>Messages nothing can be concluded about: they are not touched.</summary>
    public HashSet<(string Intake, string Id)> Undecidable { get; } = [];

    /// <summary>Runs to its end before the first message is taken.</summary>
    /// <param name="inHand">Messages that were being judged when the last process died.</param>
    public void Run(IReadOnlyList<(string Intake, MessageId Id)> inHand)
    {
        var staged = ledger.Open().Where(e => e.Staged.Count > 0).ToList();
        var finished = staged.Where(Finish).ToList();
        CrashPoint.Reach(CrashPoint.Recovering);
        if (finished.Count > 0) ledger.Commit(finished.Select(Finished), []);
        var keep = staged.Except(finished).SelectMany(e => e.Staged).Select(Path).ToHashSet();
        foreach (var path in stages.SelectMany(s => s.Sweep(keep))) log.LogInformation("removed {Path}: staged by a process that died before deciding", path);
        foreach (var intake in intakes) RemoveLoneBodies(intake);
        CountCrashes(inHand);
    }

    private bool Finish(LedgerEntry entry)
    {
        foreach (var name in entry.Staged)
        {
            if (Posix.TryStatus(name.Folder + "/.", out var folder) != 0 || folder.Inode != name.FolderInode || folder.Born != name.FolderBorn)
            {
                Undecidable.Add((entry.Intake, entry.Id));
                log.LogError("{Id}: {Folder} is not the directory it was when the message was handed over: cannot tell whether it got there. Bring the directory back and restart, or let it be sent (again) with: spoolworker forget --force {Id}",
                    entry.Id, name.Folder, entry.Id);
                return false;
            }
        }
        var renamed = 0;
        try
        {
            foreach (var name in entry.Staged) renamed += Rename(name) ? 1 : 0;
        }
        catch (IOException e)
        {
            // One message that someone took apart must not keep all others from being worked on.
            Undecidable.Add((entry.Intake, entry.Id));
            log.LogError("{Id}: its commit cannot be finished: {Reason}. It is left alone; let it be sent (again) with: spoolworker forget --force {Id}", entry.Id, e.Message, entry.Id);
            return false;
        }
        log.LogInformation("{Id} {What} at start", entry.Id, renamed > 0 ? "commit finished" : "commit found done");
        return true;
    }

    // The time of forgetting starts anew: the worker may have been down for longer than it remembers, and the incoming pair is still there.
    private LedgerEntry Finished(LedgerEntry entry) =>
        entry with { Staged = [], Expires = entry.Expires > 0 ? Math.Max(entry.Expires, stager.Expiry) : 0 };

    private static bool Rename(StagedName name)
    {
        var path = Path(name);
        if (!Posix.Exists(path) || !MessageId.TryParse(name.Id.AsSpan(), out var id)) return false;
        // Locked, so that Exim waits until the new name is durable.
        using var data = Posix.Open($"{name.Folder}/{id.BodyName}", Posix.O_RDWR | Posix.O_APPEND);
        Posix.TryLock(data, id.BodyOffset, path);
        Posix.Rename(path, $"{name.Folder}/{id.HeaderName}");
        Posix.SyncDirectory(name.Folder);
        return true;
    }

    // -H went, then the process died: without a -H no scan would ever find the -D. The ledger says whether it was ours to
    // remove: it was when every recipient is settled. Any other -D alone is somebody's who is about to write -H.
    private void RemoveLoneBodies(Intake intake)
    {
        try
        {
            var headers = intake.Directory.Messages().ToHashSet();
            foreach (var id in intake.Directory.Names('D').Where(id => !headers.Contains(id)).ToList())
            {
                if (ledger.Find(intake.Path, id) is { Expires: > 0, Deferred: null }) RemoveLoneBody(intake, id);
            }
        }
        catch (IOException e)
        {
            log.LogWarning("{Path} cannot be looked through at start: {Reason}", intake.Path, e.Message);
        }
    }

    private static void RemoveLoneBody(Intake intake, MessageId id)
    {
        if (intake.Directory.FolderWith(id, 'D') is not { } folder) return;
        var path = $"{folder}/{id.BodyName}";
        if (Posix.TryOpen(path, Posix.O_RDWR | Posix.O_APPEND, 0, out var data) != 0) return;
        using (data)
        {
            if (!Posix.TryLock(data!, id.BodyOffset, path) || intake.Directory.FolderWith(id, 'H') is not null) return;
            Posix.Unlink($"{folder}/{id.JournalName}");
            Posix.Unlink(path);
            MessageLog.Remove(new MessageKey(intake, id));
        }
    }

    private void CountCrashes(IReadOnlyList<(string Intake, MessageId Id)> inHand)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var failed = inHand.Select(m => ledger.Find(m.Intake, m.Id) ?? new LedgerEntry { Intake = m.Intake, Id = m.Id.ToString(), FirstSeen = now })
            .Where(e => e.Expires == 0)
            .Select(e => stager.Failed(e, "the worker died while it was working on this message")).ToList();
        if (failed.Count == 0) return;
        // At once again: most such deaths are none of the message's doing.
        ledger.Commit(failed.Select(e => e with { Deferred = null }), []);
        foreach (var entry in failed) log.LogWarning("{Id} was being worked on when the last process died (failure {Failures})", entry.Id, entry.Failures);
    }

    private static string Path(StagedName name) => $"{name.Folder}/hdr.{name.Id}.{name.Tag}";
}
