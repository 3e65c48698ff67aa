// What comes first at every start: finish or undo what the last process left in the middle. It decides by the ledger and
// by which names are there, as the README's state table says, and may itself be killed at any place and run again.
//   ledger names hdr.<id>, it is there    -> the commit was decided: rename it, sync its directory
//   ledger names hdr.<id>, it is gone     -> the commit happened: sync its directory; the incoming pair is recognised and removed by the scan
//   hdr.<id> with our tag, not in ledger  -> never decided: remove it, the incoming pair starts over
// What is visible is not yet durable: a rename that a killed process made is undone by a power cut until somebody syncs its
// directory. So no commit is called finished before that, and the incoming pair stays until then.
// Where a directory is missing, is another one than it was or cannot be synced, nothing can be concluded: such messages are left alone
// and named in the log, until the directory is back or the operator lets them go with `spoolworker forget`.
// The last process may also have died before it had asked Exim for all that it had handed over: that is made good, too.
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>Puts the spool directories and the ledger in step.</summary>
internal sealed class Recovery(MessageLedger ledger, IReadOnlyList<Intake> intakes, IReadOnlyList<SpoolStage> stages, HeldStore held, Stager stager, EximWaker waker, TimeProvider clock, ILogger<Recovery> log)
{
    /// <summary>Messages nothing can be concluded about: they are not touched.</summary>
    public HashSet<(string Intake, string Id)> Undecidable { get; } = [];

    /// <summary>Runs to its end before the first message is taken.</summary>
    /// <param name="inHand">Messages that were being judged when the last process died.</param>
    public void Run(IReadOnlyList<(string Intake, MessageId Id)> inHand)
    {
        // The directories themselves may have been made by a process that died.
        foreach (var stage in stages) Posix.SyncName(stage.Directory.Path);
        var staged = ledger.Open().Where(e => e.Staged.Count > 0).ToList();
        var finished = Finish(staged);
        if (finished.Count > 0) ledger.Commit(finished, []);
        var known = finished.Select(e => (e.Intake, e.Id)).ToHashSet();
        var keep = staged.Where(e => !known.Contains((e.Intake, e.Id))).SelectMany(e => e.Staged).Select(Path).ToHashSet();
        foreach (var path in stages.SelectMany(s => s.Sweep(keep))) log.StagedRemoved(path);
        SweepInjections();
        held.Tidy(Undecidable);
        held.CloseGone(stager.Expiry);
        Wake(staged.Where(e => known.Contains((e.Intake, e.Id))).SelectMany(e => e.Staged));
        CountCrashes(inHand);
    }

