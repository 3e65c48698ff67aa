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
    private readonly ConcurrentDictionary<MessageKey, bool> _wanted = new();

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
    public async Task<int> LookAsync(IReadOnlySet<long>? only, CancellationToken cancellationToken)
    {
        if (only is null) standing.Look();
        var rows = 0;
        foreach (var message in ledger.Verbs.Waiting().GroupBy(r => (r.Intake, r.Id)).Where(m => only is null || m.Any(r => only.Contains(r.Number))))
        {
            if (!MessageId.TryParse(message.Key.Id.AsSpan(), out var id) || IntakeOf(message.Key.Intake) is not { } intake)
            {
                ledger.Verbs.Settle([.. message.Select(r => Settled(r, VerbResult.NotThere, $"{message.Key.Intake} is no place of this worker's"))]);
                continue;
            }
            var key = new MessageKey(intake, id);
            _wanted[key] = true;
            rows += message.Count();
            await queue.AddAsync(key, Lane.Again, cancellationToken).ConfigureAwait(false);
        }
        return rows;
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
            OutcomeKind.Corrupt => (VerbResult.Unreadable, "it cannot be read and was moved to corrupt/; see: spoolworker list --corrupt"),
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
    public int Sweep() => ledger.Verbs.Sweep(clock.GetUtcNow(), audit.Keep, audit.MaxBytes);

    private VerbRow Settled(VerbRow row, VerbResult result, string why) => row with { Result = result, Told = why, Executed = clock.GetUtcNow().ToUnixTimeMilliseconds() };

    // What is held is locked while something is wanted of it: two workers with different ledgers would send it twice.
    private Intake? IntakeOf(string path)
    {
        if (path != held.Path) return intakes().FirstOrDefault(i => i.Path == path);
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
