// Commits staged messages, many with one set of syncs. One thread owns the ledger's write transactions. A group is what
// has come while the group before it was being synced, so an idle worker commits a single message at once and a busy one
// fills groups by itself. While others are in hand it waits for them a little, see Gathering: a worker that computes would
// else commit every message alone.
//
//   1 sync what is staged       2 one ledger commit for all       3 rename every header file, sync each directory once
//   4 remove the incoming pairs, let go of the locks, wake Exim
//
// Removing files can wait for the disk as long as a sync does (ext4 with discard), so 4 has threads of its own and goes on
// while the next group is being synced. It begins only when 3 is done, and a message's key is free again only after it.
//
// Up to 2 a failure undoes the stage and the message is tried again. Between 2 and 3 it is undone through the ledger.
// What cannot be decided (LMDB does not know whether its commit is on disk, a directory cannot be synced) stops the
// program: everything stays as it is, and Recovery finishes or undoes it at the next start.
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Notices;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit.Groups;

/// <summary>The group commit.</summary>
internal sealed class CommitGroup : IDisposable
{
    // Below this a syncfs, which waits for all that is dirty on the file system, buys nothing over single syncs.
    private const int SyncfsFrom = 3;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(1);

    // Portions, so that a busy group does not wake a thread for each message.
    private const int ReleaseThreads = 4, ReleasePortion = 16;

    private readonly MessageLedger _ledger;
    private readonly EngineOptions _options;
    private readonly EximWaker _waker;
    private readonly ILogger _log;
    private readonly Action<PreparedMessage, Outcome> _done;
    private readonly Action<string> _fatal;
    private readonly Gathering<PreparedMessage> _gathering;
    private readonly Channel<PreparedMessage> _channel;
    private readonly Removals _removals;
    private readonly Action<IEnumerable<LedgerEntry>> _tell;
    private readonly HandOver<PreparedMessage[]> _releases;
    private readonly Thread[] _releasers;
    private readonly Thread _thread;
    private int _handedOver;
    private long _groups;