    /// <summary>Removes what is left in the intakes, and in <c>held/</c>, of messages that operators were putting there when they, or their command, were stopped.</summary>
    public void SweepInjections()
    {
        foreach (var intake in intakes)
        {
            try
            {
                foreach (var path in Injections.Sweep(intake, clock.GetUtcNow())) log.StagedRemoved(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The scan tells of an intake that cannot be used.
            }
        }
        try
        {
            foreach (var path in Injections.Sweep(held.Intake.Directory, clock.GetUtcNow())) log.StagedRemoved(path);
        }
        catch (IOException e)
        {
            log.NotLookedThrough(held.Path, e.Message);
        }
    }

    /// <summary>Finishes the commit a record speaks of, when a message comes again before it was known to be finished.</summary>
    /// <returns>The record as it stands then; null when nothing can be concluded.</returns>
    public LedgerEntry? Finish(LedgerEntry entry)
    {
        var finished = Finish([entry]);
        if (finished.Count == 0) return null;
        ledger.Commit(finished, []);
        WakeNamed(entry.Staged);
        return finished[0];
    }

    // The waker asks for a few at a time, so a message may be recorded as finished long before its turn, and nothing finds a record by a new id:
    // whatever lies in the target untried is asked for, as Exim's own queue run would try it.
    private void Wake(IEnumerable<StagedName> finished)
    {
        if (!waker.IsOn) return;
        var named = WakeNamed(finished);
        var target = stages[0].Directory;
        try
        {
            foreach (var id in target.Messages())
            {
                if (named.Contains(id)) continue;
                if (target.FolderWith(id, 'H') is { } folder) waker.Recovered(folder, id);
            }
        }
        catch (IOException e)
        {
            // A hint: what is not asked for is found by Exim's own queue run.
            log.NotLookedThrough(target.Path, e.Message);
        }
    }

    private HashSet<MessageId> WakeNamed(IEnumerable<StagedName> finished)
    {
        var named = new HashSet<MessageId>();
        foreach (var name in finished)
        {
            if (stages[0].Directory.Contains(name.Folder) && MessageId.TryParse(name.Id.AsSpan(), out var id) && named.Add(id)) waker.Recovered(name.Folder, id);
        }
        return named;
    }

    // Those whose commit is durable now, as they are to be recorded.
    private List<LedgerEntry> Finish(List<LedgerEntry> staged)
    {
        // Locked until all is durable, so that Exim does not look at a message that a power cut could still take back.
        var locks = new List<SafeFileHandle>();
        var folders = new Dictionary<string, SpoolFolder>();
        try
        {
            var renamed = staged.Select(e => (Entry: e, Renamed: TryRename(e, folders, locks))).Where(r => r.Renamed >= 0).ToList();
            CrashPoint.Reach(CrashPoint.Recovering);
            var failed = new Dictionary<string, string>();
            foreach (var folder in renamed.SelectMany(r => r.Entry.Staged).Select(n => n.Folder).Distinct())
            {
                try
                {
                    folders[folder].Sync();
                }
                catch (IOException e)
                {
                    failed[folder] = e.Message;
                }
            }
            foreach (var (entry, count) in renamed)
            {
                if (entry.Staged.FirstOrDefault(n => failed.ContainsKey(n.Folder)) is not { } name) log.CommitFinished(entry.Id, count > 0 ? "commit finished" : "commit found done");
                else Leave(entry, $"{failed[name.Folder]}: a power cut could still take the message back. Mend the file system and restart");
            }
            return [.. renamed.Select(r => r.Entry).Where(e => !e.Staged.Any(n => failed.ContainsKey(n.Folder))).Select(Finished)];
        }
        finally
        {
            foreach (var handle in locks) handle.Dispose();
            foreach (var folder in folders.Values) folder.Dispose();
        }
    }

    // How many names were renamed; -1 when nothing can be concluded.
    private int TryRename(LedgerEntry entry, Dictionary<string, SpoolFolder> folders, List<SafeFileHandle> locks)
    {
        try
        {
            foreach (var name in entry.Staged)
            {
                if (Open(name, folders) is { } folder && folder.Status.Inode == name.FolderInode && folder.Status.Born == name.FolderBorn) continue;
                Leave(entry, $"{name.Folder} is not the directory it was when the message was handed over: cannot tell whether it got there. Bring the directory back and restart");
                return -1;
            }
            return entry.Staged.Count(name => Rename(folders[name.Folder], name, locks));
        }
        catch (IOException e)
        {
            // One message that someone took apart must not keep all others from being worked on.
            Leave(entry, e.Message);
            return -1;
        }
    }

    // Opened once, looked at and worked on by descriptor. The settings may name other places by now.
    private SpoolFolder? Open(StagedName name, Dictionary<string, SpoolFolder> folders)
    {
        if (folders.TryGetValue(name.Folder, out var folder)) return folder;
        folder = stages.Select(s => s.Directory.OpenFolder(name.Folder)).FirstOrDefault(f => f is not null);
        if (folder is null && SpoolFolder.TryOpen(name.Folder, out folder) != 0) return null;
        return folders[name.Folder] = folder!;
    }

    private void Leave(LedgerEntry entry, string reason)
    {
        lock (Undecidable) Undecidable.Add((entry.Intake, entry.Id));
        log.CommitUndecidable(entry.Id, reason);
    }

    // The time of forgetting starts anew: the worker may have been down for longer than it remembers, and the incoming pair is still there.
    private LedgerEntry Finished(LedgerEntry entry) =>
        held.Resolve(entry) with { Staged = [], Expires = entry.Expires > 0 ? Math.Max(entry.Expires, stager.Expiry) : 0 };

    private static bool Rename(SpoolFolder folder, StagedName name, List<SafeFileHandle> locks)
    {
        if (!MessageId.TryParse(name.Id.AsSpan(), out var id)) return false;
        var staged = SpoolStage.StagedHeaderName(id, name.Tag);
        if (!folder.Exists(staged)) return false;
        var data = folder.OpenFile(id.BodyName, Posix.O_RDWR | Posix.O_APPEND);
        locks.Add(data);
        Posix.TryLock(data, id.BodyOffset, folder.PathOf(id.BodyName));
        folder.Rename(staged, id.HeaderName);
        return true;
    }

    private void CountCrashes(IReadOnlyList<(string Intake, MessageId Id)> inHand)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (intake, id) in inHand)
        {
            if (ledger.Verbs.First(intake, id.ToString()) is { } verb) CountCrash(verb with { Deaths = verb.Deaths + 1 }, now);
        }
        // What is held fails no more.
        var failed = inHand.Where(m => m.Intake != held.Path && !ledger.IsSettled(m.Intake, m.Id)).Select(m => ledger.Find(m.Intake, m.Id) ?? new LedgerEntry { Intake = m.Intake, Id = m.Id.ToString(), FirstSeen = now })
            .Where(e => e.Expires == 0)
            .Select(e => stager.Failed(e, "the worker died while it was working on this message")).ToList();
        if (failed.Count == 0) return;
        // At once again: most such deaths are none of the message's doing.
        ledger.Commit(failed.Select(e => e with { Deferred = null }), []);
        foreach (var entry in failed) log.DiedInHand(entry.Id, entry.Failures);
    }

    // Most such deaths are none of the message's doing; one that kills the worker each time must not do so for ever.
    private void CountCrash(VerbRow verb, long now)
    {
        const int MostDeaths = 3;
        if (verb.Deaths < MostDeaths) ledger.Verbs.Change(verb);
        else ledger.Verbs.Settle([verb with { Result = VerbResult.NotNow, Executed = now, Told = $"the worker died {verb.Deaths} times while its passes were at it" }]);
    }

    private static string Path(StagedName name) => $"{name.Folder}/hdr.{name.Id}.{name.Tag}";
}
