// Where the verbs of the ledger meet the messages. The rows are the truth, looked at at the start and from time to time; a command that writes one says
// so (VerbSignal), so that it is seen at once. A message with a row is queued as any other and the row executed by whoever works on it, under the
// message's lock: the first of them, then the message comes again for the next. What cannot be done is settled here, with the reason.
using System.Collections.Concurrent;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Verbs;

/// <summary>Verbs that wait for their messages.</summary>
/// <param name="ledger">Where they are.</param>
/// <param name="held"><c>held/</c>, as verbs take from it.</param>
/// <param name="intakes">The intakes as they are now.</param>
/// <param name="queue">Where messages are queued.</param>
/// <param name="standing">Holds of what comes: commands tell of them as they do of verbs.</param>
/// <param name="audit">What the audit may take.</param>
/// <param name="clock">Dates.</param>
internal sealed class VerbDesk(MessageLedger ledger, Intake held, Func<IReadOnlyList<Intake>> intakes, ProcessingQueue queue, StandingHolds standing, AuditOptions audit, TimeProvider clock)
{
    // Pauses, standing holds and retries are looked at between.
    private static readonly TimeSpan While = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<MessageKey, bool> _wanted = new();
    private long _seen;

    /// <summary>Set: no message is worked on but for a verb.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Whether a message lies in <c>held/</c>.</summary>
    public bool IsHeld(MessageKey key) => key.Intake.Equals(held);

    /// <summary>Whether a message is worked on for a verb only.</summary>
    public bool NeedsVerb(MessageKey key) => IsAlone || IsHeld(key);

    /// <summary>Whether a verb waits for a message, as far as was seen: it has its turn whatever the message waits for.</summary>
    public bool Wants(MessageKey key) => !_wanted.IsEmpty && _wanted.ContainsKey(key);

    /// <summary>Queues the messages of all rows, or of some. Returns how many rows wait for these messages: of some, those before them count as well, which have their turn first.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read or written.</exception>
    public async Task<int> LookAsync(IReadOnlySet<long>? only, CancellationToken cancellationToken) => (await QueueAsync(only, null, cancellationToken).ConfigureAwait(false)).Rows;

    /// <summary>Queues the messages of rows for a while: beside 100,000 of them the worker has other things to look at. Those that were written since the last look come first, so
    /// that one message need not wait for a flood that was asked for before.</summary>
    /// <returns>Whether there may be more to queue now.</returns>
    /// <exception cref="LedgerException">The ledger cannot be read or written.</exception>
    public async Task<bool> LookForAWhileAsync(CancellationToken cancellationToken) => !(await QueueAsync(null, While, cancellationToken).ConfigureAwait(false)).IsWhole;

    private async Task<(int Rows, bool IsWhole)> QueueAsync(IReadOnlySet<long>? only, TimeSpan? most, CancellationToken cancellationToken)
    {
        if (only is null) standing.Look();
        var (rows, began, seen) = (0, clock.GetTimestamp(), Interlocked.Read(ref _seen));
        var (messages, places) = (Messages(only), new Dictionary<string, Intake?>());
        if (messages.Count > 0) Interlocked.Exchange(ref _seen, Math.Max(seen, messages.Max(m => m.Last)));
        foreach (var message in messages.Where(m => m.Last > seen).Concat(messages.Where(m => m.Last <= seen)))
        {
            if (!places.TryGetValue(message.Intake, out var intake)) places[message.Intake] = intake = IntakeOf(message.Intake);
            if (intake is null)
            {
                SettleStrangers(message.Id);
                continue;
            }
            if (most is { } time && clock.GetElapsedTime(began) > time) return (rows, false);
            var key = new MessageKey(intake, message.Id);
            _wanted[key] = true;
            rows += message.Rows;
            await queue.AddAsync(key, Lane.Again, cancellationToken).ConfigureAwait(false);
        }
        return (rows, true);
    }

    private List<(string Intake, MessageId Id, int Rows, long Last)> Messages(IReadOnlySet<long>? only)
    {
        var messages = new List<(string Intake, MessageId Id, int Rows, long Last)>();
        // Rows of a message stand together.
        var (keys, at) = (ledger.Verbs.Keys(), 0);
        while (at < keys.Count)
        {
            var (first, end) = (keys[at], at + 1);
            while (end < keys.Count && keys[end].Id == first.Id && keys[end].Intake == first.Intake) end++;
            if (only is null || Enumerable.Range(at, end - at).Any(i => only.Contains(keys[i].Number))) messages.Add((first.Intake, first.Id, end - at, keys[end - 1].Number));
            at = end;
        }
        return messages;
    }

