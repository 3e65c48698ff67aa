// The worker's memory, an LMDB store. What is not finished has a whole record by (message id, intake), with an index of those that still
// need work (WholeRecords). What is finished is a row of fixed length in the bucket of its day (FinishedDays), found by a keyed hash
// (MessageHash): who looks for a message looks for its record first, then in the days from its id's time on. What `trace` and `show` tell of
// finished messages is history, kept apart (HistoryFiles), and nothing here depends on it.
// A record becomes a row when its pair's removal is durable (Removals of Engine/Intakes), in the transaction that notes its commit as
// finished. Days are dropped whole, by Forgetting of Engine/Commit, which first carries over what still lies in an intake.
// Commit() is durable when it returns. It throws LedgerException: when IsFatal is false nothing was written and the caller may undo and try
// again; when it is true it cannot be known, and only a restart (see Recovery) may decide. Several processes may open it (forget beside
// the running worker); LMDB serialises writers. A transaction never crosses an await.
using System.Text;
using LightningDB;
using SpoolWorker.Ledger.Notices;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Ledger;

/// <summary>What is known of messages, by (message id, intake).</summary>
internal sealed class MessageLedger : IDisposable
{
    private const string FileName = "ledger.mdb";

    // The worker's tasks, and some hundred commands beside it.
    private const int MostReaders = 512;

    private readonly LmdbStore _store;
    private readonly LedgerTables _tables;
    private readonly UntoldTally _untold;
    private readonly long _keep;

    private MessageLedger(LmdbStore store, LedgerUser user, TimeSpan keep)
    {
        _store = store;
        _keep = (long)keep.TotalMilliseconds;
        (_tables, Tag) = store.Write(transaction =>
        {
            var tables = LedgerTables.Open(transaction, user, store.Path);
            return (tables, LedgerFormat.ReadOrMakeTag(transaction, tables.Meta));
        });
        Verbs = new VerbBook(store, _tables.Verbs);
        Standing = new StandingBook(store, _tables.Meta, _tables.Verbs);
        Runs = new LastRuns(store, _tables.Meta);
        Orders = new OrderBook(store, _tables.Meta, _tables.Verbs);
        _untold = new UntoldTally(_tables.Meta);
    }

    /// <summary>Eight letters and digits made with this ledger: marks the files it stages.</summary>
    public string Tag { get; }

    /// <summary>How full it is.</summary>
    /// <exception cref="LedgerException">It cannot be read.</exception>
    public LedgerSize Size => _store.Read(transaction => new LedgerSize(_store.PageSize * _tables.Pages(transaction), new FileInfo(_store.Path).Length, _store.MapSize));

    /// <summary>What operators asked for.</summary>
    public VerbBook Verbs { get; }

    /// <summary>Holds of what comes.</summary>
    public StandingBook Standing { get; }

    /// <summary>When schedules ran last.</summary>
    public LastRuns Runs { get; }

    /// <summary>Pauses and skips that stand.</summary>
    public OrderBook Orders { get; }

    /// <summary>Held mail that administrators are still to be told of.</summary>
    /// <exception cref="LedgerException">It cannot be read.</exception>
    public Untold Untold => _store.Read(_untold.Read);

    private WholeRecords Records => _tables.Records;

    private FinishedDays Days => _tables.Days;

