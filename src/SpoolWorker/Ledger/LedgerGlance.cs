// Looks at the ledger without a lock, a reader's slot or LMDB, for commands that only look. LMDB's own readers write into the lock file,
// so whoever may look would have to be let write there; and what stands in that file (the number of the newest transaction, the
// writers' mutex) decides what the worker writes next: a group that may look could stop the worker, or make it lose what it has
// committed. MDB_NOLOCK would do without, but pages change under such a reader, and the library ends the process over what it
// does not expect.
// What is read here is of one state all the same: a page of a committed state is written over by the third transaction after it
// at the soonest (mdb_find_oldest: without readers pages are free again that were given back two transactions before), and the
// second one has written over that state's meta page by then. So a look is good when that meta page is still the same behind it; else it is
// taken again. Each look is a few reads, and a walk through all records is one look a leaf.
// Of finished messages the ledger knows only that they are (FinishedDays); what became of them is told by the history beside it, as long
// as that is kept. What the ledger says goes first. Throws LedgerException.
using System.Text;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>Records as they were a moment ago.</summary>
internal sealed class LedgerGlance : IDisposable
{
    private readonly StorePages _pages;
    private readonly MessageHash? _hash;
    private readonly HistoryReader _history;
    private readonly long _keep;

    private LedgerGlance(StorePages pages, LedgerOptions options)
    {
        _pages = pages;
        _history = new HistoryReader(HistoryFiles.DirectoryOf(options));
        _keep = (long)options.Keep.TotalMilliseconds;
        Tag = pages.Find(LedgerFormat.MetaName, "tag"u8) is { } tag ? Encoding.ASCII.GetString(tag) : "";
        _hash = pages.Find(LedgerFormat.MetaName, LedgerFormat.HashKey) is { } key ? new MessageHash(key) : null;
    }

    /// <summary>See <see cref="MessageLedger.Tag"/>.</summary>
    public string Tag { get; }

    /// <summary>Opens the ledger of a directory; null when there is none.</summary>
    /// <exception cref="LedgerException">It may not be looked at, is damaged, or is of a later version.</exception>
    public static LedgerGlance? Open(LedgerOptions options)
    {
        var path = MessageLedger.FileOf(options);
        try
        {
            if (!Posix.Exists(path)) return null;
            if (StoreFile.Fault(path) is { } fault) throw new LedgerException($"ledger {path} {fault}", isFatal: false, StoreFault.Damaged);
            var pages = new StorePages(path);
            try
            {
                if (pages.Find(LedgerFormat.MetaName, "format"u8) is { } format) LedgerFormat.Check(format, path);
                return new LedgerGlance(pages, options);
            }
            catch
            {
                pages.Dispose();
                throw;
            }
        }
        catch (PosixException e) when (e.Errno is Errno.EACCES or Errno.EPERM)
        {
            throw new LedgerException($"ledger: {e.Message}. Run this as the worker's user or as root, or have Ledger:Group name a group you are in", isFatal: false, StoreFault.NoPermission);
        }
        catch (PosixException e)
        {
            throw new LedgerException($"ledger: {e.Message}", isFatal: false);
        }
    }

    /// <summary>The whole record of a message of an intake, or one that says that it is finished; null when nothing is known.</summary>
    public LedgerEntry? Find(string intake, MessageId id)
    {
        var key = WholeRecords.Key(intake, id);
        return _pages.Find(WholeRecords.EntriesName, key) is { } value ? WholeRecords.Parse(key, value) : Finished(intake, id)?.EntryFor(id.ToString(), asked: null, _keep);
    }

    /// <summary>All that is known of a message id, whatever the intake, in order; of a finished one with its history.</summary>
    public IReadOnlyList<LedgerEntry> FindAll(MessageId id)
    {
        var whole = Whole(id);
        var finished = _pages.From(LedgerTables.IntakesName, []).Select(row => Finished(Encoding.UTF8.GetString(row.Value), id)?.EntryFor(id.ToString(), asked: null, _keep)).OfType<LedgerEntry>();
        return LedgerEntry.Merge([.. finished, .. _history.FindAll(id), .. whole]);
    }

