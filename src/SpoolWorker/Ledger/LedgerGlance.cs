// Looks at the ledger without a lock, a reader's slot or LMDB, for commands that only look. LMDB's own readers write into the lock file,
// so whoever may look would have to be let write there; and what stands in that file (the number of the newest transaction, the
// writers' mutex) decides what the worker writes next: a group that may look could stop the worker, or make it lose what it has
// committed. MDB_NOLOCK would do without, but pages change under such a reader, and the library ends the process over what it
// does not expect.
// What is read here is of one state all the same: a page of a committed state is written over by the third transaction after it
// at the soonest (mdb_find_oldest: without readers pages are free again that were given back two transactions before), and the
// second one has written over that state's meta page by then. So a look is good when that meta page is still the same behind it; else it is
// taken again. Each look is a few reads, and a walk through all records is one look a leaf. Throws LedgerException.
using System.Text;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>Records as they were a moment ago.</summary>
internal sealed class LedgerGlance : IDisposable
{
    private readonly StorePages _pages;

    private LedgerGlance(StorePages pages) => _pages = pages;

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
                if (pages.Find("meta", "format"u8) is { } format) MessageLedger.CheckFormat(format, path);
                return new LedgerGlance(pages);
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

    /// <summary>As <see cref="MessageLedger.Find"/>.</summary>
    public LedgerEntry? Find(string intake, MessageId id)
    {
        var key = MessageLedger.Key(intake, id);
        return _pages.Find(MessageLedger.EntriesName, key) is { } value ? MessageLedger.Parse(key, value) : null;
    }

    /// <summary>As <see cref="MessageLedger.FindAll"/>.</summary>
    public IReadOnlyList<LedgerEntry> FindAll(MessageId id)
    {
        var prefix = Encoding.ASCII.GetBytes(id + "/");
        return [.. _pages.From(MessageLedger.EntriesName, prefix).TakeWhile(row => row.Key.AsSpan().StartsWith(prefix))
            .Select(row => MessageLedger.TryParse(row.Key, row.Value) ?? MessageLedger.UnreadableEntry(id))];
    }

    /// <summary>As <see cref="MessageLedger.FindText"/>. What is written meanwhile is found or not.</summary>
    public IReadOnlyList<LedgerEntry> FindText(string text, int most)
    {
        var wanted = MessageLedger.AsStored(text);
        return [.. _pages.From(MessageLedger.EntriesName, []).Where(row => row.Value.AsSpan().IndexOf(wanted) >= 0)
            .Select(row => MessageLedger.TryParse(row.Key, row.Value)).OfType<LedgerEntry>().Take(most)];
    }

    public void Dispose() => _pages.Dispose();
}