    /// <summary>Opens the ledger in a directory, making both when they are not there.</summary>
    /// <exception cref="LedgerException">The file cannot be opened, is not a ledger, or is one of another version.</exception>
    public static MessageLedger Open(LedgerOptions options, LedgerUser user = LedgerUser.Command)
    {
        var store = LmdbStore.Open(new StorePlan("ledger", Path.Combine(options.Path, FileName), options.MapSize, "Ledger:MapSize", LedgerTables.Most, MostReaders,
            "If it cannot be had back as it was, move it away: the worker starts a new one and may send again what was just handed over"));
        try
        {
            return new MessageLedger(store, user, options.Keep);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Opens it for the worker, which holds the ledger's lock, and brings one of an earlier version up.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="now">The time.</param>
    /// <param name="progress">Told, when it is brought up, how many records were looked at so far.</param>
    /// <exception cref="LedgerException">As for a command.</exception>
    public static MessageLedger OpenForWorker(LedgerOptions options, DateTimeOffset now, Action<long>? progress = null)
    {
        var ledger = Open(options, LedgerUser.Worker);
        try
        {
            ledger.Upgrade(now.ToUnixTimeMilliseconds(), progress);
            return ledger;
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a ledger, without making one.</summary>
    public static bool Exists(LedgerOptions options) => Posix.Exists(FileOf(options));

    /// <summary>Its file, there or not.</summary>
    public static string FileOf(LedgerOptions options) => Path.Combine(Path.GetFullPath(options.Path), FileName);

    /// <summary>The whole record of a message of an intake; null when there is none: then it may be known as finished all the same.</summary>
    /// <exception cref="LedgerException">It cannot be read; then nothing is known of the message.</exception>
    public LedgerEntry? Find(string intake, MessageId id) => _store.Read(transaction => Records.Get(transaction, WholeRecords.Key(intake, id)));

    /// <summary>All that is known of a message that came, as a record: which of its recipients are settled, and whether it is another message than the
    /// one that is known by that id (its fingerprint differs then). Null when nothing is known.</summary>
    /// <exception cref="LedgerException">It cannot be read; then nothing is known of the message.</exception>
    public LedgerEntry? Find(string intake, MessageId id, AskedMessage asked) => _store.Read(transaction =>
    {
        var whole = Records.Get(transaction, WholeRecords.Key(intake, id));
        if (Days.Find(transaction, intake, id) is not { } rows) return whole;
        if (whole is null) return rows.EntryFor(id.ToString(), asked, _keep);
        // One that came again with a new recipient: those of the days before are settled as well, and have their copies.
        if ((whole.Fingerprint.Length > 0 && whole.Fingerprint != asked.Fingerprint) || rows.SettledOf(asked) is not { Count: > 0 } settled) return whole;
        return whole with
        {
            Done = whole.Done.Concat(settled.Where(s => !whole.Done.ContainsKey(s.Key))).ToDictionary(),
            Copies = FinishedMessage.CopiesOf(asked, settled) is { } copies ? [.. (whole.Copies ?? []).Union(copies)] : whole.Copies,
        };
    });

    /// <summary>Whether a message of an intake is known, and nothing is left to do for it.</summary>
    /// <exception cref="LedgerException">It cannot be read; then nothing is known of the message.</exception>
    public bool IsSettled(string intake, MessageId id) => _store.Read(transaction =>
        Records.Get(transaction, WholeRecords.Key(intake, id)) is { } whole ? whole is { IsSettled: true, Deferred: null } : Days.Find(transaction, intake, id) is not null);

    /// <summary>All that is known of a message id, whatever the intake, in order.</summary>
    /// <exception cref="LedgerException">It cannot be read.</exception>
    public IReadOnlyList<LedgerEntry> FindAll(MessageId id) => _store.Read(transaction => All(transaction, id));

    /// <summary>Whole records whose bytes hold a text, whatever it stands for there; at most so many, in order.</summary>
    /// <exception cref="LedgerException">They cannot be read.</exception>
    public IReadOnlyList<LedgerEntry> FindText(string text, int most) => _store.Read(transaction =>
    {
        var wanted = WholeRecords.AsStored(text);
        return LedgerEntry.InOrder(Records.Where(transaction, value => value.IndexOf(wanted) >= 0, most));
    });

    /// <summary>Records that still need work: staged, deferred, or in the middle of failing.</summary>
    /// <exception cref="LedgerException">They cannot be read.</exception>
    public IReadOnlyList<LedgerEntry> Open() => _store.Read(Records.Open);

    /// <summary>Writes records, durably, all or none.</summary>
    /// <param name="entries">Records to write.</param>
    /// <param name="finished">Records whose staged pairs are known to be visible: the note of them goes. One that is settled is remembered by its
    /// day from then on: the removal of its pair is durable.</param>
    /// <param name="rates">What the notifications among them leave of their addresses' allowances.</param>
    /// <param name="verbs">Verbs that are executed with them.</param>
    /// <param name="notices">What administrators are told of them, or not.</param>
    /// <returns>Those verbs as they stand in the audit, in their order.</returns>
    /// <exception cref="LedgerException">See <see cref="LedgerException.IsFatal"/>.</exception>
    public IReadOnlyList<VerbRow> Commit(IEnumerable<LedgerEntry> entries, IEnumerable<LedgerEntry> finished, IEnumerable<AddressRate>? rates = null, IEnumerable<VerbRow>? verbs = null, IEnumerable<NoticeNote>? notices = null)
    {
        var (named, executed) = (new List<string>(), new List<VerbRow>());
        _store.Write(transaction =>
        {
            foreach (var entry in finished)
            {
                if (Finish(transaction, entry)) named.Add(entry.Intake);
            }
            foreach (var entry in entries) Records.Put(transaction, entry);
            foreach (var rate in rates ?? []) _tables.Rates.Put(transaction, rate);
            foreach (var verb in verbs ?? []) executed.Add(_tables.Verbs.Execute(transaction, verb));
            foreach (var note in notices ?? []) _untold.Apply(transaction, note);
        });
        foreach (var path in named) _tables.HasNamed(path);
        return executed;
    }

    /// <summary>Writes records as they were before a commit that is undone.</summary>
    /// <param name="before">Those that were made of rows go: the rows are there still.</param>
    /// <param name="verbs">Verbs that were executed with them wait again.</param>
    /// <param name="made">Records that were made with them go.</param>
    /// <param name="notices">What was noted of notices with them.</param>
    /// <param name="rates">What the notifications among them took of their addresses' allowances.</param>
    /// <exception cref="LedgerException">See <see cref="LedgerException.IsFatal"/>.</exception>
    public void TakeBack(IEnumerable<LedgerEntry> before, IEnumerable<VerbRow> verbs, IEnumerable<LedgerEntry>? made = null, IEnumerable<NoticeNote>? notices = null, IEnumerable<AddressRate>? rates = null) => _store.Write(transaction =>
    {
        foreach (var rate in rates ?? []) _tables.Rates.TakeBack(transaction, rate);
        foreach (var note in notices ?? []) _untold.Apply(transaction, note.Undone);
        foreach (var entry in made ?? []) Records.Remove(transaction, WholeRecords.Key(entry));
        foreach (var verb in verbs) _tables.Verbs.TakeBack(transaction, verb);
        foreach (var entry in before)
        {
            if (entry.Rows is null) Records.Put(transaction, entry);
            else Records.Remove(transaction, WholeRecords.Key(entry));
        }
    });

    /// <summary>Records a letter of the worker's own that is staged, and the run of the schedule that it comes of: a run has one letter, whatever kills the worker.</summary>
    /// <exception cref="LedgerException">See <see cref="LedgerException.IsFatal"/>.</exception>
    public void CommitLetter(LedgerEntry letter, string job, JobRun run, AddressRate? rate = null, NoticeNote? notice = null) => _store.Write(transaction =>
    {
        Records.Put(transaction, letter);
        Runs.Put(transaction, job, run);
        if (rate is not null) _tables.Rates.Put(transaction, rate);
        if (notice is not null) _untold.Apply(transaction, notice);
    });

    /// <summary>Takes that back: the letter did not go.</summary>
    /// <param name="letter">Its record.</param>
    /// <param name="job">The schedule.</param>
    /// <param name="before">Its run before; null: there was none.</param>
    /// <param name="rate">What it took of its allowance.</param>
    /// <param name="notice">What was noted with it.</param>
    /// <exception cref="LedgerException">See <see cref="LedgerException.IsFatal"/>.</exception>
    public void TakeBackLetter(LedgerEntry letter, string job, JobRun? before, AddressRate? rate = null, NoticeNote? notice = null) => _store.Write(transaction =>
    {
        Records.Remove(transaction, WholeRecords.Key(letter));
        Runs.Put(transaction, job, before);
        if (rate is not null) _tables.Rates.TakeBack(transaction, rate);
        if (notice is not null) _untold.Apply(transaction, notice.Undone);
    });

    /// <summary>When an address's allowance of notifications is whole again, Unix milliseconds; 0 when it is.</summary>
    /// <exception cref="LedgerException">It cannot be read.</exception>
    public long FindRate(string key) => _store.Read(transaction => _tables.Rates.Find(transaction, key));

    /// <summary>Drops allowances that are whole again, at most <paramref name="most"/> a call. Returns how many.</summary>
    public int SweepRates(DateTimeOffset now, int most) => _store.Write(transaction => _tables.Rates.Sweep(transaction, now, most));

    /// <summary>Forgets a message: its id is let through again. Returns what was forgotten.</summary>
    public IReadOnlyList<LedgerEntry> Forget(MessageId id) => _store.Write(transaction =>
    {
        var forgotten = All(transaction, id);
        foreach (var key in Records.KeysOf(transaction, id)) Records.Remove(transaction, key);
        foreach (var intake in _tables.NamedIntakes(transaction)) Days.Remove(transaction, intake, id);
        return forgotten;
    });

    /// <summary>Forgets a message of one intake.</summary>
    public void Forget(string intake, MessageId id) => _store.Write(transaction =>
    {
        Records.Remove(transaction, WholeRecords.Key(intake, id));
        Days.Remove(transaction, intake, id);
    });

    /// <summary>Forgets whole records that are older than their time, at most <paramref name="most"/> a call. Returns how many.</summary>
    /// <param name="now">The time.</param>
    /// <param name="most">Most records to look at.</param>
    /// <param name="keep">Shown what is due, outside of any transaction; says which records live on, as they are to stand.</param>
    public int Expire(DateTimeOffset now, int most, Func<IReadOnlyList<LedgerEntry>, IReadOnlyList<LedgerEntry>>? keep = null)
    {
        var limit = now.ToUnixTimeMilliseconds();
        var due = _store.Read(transaction => Records.Due(transaction, limit, most));
        if (due.Count == 0) return 0;
        var longer = new Dictionary<string, LedgerEntry>();
        if (keep is not null)
        {
            var entries = _store.Read(transaction => due.Select(row => Records.DueStill(transaction, row)).OfType<LedgerEntry>().ToList());
            foreach (var entry in keep(entries)) longer[Encoding.ASCII.GetString(WholeRecords.Key(entry))] = entry;
        }
        // Looked at again: between the transactions a message may have come again under this id, with a new time or a commit.
        return _store.Write(transaction => due.Count(row =>
        {
            if (!longer.TryGetValue(Encoding.ASCII.GetString(row.Key), out var entry)) return Records.TryExpire(transaction, row, limit);
            if (Records.DueStill(transaction, row) is not null) Records.Put(transaction, entry);
            return false;
        }));
    }

    /// <summary>The last of the days that are over for longer than is kept; null when there is none.</summary>
    public long? LastDueDay(DateTimeOffset now) => _store.Read(transaction => Days.Due(transaction, now.ToUnixTimeMilliseconds(), _keep)) is { Count: > 0 } due ? due[^1] : null;

    /// <summary>Intakes the finished messages came from.</summary>
    public IReadOnlyList<string> Intakes() => _store.Read(_tables.NamedIntakes);

    /// <summary>Messages that are to be known for as long as if they had been finished today, if they are known by a day up to this one. Returns how many.</summary>
    public int CarryOver(string intake, IReadOnlyCollection<MessageId> ids, long lastDay, DateTimeOffset now)
    {
        var known = _store.Read(transaction => ids.Where(id => Days.IsIn(transaction, intake, id, lastDay)).ToList());
        if (known.Count > 0) _store.Write(transaction => known.ForEach(id => Days.CarryOver(transaction, intake, id, lastDay, FinishedDays.DayOf(now.ToUnixTimeMilliseconds()))));
        return known.Count;
    }

    /// <summary>Forgets the days up to one, if they are still due. Returns how many rows went.</summary>
    public long DropDays(long lastDay, DateTimeOffset now) => _store.Write(transaction =>
        Days.Due(transaction, now.ToUnixTimeMilliseconds(), _keep) is { Count: > 0 } due ? Days.Drop(transaction, Math.Min(lastDay, due[^1])) : 0);

    /// <summary>Number of whole records.</summary>
    public long Count => _store.Read(Records.Count);

    /// <summary>Number of rows of finished messages.</summary>
    public long CountFinished => _store.Read(Days.Count);

    public void Dispose()
    {
        _tables.Dispose();
        _store.Dispose();
    }

    private IReadOnlyList<LedgerEntry> All(LightningTransaction transaction, MessageId id)
    {
        var whole = Records.KeysOf(transaction, id).Select(key => Records.GetReadable(transaction, key) ?? WholeRecords.UnreadableEntry(id)).ToList();
        var finished = _tables.NamedIntakes(transaction).Where(intake => !whole.Exists(e => e.Intake == intake)).Select(intake => Days.Find(transaction, intake, id)?.EntryFor(id.ToString(), asked: null, _keep)).OfType<LedgerEntry>();
        return LedgerEntry.InOrder(whole.Concat(finished));
    }

    // True when its intake was noted. The record may have been written anew since: only what it says of these staged pairs and that -H is settled.
    private bool Finish(LightningTransaction transaction, LedgerEntry entry)
    {
        var key = WholeRecords.Key(entry);
        var now = Records.GetReadable(transaction, key, entry);
        if (now is null || now.Judged != entry.Judged || !now.Staged.SequenceEqual(entry.Staged)) return false;
        if (now.Expires > 0 && Days.TryPut(transaction, now, now.Expires - _keep))
        {
            _tables.NameIntake(transaction, now.Intake);
            Records.Remove(transaction, key, now);
            return true;
        }
        if (now.Staged.Count > 0) Records.Put(transaction, now with { Staged = [] });
        return false;
    }

    private void Upgrade(long now, Action<long>? progress)
    {
        var hasRecords = _store.Read(transaction => LedgerFormat.IsUpgrading(transaction, _tables.Meta));
        if (_tables.WasEarlier && !hasRecords) progress?.Invoke(0);
        if (!hasRecords) return;
        var held = _store.Read(transaction => LedgerFormat.HeldIds(Records.All(transaction)));
        var seen = 0L;
        for (var moved = 1; moved > 0;)
        {
            progress?.Invoke(seen);
            moved = _store.Write(transaction => LedgerFormat.Upgrade(transaction, _tables, held, _keep, now));
            seen += moved;
        }
    }
}