    /// <summary>The whole records of a message id, whatever the intake: of all that is open, or held.</summary>
    public IReadOnlyList<LedgerEntry> Whole(MessageId id)
    {
        var prefix = WholeRecords.Prefix(id);
        return [.. _pages.From(WholeRecords.EntriesName, prefix).TakeWhile(row => row.Key.AsSpan().StartsWith(prefix)).Select(row => WholeRecords.TryParse(row.Key, row.Value) ?? WholeRecords.UnreadableEntry(id))];
    }

    /// <summary>Records, and histories of finished messages, that hold a text, whatever it stands for there; at most so many, in order. What is written meanwhile is
    /// found or not.</summary>
    public IReadOnlyList<LedgerEntry> FindText(string text, int most)
    {
        var wanted = WholeRecords.AsStored(text);
        var whole = _pages.From(WholeRecords.EntriesName, []).Where(row => row.Value.AsSpan().IndexOf(wanted) >= 0)
            .Select(row => WholeRecords.TryParse(row.Key, row.Value)).OfType<LedgerEntry>().Take(most).ToList();
        return LedgerEntry.Merge([.. _history.FindText(wanted, most - whole.Count), .. whole]);
    }

    /// <summary>Why and until when messages wait.</summary>
    public IEnumerable<Deferral> Deferred() => _pages.From(WholeRecords.EntriesName, []).Select(row => WholeRecords.TryParse(row.Key, row.Value)?.Deferred).OfType<Deferral>();

    /// <summary>The audit in the order of its numbers, then the verbs that wait. What is executed meanwhile is told once or twice.</summary>
    /// <param name="unread">Called for each that cannot be read, as of a later version.</param>
    public IEnumerable<VerbRow> Verbs(Action? unread = null)
    {
        foreach (var (_, value) in _pages.From(VerbTable.AuditName, []).Concat(_pages.From(VerbTable.WaitingName, [])))
        {
            if (VerbJson.TryRead(value) is { } row) yield return row;
            else unread?.Invoke();
        }
    }

    /// <summary>The standing holds, in the order of their numbers.</summary>
    public IEnumerable<StandingHold> Standing() =>
        _pages.From(LedgerFormat.MetaName, StandingBook.Prefix.ToArray()).TakeWhile(row => row.Key.AsSpan().StartsWith(StandingBook.Prefix)).Select(row => StandingBook.Read(row.Key, row.Value));

    /// <summary>Pauses and skips that stand, whether their time is over or not.</summary>
    public IEnumerable<OrderRow> Orders()
    {
        var prefix = OrderBook.Prefix.ToArray();
        return _pages.From(LedgerFormat.MetaName, prefix).TakeWhile(row => row.Key.AsSpan().StartsWith(prefix)).Select(row => OrderJson.TryRead(row.Value)).OfType<OrderRow>();
    }

    /// <summary>The last run of a schedule; null when it never ran.</summary>
    public JobRun? Job(string name) => _pages.Find(LedgerFormat.MetaName, LastRuns.KeyOf(name)) is { } value ? LastRuns.TryRead(value) : null;

    /// <summary>What the last run of an upkeep job came to; null when it never ran.</summary>
    public JobReport? Report(string name) => _pages.Find(LedgerFormat.MetaName, LastRuns.ReportKeyOf(name)) is { } value ? JobReport.TryRead(value) : null;

    public void Dispose() => _pages.Dispose();

    private FinishedMessage? Finished(string intake, MessageId id)
    {
        if (_hash is null) return null;
        var message = _hash.OfMessage(intake, id);
        FinishedMessage? found = null;
        foreach (var (name, length) in new[] { (FinishedDays.MessagesName, FinishedDays.MessageRow), (FinishedDays.RecipientsName, FinishedDays.RecipientRow) })
        {
            var from = new byte[length];
            message.CopyTo(from, 0);
            foreach (var day in _pages.From(name, FinishedDays.Key(FinishedDays.FirstDay(id))))
            {
                foreach (var row in _pages.Duplicates(name, day.Key, from).TakeWhile(row => row.AsSpan().StartsWith(message)))
                    (found ??= new FinishedMessage(_hash, intake, message)).Add(FinishedDays.Day(day.Key), row);
            }
        }
        return found;
    }
}