    /// <param name="ledger">Where decisions are recorded.</param>
    /// <param name="tell">Told of finished messages, for the history.</param>
    /// <param name="options">Group size and sync method.</param>
    /// <param name="inHand">How many messages are queued or in hand, those handed over included.</param>
    /// <param name="waker">Told what became visible.</param>
    /// <param name="done">Called for each message, on any of the threads here, with what it came to.</param>
    /// <param name="fatal">Called when the outcome of a commit cannot be known.</param>
    /// <param name="log">Log.</param>
    public CommitGroup(MessageLedger ledger, Action<IEnumerable<LedgerEntry>> tell, EngineOptions options, Func<int> inHand, EximWaker waker, Action<PreparedMessage, Outcome> done, Action<string> fatal,
        ILogger<CommitGroup> log)
    {
        _ledger = ledger;
        _tell = tell;
        _removals = new Removals(log);
        _options = options;
        _waker = waker;
        _done = done;
        _fatal = fatal;
        _log = log;
        _gathering = new Gathering<PreparedMessage>(options.GroupSize, () => inHand() - Volatile.Read(ref _handedOver));
        _channel = Channel.CreateBounded<PreparedMessage>(new BoundedChannelOptions(2 * options.GroupSize) { SingleReader = true });
        _releases = new HandOver<PreparedMessage[]>(2 * (1 + options.GroupSize / ReleasePortion));
        _releasers = [.. Enumerable.Range(0, ReleaseThreads).Select(i => new Thread(RunReleases) { Name = $"release {i}", IsBackground = true })];
        foreach (var releaser in _releasers) releaser.Start();
        _thread = new Thread(Run) { Name = "commit", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Called with the number of messages of each group, before it is committed.</summary>
    public event Action<int>? Filled;

    /// <summary>Groups committed so far.</summary>
    public long Groups => Interlocked.Read(ref _groups);

    /// <summary>Hands a message over; waits while two groups are waiting.</summary>
    /// <returns>False when the thread has stopped: the message keeps its locks and waits for the next start.</returns>
    public async ValueTask<bool> AddAsync(PreparedMessage message)
    {
        Interlocked.Increment(ref _handedOver);
        try
        {
            await _channel.Writer.WriteAsync(message).ConfigureAwait(false);
            return true;
        }
        catch (ChannelClosedException)
        {
            Interlocked.Decrement(ref _handedOver);
            return false;
        }
    }

    /// <summary>Finishes what was handed over, then records lazily what is released.</summary>
    public void Complete()
    {
        _channel.Writer.TryComplete();
        _thread.Join();
    }

    public void Dispose() => Complete();

    private void Run()
    {
        var certain = CommitGroups();
        // What is committed is released in any case.
        _releases.Complete();
        foreach (var releaser in _releasers) releaser.Join();
        if (certain) RecordFinished();
    }

    private bool CommitGroups()
    {
        var group = new List<PreparedMessage>(_options.GroupSize);
        while (WaitForMessages())
        {
            group.Clear();
            _gathering.Fill(group, _channel.Reader);
            Interlocked.Increment(ref _groups);
            Filled?.Invoke(group.Count);
            if (!CommitAll(group)) return false;
        }
        return true;
    }

    // When nothing comes for a while, what is finished is noted: else the last messages before a pause would keep recovery,
    // after a kill much later, depending on directories that may be gone by then.
    private bool WaitForMessages()
    {
        var wait = _channel.Reader.WaitToReadAsync().AsTask();
        if (!wait.Wait(IdleTime)) RecordFinished();
        return wait.GetAwaiter().GetResult();
    }

    private void RunReleases()
    {
        while (_releases.TryTake(out var portion))
        {
            foreach (var message in portion)
            {
                try
                {
                    Release(message);
                }
                catch (Exception e)
                {
                    // A bug. The message is committed; the next start finds what is left of it.
                    _log.CannotBeReleased(e, message.Key.Id, e.Message);
                    _fatal(e.Message);
                }
            }
        }
    }

    private bool CommitAll(List<PreparedMessage> group)
    {
        try
        {
            var staged = SyncStaged(group);
            CrashPoint.Reach(CrashPoint.Synced);
            var recorded = Record(staged);
            CrashPoint.Reach(CrashPoint.Recorded);
            var visible = MakeVisible(recorded);
            CrashPoint.Reach(CrashPoint.Committed);
            foreach (var portion in visible.Chunk(ReleasePortion)) _releases.Add(portion);
            return true;
        }
        catch (Exception e)
        {
            // Nothing is touched any more: the locks go with the process, the files stay for Recovery.
            _log.OutcomeUnknown(e, e.Message);
            _channel.Writer.TryComplete();
            _fatal(e.Message);
            return false;
        }
    }

    private List<PreparedMessage> SyncStaged(List<PreparedMessage> group)
    {
        var outputs = group.SelectMany(m => m.Outputs).ToList();
        if (outputs.Count == 0) return group;
        try
        {
            if (_options.Sync == SyncMethod.Syncfs || (_options.Sync == SyncMethod.Auto && outputs.Count >= SyncfsFrom))
            {
                // held/ and the target may lie on different file systems: one syncfs each.
                var removed = _removals.Waiting;
                var places = outputs.Select(o => o.Pair.Place).DistinctBy(p => p.Status.Device).ToList();
                foreach (var place in places) place.SyncFileSystem();
                _removals.Synced(removed, [.. places.Select(p => p.Status.Device)]);
                return group;
            }
            foreach (var message in group)
            {
                foreach (var output in message.Outputs) output.Pair.SyncFiles(message.Source);
            }
            foreach (var place in Places(group)) place.Sync();
            return group;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var message in group) Undo(message, e.Message);
            return [];
        }
    }

    private List<PreparedMessage> Record(List<PreparedMessage> group)
    {
        if (group.Count == 0) return group;
        try
        {
            CommitWithFinished(group);
            return group;
        }
        catch (LedgerException e) when (!e.IsFatal)
        {
            foreach (var message in group) Undo(message, e.Message);
            return [];
        }
    }

    private void CommitWithFinished(List<PreparedMessage> group)
    {
        var finished = _removals.Take(all: group.Count == 0);
        if (group.Count == 0 && finished.Length == 0) return;
        var verbs = group.Where(m => m.Verb is not null).ToList();
        var executed = _ledger.Commit(group.SelectMany(m => m.Made.Prepend(m.Entry)), finished, group.SelectMany(m => m.Rates),
            verbs.Select(m => m.Verb!), group.Select(m => m.Notice?.Note).OfType<NoticeNote>());
        foreach (var (message, row) in verbs.Zip(executed)) message.Verb = row;
        _removals.Noted(finished.Length);
        // What is kept whole is told by the ledger.
        _tell(finished.Where(e => e.Expires > 0 && e.Remembered != Remembered.Whole).Select(e => e with { Staged = [] }));
    }

    private List<PreparedMessage> MakeVisible(List<PreparedMessage> group)
    {
        var visible = new List<PreparedMessage>(group.Count);
        var failed = new List<(PreparedMessage Message, string Reason)>();
        foreach (var message in group)
        {
            var renamed = 0;
            try
            {
                foreach (var output in message.Outputs)
                {
                    output.Pair.Commit();
                    renamed++;
                    CrashPoint.Reach(CrashPoint.Renamed);
                }
                visible.Add(message);
            }
            catch (IOException e)
            {
                // Our locks are on the bodies: Exim has not seen those that are renamed.
                foreach (var output in message.Outputs.Take(renamed)) output.Pair.Uncommit();
                failed.Add((message, e.Message));
            }
        }
        if (failed.Count > 0)
        {
            // The ledger says these are committed; first it must say they are not, only then may the staged files go.
            _ledger.TakeBack(failed.Select(f => f.Message.Before), failed.Select(f => f.Message.Verb).OfType<VerbRow>(), failed.SelectMany(f => f.Message.Made), failed.Select(f => f.Message.Notice?.Note).OfType<NoticeNote>(),
                failed.SelectMany(f => f.Message.Rates));
            foreach (var (message, reason) in failed) Undo(message, reason);
        }
        foreach (var place in Places(visible)) place.Sync();
        return visible;
    }

    private void Release(PreparedMessage message)
    {
        var isReleased = false;
        try
        {
            if (message.RemoveSource)
            {
                message.Source.RemoveHeader();
                CrashPoint.Reach(CrashPoint.HeaderRemoved);
                message.Source.RemoveRest();
                message.Key.Intake.RemoveLog(message.Key.Id);
                // Last: a note alone is found and removed by the next start.
                if (message.IsHeld) message.Source.Place.Unlink(SpoolStage.NoteName(message.Key.Id));
            }
            CrashPoint.Reach(CrashPoint.Removed);
            isReleased = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is delivered; the pair that stays is recognised by the next scan and removed then.
            _log.SourceStays(message.Key.Id, e.Message);
        }
        message.Dispose();
        var visible = message.Outputs.Where(o => o.ToTarget).Select(o => o.Pair).ToList();
        if (visible.Count > 0) _waker.Committed(visible);
        Interlocked.Decrement(ref _handedOver);
        _done(message, message.Outcome);
        // Behind all that asks for the record as it was decided.
        if (isReleased && message.RemoveSource) _removals.Add(message.Entry, message.Key.Intake, message.Source.Place);
        else if (isReleased && message.Outputs.Count > 0) _removals.Add(message.Entry);
    }

    private void Undo(PreparedMessage message, string reason)
    {
        foreach (var output in message.Outputs)
        {
            try
            {
                output.Pair.Abort();
            }
            catch (IOException e)
            {
                _log.StagedStays(message.Key.Id, e.Message);
            }
        }
        message.Dispose();
        Interlocked.Decrement(ref _handedOver);
        _done(message, message.Outcome.Undone(reason));
    }

    private void RecordFinished()
    {
        try
        {
            CommitWithFinished([]);
        }
        catch (LedgerException e)
        {
            // Only a note that saves Recovery some looking.
            _log.NotNoted(e.Message);
        }
    }

    // The folders as they were when the pairs were staged in them, by what they are: one that was exchanged meanwhile has a new descriptor.
    private static IEnumerable<SpoolFolder> Places(List<PreparedMessage> group) =>
        group.SelectMany(m => m.Outputs).Select(o => o.Pair.Place).DistinctBy(p => (p.Status.Device, p.Status.Inode));
}
