// What is to become of a message that was read: what its record and the file itself say first (frozen, not its time, come back out of
// the target, another message's id, nobody left), then what operators want held of what comes, then the passes. Whatever is decided is staged here, and committed elsewhere.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Reading;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>A message that was judged: ready to be committed, or ended as it is. One of the two.</summary>
internal readonly record struct Judged(PreparedMessage? Prepared, Outcome? Outcome);

/// <summary>What is counted, or told once, of all messages, by whatever configuration they are judged.</summary>
/// <param name="log">Where it is told.</param>
internal sealed class JudgeNotes(ILogger<MessageJudge> log)
{
    private int _cureTold;
    private long _repaired;

    /// <summary>Messages whose -H was put right: its line count, or the order of its non-recipients.</summary>
    public long Repaired => Interlocked.Read(ref _repaired);

    /// <summary>One was.</summary>
    public void AddRepaired(MessageId id, string repairs)
    {
        Interlocked.Increment(ref _repaired);
        log.Repaired(id, repairs);
    }

    /// <summary>The queuefile transport is called once a recipient: said once.</summary>
    public void TellCure(MessageId id)
    {
        if (Interlocked.Exchange(ref _cureTold, 1) == 0) log.QueuefileRepeats(id);
    }
}

/// <summary>Judges messages.</summary>
internal sealed class MessageJudge(MessageRecords records, ChainRunner passes, StandingHolds standing, Stager stager, Waiting waiting, EngineOptions options, TimeProvider clock, JudgeNotes notes)
{
    public async ValueTask<Judged> JudgeAsync(Look look, SpoolPair pair, ReadPair read, CancellationToken cancellationToken)
    {
        var (key, header) = (look.Key, read.Header);
        if (header.IsFrozen && !options.TakeFrozen) return Frozen(look, pair, header);
        var fingerprint = Fingerprint.Of(header, pair.DataStatus.Size);
        // Where recipients may come one by one, a new one makes no other message of it.
        var addressed = key.Intake.Kind == IntakeKind.Queuefile ? "" : Fingerprint.OfRecipients(header);
        if (records.Of(key, read, new AskedMessage(fingerprint, addressed, header.Recipients.Select(r => LedgerEntry.Text(r.Address.Span)))) is not { } before)
        {
            waiting.Withhold(key);
            return Left(look, LeftCause.Undecidable);
        }
        if (before.Fingerprint == fingerprint) header = Copies.AddTo(header, before.Copies);
        var attempt = new Attempt(look, pair, header, before, before with { Fingerprint = before.Fingerprint.Length == 0 ? fingerprint : before.Fingerprint, Addressed = addressed });
        var now = clock.GetUtcNow();
        if (StillWaits(before, read, now) is { } deferral)
        {
            waiting.Defer(key, deferral);
            return Left(look, LeftCause.Waits);
        }
        attempt = attempt with { Entry = attempt.Entry.WithWait(now.ToUnixTimeMilliseconds()) };
        var open = header.Pending;
        // Not a repetition, whatever its id says: removed as one it would be lost.
        if (open.Any() && ReturnedPair.Reason(pair, header, key.Intake.Kind, attempt.Entry, stager.Target) is { } returned)
            // It has been through the passes.
            return Hold(attempt with { Entry = attempt.Entry with { Fingerprint = fingerprint } }, open, returned, HeldState.Nothing);
        // Another message under an id we have seen: neither to be lost nor to be taken for the first one.
        if (attempt.Entry.Fingerprint != fingerprint)
        {
            return Hold(attempt with { Entry = new LedgerEntry { Intake = before.Intake, Id = before.Id, FirstSeen = before.FirstSeen, Fingerprint = fingerprint, Addressed = addressed, Done = before.Done } },
                open, $"another message came under the id {key.Id} before (other sender, time, size or recipients)");
        }
        var pending = open.Where(r => !before.Done.ContainsKey(LedgerEntry.Text(r.Address.Span))).ToList();
        if (pending.Count == 0) return Finished(attempt);
        if (before.Failures >= options.MaxAttempts)
            return Hold(attempt with { Entry = attempt.Entry with { Failures = 0 } }, pending, $"failed {before.Failures} times, last: {before.LastFailure}");
        if (read.Miscounted is { } wrong && options.LineCount == LineCountPolicy.Hold) return Hold(attempt, pending, wrong.Reason);
        // Once a message, not once an attempt.
        if (before is { Deferrals: 0, Failures: 0, CameTo: null }) TellRepairs(key, read);
        if (standing.Find(key, header, before.Done) is { } hold)
        {
            attempt = attempt with { Verb = hold };
            return Stage(attempt, VerbJudge.Decided(attempt, pending));
        }
        return Stage(attempt, await passes.RunAsync(attempt, pending, isUrgent: false, cancellationToken).ConfigureAwait(false));
    }