    // Of an intake that is configured no more.
    private void SettleStrangers(MessageId id)
    {
        var strangers = ledger.Verbs.Waiting().Where(r => r.Id == id.ToString() && IntakeOf(IntakeHash.Of(r.Intake)) is null);
        ledger.Verbs.Settle([.. strangers.Select(r => Settled(r, VerbResult.NotThere, $"{r.Intake} is no place of this worker's"))]);
    }

    /// <summary>The verb whose turn it is; null when none waits. To be asked when the message cannot be another's any more.</summary>
    public VerbRow? Next(MessageKey key)
    {
        // What was written since the last look counts as well: it is one look into a tree that is empty but for operators.
        var row = ledger.Verbs.First(key.Intake.Path, key.Id.ToString());
        if (row is null) _wanted.TryRemove(key, out _);
        else _wanted[key] = true;
        return row;
    }

    /// <summary>The message stays as it is: settles the row, and ends the look.</summary>
    public Outcome Refuse(Look look, VerbRow row, VerbResult result, string why)
    {
        ledger.Verbs.Settle([Settled(row, result, why)]);
        return look.Left(LeftCause.Verb, result == VerbResult.Done ? $"{row.By} ({why})" : $"not {row.By} ({why})");
    }

    /// <summary>A look that ended before the message could be read: what that means for the verb.</summary>
    public Outcome NotRead(Look look, VerbRow row, Outcome ended)
    {
        // Comes back, or is given up in the end.
        if (ended.Is(OutcomeKind.NotReady)) return ended;
        var (result, why) = ended.Fates[0].Kind switch
        {
            OutcomeKind.Gone => (VerbResult.NotThere, Gone(look.Key)),
            OutcomeKind.Corrupt => (VerbResult.Unreadable, $"it cannot be read in {look.Key.Intake.Path}: {ended.Reason}. When that is put right, its files may be put back; see: spoolworker list --corrupt"),
            OutcomeKind.Removed => (VerbResult.NotThere, ended.Reason),
            _ => (VerbResult.NotNow, ended.Reason),
        };
        ledger.Verbs.Settle([Settled(row, result, why)]);
        return ended;
    }

    /// <summary>It was not ready each time it was looked at.</summary>
    public void GiveUp(MessageKey key)
    {
        try
        {
            if (Next(key) is { } row) ledger.Verbs.Settle([Settled(row, VerbResult.NotNow, "it is locked by another process, or half written; try again")]);
        }
        catch (LedgerException)
        {
            // The next look finds the row, and tells of the ledger.
        }
    }

    /// <summary>Whether the audit takes one more deletion: without its row nothing would tell of the message.</summary>
    public bool HasRoom(VerbRow row) => ledger.Verbs.HasRoom(row, audit.MaxBytes);

    /// <summary>Forgets what the audit need not keep.</summary>
    public AuditSweep Sweep() => ledger.Verbs.Sweep(clock.GetUtcNow(), audit.Keep, audit.MaxBytes);

    private VerbRow Settled(VerbRow row, VerbResult result, string why) => row with { Result = result, Told = why, Executed = clock.GetUtcNow().ToUnixTimeMilliseconds() };

    // What is held is locked while something is wanted of it: two workers with different ledgers would send it twice.
    private Intake? IntakeOf(string hash)
    {
        if (hash != IntakeHash.Of(held.Path)) return intakes().FirstOrDefault(i => IntakeHash.Of(i.Path) == hash);
        held.Claim();
        return held;
    }

    private string Gone(MessageKey key)
    {
        var known = ledger.FindAll(key.Id).FirstOrDefault(e => e.Intake == key.Intake.Path && e.Done.Count > 0);
        if (known is null) return $"it is not in {key.Intake.Path} any more";
        var how = string.Join(", ", known.Done.Values.Distinct());
        return IsHeld(key) ? $"it is held no more: it was {(how.StartsWith(LedgerFormat.Requeued, StringComparison.Ordinal) ? "released" : "settled")} before ({how})" : $"it was settled before ({how})";
    }
}
