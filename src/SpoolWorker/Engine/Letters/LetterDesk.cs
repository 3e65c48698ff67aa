// Sends letters of the worker's own by the commit protocol of messages: staged, recorded with the run of the schedule it comes of, renamed, synced.
// So a run has its letter once or not at all: killed before the record the next start sweeps what was staged, and the schedule makes up for the run;
// killed behind it Recovery finishes the letter, and the run is on record. Until it is durable the lock on -D keeps Exim away.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Notices;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Letters;

/// <summary>Sends letters.</summary>
/// <param name="ledger">Where they are recorded until they are durable.</param>
/// <param name="stager">Stages them.</param>
/// <param name="waker">Tells Exim.</param>
/// <param name="account">Who makes them, for Exim.</param>
/// <param name="fatal">Called when it cannot be known whether one went.</param>
/// <param name="clock">Dates.</param>
/// <param name="log">Says what was staged and cannot be removed.</param>
internal sealed class LetterDesk(MessageLedger ledger, Stager stager, EximWaker waker, DsnAccount account, Action<string> fatal, TimeProvider clock,
    ILogger<LetterDesk> log)
{
    // A letter of which it cannot be known whether it is durable: its lock goes with the process, not before.
    private readonly List<StagedPair> _unknown = [];

    /// <summary>Sends one, for the run of a schedule. Returns its id.</summary>
    /// <param name="letter">The letter.</param>
    /// <param name="job">The schedule.</param>
    /// <param name="messages">How many messages it tells of.</param>
    /// <param name="charge">Its place among the notices that may go; null: it is none.</param>
    /// <exception cref="IOException">It did not go: the target or the ledger cannot be written. Or that cannot be known, and the worker stops.</exception>
    public MessageId Send(Letter letter, string job, int messages, NoticeCharge? charge = null)
    {
        var now = clock.GetUtcNow();
        var before = ledger.Runs.Find(job);
        using var body = new MemoryStream(letter.Body, writable: false);
        var pair = stager.StageOwn(id => letter.HeaderFor(id, account, now), body);
        CrashPoint.Reach(CrashPoint.Staged);
        var entry = EntryOf(pair, letter, now);
        Record(pair, () => ledger.CommitLetter(entry, job, new JobRun(now.ToUnixTimeMilliseconds(), 0, messages), charge?.Rate, charge?.Note));
        CrashPoint.Reach(CrashPoint.Recorded);
        MakeVisible(pair, () => ledger.TakeBackLetter(entry, job, before, charge?.Rate, charge?.Note));
        CrashPoint.Reach(CrashPoint.Committed);
        // Lets Exim at it, before it is told.
        pair.Dispose();
        waker.Committed(pair.Folder, pair.Id);
        Forget(pair.Id);
        return pair.Id;
    }

    private LedgerEntry EntryOf(StagedPair pair, Letter letter, DateTimeOffset now) => new()
    {
        Intake = stager.Target.Path,
        Id = pair.Id.ToString(),
        FirstSeen = now.ToUnixTimeMilliseconds(),
        Decided = now.ToUnixTimeMilliseconds(),
        Done = letter.To.Select(t => t.Address).Distinct().ToDictionary(a => a, _ => $"{LedgerFormat.Requeued}{pair.Id}"),
        Staged = [new StagedName(pair.Folder, pair.Id.ToString(), stager.Tag, pair.FolderStatus.Inode, pair.FolderStatus.Born)],
        Expires = stager.Expiry,
    };

    private void Record(StagedPair pair, Action commit)
    {
        try
        {
            pair.SyncFiles(source: null);
            pair.Place.Sync();
            CrashPoint.Reach(CrashPoint.Synced);
            commit();
        }
        catch (LedgerException e) when (e.IsFatal)
        {
            _unknown.Add(pair);
            fatal(e.Message);
            throw;
        }
        catch
        {
            Abort(pair);
            throw;
        }
    }

    private void MakeVisible(StagedPair pair, Action takeBack)
    {
        try
        {
            pair.Commit();
        }
        catch (IOException e)
        {
            try
            {
                takeBack();
            }
            catch (IOException)
            {
                // On record and staged: the next start renames it.
                _unknown.Add(pair);
                fatal(e.Message);
                throw;
            }
            Abort(pair);
            throw;
        }
        CrashPoint.Reach(CrashPoint.Renamed);
        try
        {
            pair.Place.Sync();
        }
        catch (IOException e)
        {
            _unknown.Add(pair);
            fatal(e.Message);
            throw;
        }
    }

    private void Abort(StagedPair pair)
    {
        using (pair)
        {
            try
            {
                pair.Abort();
            }
            catch (IOException e)
            {
                log.StagedStays(pair.Id, e.Message);
            }
        }
    }

    private void Forget(MessageId id)
    {
        try
        {
            ledger.Forget(stager.Target.Path, id);
        }
        catch (LedgerException e)
        {
            // The next start finds it done.
            log.NotNoted(e.Message);
        }
    }
}