    // Of what an earlier process deferred there is only the date to go by. What waits for the hours of a pass, or the end of its pause, goes by those it has now.
    private Deferral? StillWaits(LedgerEntry before, ReadPair read, DateTimeOffset now)
    {
        if (before.Deferred is not { } deferral) return null;
        if (deferral.IsPlanned) return passes.WaitAt(deferral.Pass, before.CameTo, now) is { } wait ? deferral with { Next = wait.Next.ToUnixTimeMilliseconds() } : null;
        return !read.HasWaited && deferral.Left(now) > TimeSpan.Zero ? deferral : null;
    }

    private Judged Stage(Attempt attempt, Verdict verdict)
    {
        var prepared = stager.Stage(attempt, verdict);
        if (prepared.Entry.Deferred is { } deferral) waiting.Defer(attempt.Key, deferral);
        return new Judged(prepared, null);
    }

    private Judged Hold(Attempt attempt, IEnumerable<Recipient> pending, string reason, string behind = "")
    {
        var disposition = Disposition.Hold(reason);
        var none = new Dictionary<string, string>();
        return Stage(attempt, new Verdict(attempt.Header, attempt.Header, [.. pending.Select(r => new RecipientVerdict(r.Address, r, disposition, "") { At = new ChainPoint(behind, attempt.Header, null, r, none) })], none, ServiceDown: false));
    }

    private static Judged Left(Look look, LeftCause cause) => new(null, look.Left(cause));

    private Judged Frozen(Look look, SpoolPair pair, HeaderFile header)
    {
        var isNews = waiting.LeaveFrozen(look.Key, pair.HeaderStatus);
        return new Judged(null, look.Left(LeftCause.Frozen, "frozen (Engine:TakeFrozen takes it)").About(header, pair.HeaderBytes.Length + pair.DataStatus.Size) with { IsNews = isNews });
    }

    // No recipient is left: the pair is a repetition (queuefile), or a crash came between commit and removal, or Exim had
    // delivered to all and not tidied up. The ledger has to know before -H goes: a crash then leaves a -D that Recovery can judge.
    private Judged Finished(Attempt attempt)
    {
        var (key, entry) = (attempt.Key, attempt.Entry);
        if (entry.Expires == 0) return new Judged(stager.Settled(attempt), null);
        try
        {
            attempt.Pair.Remove();
        }
        catch (IOException e)
        {
            // Settled it is; a file that does not go is no reason to judge the message again.
            var isNews = waiting.LeaveForbidden(key);
            waiting.Defer(key, Deferral.In(clock.GetUtcNow(), options.RetryFirst, "", e.Message));
            return new Judged(null, attempt.Look.Left(LeftCause.NotRemoved, $"it cannot be removed from the intake yet: {e.Message}").About(attempt.Header, attempt.Size) with { IsNews = isNews });
        }
        key.Intake.RemoveLog(key.Id);
        if (key.Intake.Kind == IntakeKind.Queuefile) notes.TellCure(key.Id);
        var reason = entry.Done.Count > 0 ? $"all {entry.Done.Count} recipients were settled before ({entry.Done.Values.First()})" : Stager.DeliveredBefore;
        return new Judged(null, attempt.Look.As(OutcomeKind.Suppressed, reason).About(attempt.Header, attempt.Size) with { IsSettled = true, Settled = entry.Done.Keys });
    }

    private void TellRepairs(MessageKey key, ReadPair read)
    {
        if (read is { Disorder: null, Miscounted: null }) return;
        var repairs = new List<string>();
        if (read.Disorder is { } disorder) repairs.Add($"{disorder.Reason}; written in order");
        if (read.Miscounted is { } miscounted) repairs.Add($"{miscounted.Reason}; counted anew (Engine:LineCount = hold keeps such a message instead)");
        notes.AddRepaired(key.Id, string.Join("; and ", repairs));
    }
}
