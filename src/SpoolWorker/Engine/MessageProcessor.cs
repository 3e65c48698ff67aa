// One message from claim to staged: claim the pair, read it, ask the ledger what is done already, run the passes, stage
// what they decided and hand it to the commit group. Every way a message can take ends in one of the results below, and
// in one line of the log; no exception leaves ProcessAsync except for cancellation. What is the message's fault counts
// against the message; what is the disk's or a service's does not.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>How one look at a message ended.</summary>
internal enum ProcessResult
{
    /// <summary>Handed to the commit group, which releases it.</summary>
    Handed,

    /// <summary>Suppressed, corrupt: nothing more to do.</summary>
    Settled,

    /// <summary>Not where a message of that id lies: taken meanwhile, or in the subdirectory of another. Nothing was moved.</summary>
    Gone,

    /// <summary>Locked or half written: worth another look soon.</summary>
    NotReady,

    /// <summary>Deferred, frozen or undecidable: left until its time.</summary>
    Left,

    /// <summary>The environment failed (disk full, directory gone).</summary>
    Environment,
}

/// <summary>Works on one message.</summary>
internal sealed class MessageProcessor(MessageLedger ledger, PassChain chain, Recovery recovery, HeldStore held, Stager stager, SpoolDirectory target, CommitGroup group, CorruptStore corrupt,
    InHand? inHand, Waiting waiting, MemoryBudget memory, EngineOptions options, TimeProvider clock, ILogger<MessageProcessor> log)
{
    private const string DeliveredByExim = "delivered by Exim";
    private int _cureTold;
    private long _repaired;

    /// <summary>Messages whose -H was put right: its line count, or the order of its non-recipients.</summary>
    public long Repaired => Interlocked.Read(ref _repaired);

    public async ValueTask<ProcessResult> ProcessAsync(MessageKey key, int slot, CancellationToken cancellationToken)
    {
        if (waiting.IsWaiting(key)) return ProcessResult.Left;
        var size = HeaderSize(key);
        // Null: the stop. Before the claim, so that what waits for memory holds no lock.
        return await memory.TakeAsync(size).ConfigureAwait(false) is { } share ? await ProcessAsync(key, slot, size, share, cancellationToken).ConfigureAwait(false) : ProcessResult.Left;
    }

    private async ValueTask<ProcessResult> ProcessAsync(MessageKey key, int slot, long size, IDisposable share, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        SpoolPair? pair = null;
        var handed = false;
        try
        {
            // Its directory went, or is another worker's by now.
            if (key.Intake.State != IntakeState.Ours) return ProcessResult.Left;
            var claim = SpoolPair.Claim(key.Intake.Directory, key.Id, out pair, out var error);
            CrashPoint.Reach(CrashPoint.Claimed);
            switch (claim)
            {
                case ClaimResult.Gone: return ProcessResult.Gone;
                case ClaimResult.Busy: return ProcessResult.NotReady;
                case ClaimResult.Incomplete: return Incomplete(key, null, new SpoolParseError(SpoolParseErrorKind.BodyMissing, 0, $"{key.Id.BodyName} is missing"));
                case ClaimResult.Bad: return Corrupt(key, null, error!);
            }
            // It was exchanged for a larger one than we have memory for.
            if (pair!.HeaderBytes.Length > size) return ProcessResult.NotReady;
            // queuefile closes -H before it opens -D, so with a -D there -H is as whole as it will ever be.
            if (!HeaderFileReader.TryReadRebuilding(pair.HeaderBytes, key.Id, out var header, out var disorder, out error)) return Corrupt(key, pair, error);
            // Nobody to deliver to is not the same as delivered to all: such a file is not thrown away.
            if (header.Recipients.IsEmpty) return Corrupt(key, pair, new SpoolParseError(SpoolParseErrorKind.RecipientCount, 0, $"{key.Id.HeaderName} names no recipients"));
            switch (PairReadiness.Of(pair, header, key.Intake.Kind, () => waiting.HasSettled(key, pair.DataStatus, options.SettleTime), out var counted, out error))
            {
                case Readiness.Broken: return Corrupt(key, pair, error!);
                case Readiness.Partial: return Incomplete(key, pair, error);
            }
            var miscounted = error;
            // Who is in a journal that cannot be read would get the message again.
            if (!pair.TryReadJournal(out var delivered, out error)) return Corrupt(key, pair, error!);
            var hasWaited = waiting.HasWaited(key);
            waiting.Forget(key);
            var found = new Found(options.LineCount == LineCountPolicy.Repair ? counted.WithDone(delivered) : header.WithDone(delivered), delivered, hasWaited, disorder, miscounted);
            var prepared = await PrepareAsync(new Attempt(key, pair, started), found, slot, cancellationToken).ConfigureAwait(false);
            if (prepared is null) return waiting.IsWaiting(key) ? ProcessResult.Left : ProcessResult.Settled;
            CrashPoint.Reach(CrashPoint.Staged);
            prepared.Share = share;
            handed = true;
            return await group.AddAsync(prepared).ConfigureAwait(false) ? ProcessResult.Handed : ProcessResult.Left;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return Failure(key, e);
        }
        finally
        {
            if (!handed)
            {
                pair?.Dispose();
                share.Dispose();
            }
        }
    }

    // What cannot be looked at is told by the claim.
    private static long HeaderSize(MessageKey key)
    {
        try
        {
            using var folder = key.Intake.Directory.OpenFolderWith(key.Id, 'H');
            return folder is not null && folder.TryStatus(key.Id.HeaderName, out var status) == 0 ? status.Size : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>What was read, and what was not as it should be: others that work in the queue (MailScanner) leave such pairs.</summary>
    private readonly record struct Found(HeaderFile Header, IReadOnlyList<ReadOnlyMemory<byte>> Delivered, bool HasWaited, SpoolParseError? Disorder, SpoolParseError? Miscounted);

    private async ValueTask<PreparedMessage?> PrepareAsync(Attempt attempt, Found found, int slot, CancellationToken cancellationToken)
    {
        var (key, pair) = (attempt.Key, attempt.Pair);
        var now = clock.GetUtcNow();
        var header = found.Header;
        if (header.IsFrozen && !options.TakeFrozen)
        {
            if (waiting.LeaveFrozen(key, pair.HeaderStatus)) log.LogInformation("{Id} left: frozen (Engine:TakeFrozen takes it)", key.Id);
            return null;
        }
        var fingerprint = Fingerprint.Of(header, pair.DataStatus.Size);
        var entry = ledger.Find(key.Intake.Path, key.Id)
            ?? new LedgerEntry { Intake = key.Intake.Path, Id = key.Id.ToString(), FirstSeen = now.ToUnixTimeMilliseconds() };
        // Visible is not durable: what a process that died has committed is finished before anything relies on it.
        if (entry.Staged.Count > 0)
        {
            if (recovery.Finish(entry) is not { } finished)
            {
                waiting.Withhold(key);
                return null;
            }
            entry = finished;
        }
        if (entry.Expires > 0) entry = held.Reconsider(entry);
        // -J may go before -H does, in a power cut: who is in it must not be forgotten with it.
        if (found.Delivered.Count > 0) entry = entry with { Done = WithDelivered(entry.Done, header, found.Delivered) };
        var before = entry;
        if (entry.Fingerprint.Length == 0) entry = entry with { Fingerprint = fingerprint };
        // Of what an earlier process deferred there is only the date to go by.
        if (entry.Deferred is { } deferral && !found.HasWaited && deferral.Left(now) > TimeSpan.Zero)
        {
            waiting.Defer(key, deferral);
            return null;
        }
        // Not a repetition, whatever its id says: removed as one it would be lost.
        if (header.Pending.Any() && ReturnedPair.Reason(pair, header, key.Intake.Kind, entry, target) is { } returned)
            return Stage(attempt, before, entry with { Fingerprint = fingerprint }, All(header, header.Pending, Disposition.Hold(returned)));
        if (entry.Fingerprint != fingerprint)
        {
            // Another message under an id we have seen: neither to be lost nor to be taken for the first one.
            var other = new LedgerEntry { Intake = entry.Intake, Id = entry.Id, FirstSeen = entry.FirstSeen, Fingerprint = fingerprint, Done = entry.Done };
            return Stage(attempt, before, other, All(header, header.Pending, Disposition.Hold($"another message came under the id {key.Id} before (other sender, time or size)")));
        }
        var pending = header.Pending.Where(r => !entry.Done.ContainsKey(LedgerEntry.Text(r.Address.Span))).ToList();
        if (pending.Count == 0) return Finished(attempt, header, entry);
        if (entry.Failures >= options.MaxAttempts)
            return Stage(attempt, before, entry with { Failures = 0 }, All(header, pending, Disposition.Hold($"failed {entry.Failures} times, last: {entry.LastFailure}")));
        if (found.Miscounted is { } wrong && options.LineCount == LineCountPolicy.Hold) return Stage(attempt, before, entry, All(header, pending, Disposition.Hold(wrong.Reason)));
        // Once a message, not once an attempt.
        if (entry is { Deferrals: 0, Failures: 0 }) TellRepairs(key, found);
        if (entry.Done.Count > 0) header = header.WithDone(header.Pending.Except(pending).Select(r => r.Address));

        inHand?.Enter(slot, key);
        Verdict verdict;
        try
        {
            verdict = await chain.RunAsync(header, new PairBody(pair, header.IsWireFormat), pending, entry.Deferrals + 1, cancellationToken).ConfigureAwait(false);
            CrashPoint.Reach(CrashPoint.PassesRun);
        }
        finally
        {
            inHand?.Leave(slot);
        }
        return Stage(attempt, before, entry, verdict);
    }

    private static Dictionary<string, string> WithDelivered(Dictionary<string, string> done, HeaderFile header, IReadOnlyList<ReadOnlyMemory<byte>> delivered)
    {
        var all = new Dictionary<string, string>(done);
        var names = delivered.Select(a => LedgerEntry.Text(a.Span)).ToHashSet();
        foreach (var recipient in header.Recipients.Select(r => LedgerEntry.Text(r.Address.Span)).Where(names.Contains)) all.TryAdd(recipient, DeliveredByExim);
        return all;
    }

    private void TellRepairs(MessageKey key, Found found)
    {
        if (found is { Disorder: null, Miscounted: null }) return;
        Interlocked.Increment(ref _repaired);
        var repairs = new List<string>();
        if (found.Disorder is { } disorder) repairs.Add($"{disorder.Reason}; written in order");
        if (found.Miscounted is { } miscounted) repairs.Add($"{miscounted.Reason}; counted anew (Engine:LineCount = hold keeps such a message instead)");
        log.Repaired(key.Id, string.Join("; and ", repairs));
    }

    private PreparedMessage Stage(Attempt attempt, LedgerEntry before, LedgerEntry entry, Verdict verdict)
    {
        var prepared = stager.Stage(attempt, before, entry, verdict);
        if (prepared.Entry.Deferred is { } deferral) waiting.Defer(attempt.Key, deferral);
        return prepared;
    }

    // No recipient is left: the pair is a repetition (queuefile), or a crash came between commit and removal, or Exim had
    // delivered to all and not tidied up. The ledger has to know before -H goes: a crash then leaves a -D that Recovery can judge.
    private PreparedMessage? Finished(Attempt attempt, HeaderFile header, LedgerEntry entry)
    {
        var key = attempt.Key;
        if (entry.Expires == 0) return stager.Settled(attempt, header, entry);
        try
        {
            attempt.Pair.Remove();
        }
        catch (IOException e)
        {
            // Settled it is; a file that does not go is no reason to judge the message again.
            if (waiting.LeaveForbidden(key)) log.LogWarning("{Id} cannot be removed from the intake yet: {Reason}", key.Id, e.Message);
            waiting.Defer(key, Deferral.In(clock.GetUtcNow(), options.RetryFirst, "", e.Message));
            return null;
        }
        MessageLog.Remove(key);
        var reason = entry.Done.Count > 0 ? $"all {entry.Done.Count} recipients were settled before ({entry.Done.Values.First()})" : Stager.DeliveredBefore;
        OutcomeLog.Write(log, key.Id, new Outcome("suppressed", reason) { Sender = TypedAddress.Shown(header.Sender.Span), Recipients = header.Recipients.Length, Size = attempt.Size }, clock.GetElapsedTime(attempt.Started));
        if (key.Intake.Kind == IntakeKind.Queuefile && Interlocked.Exchange(ref _cureTold, 1) == 0)
        {
            log.QueuefileRepeats(key.Id);
        }
        return null;
    }

    private static Verdict All(HeaderFile header, IEnumerable<Recipient> pending, Disposition disposition) =>
        new(header, header, [.. pending.Select(r => new RecipientVerdict(r.Address, r, disposition, ""))], new Dictionary<string, string>(), ServiceDown: false);

    private ProcessResult Incomplete(MessageKey key, SpoolPair? pair, SpoolParseError? error)
    {
        if (!waiting.IsOverdue(key, options.IncompleteAfter)) return ProcessResult.NotReady;
        // A power cut may bring back one name of two that were removed.
        if (pair is null && ledger.Find(key.Intake.Path, key.Id) is { Expires: > 0, Staged.Count: 0, Deferred: null })
        {
            using var folder = key.Intake.Directory.OpenFolderWith(key.Id, 'H');
            folder?.Unlink(key.Id.HeaderName);
            waiting.Forget(key);
            log.LogInformation("{Id} removed: a -H alone, of a message that was settled before", key.Id);
            return ProcessResult.Settled;
        }
        // Exim's retry cannot bring the message again while these names are taken.
        return Corrupt(key, pair, error ?? new SpoolParseError(SpoolParseErrorKind.Truncated, 0, "the pair stayed half written"));
    }

    private ProcessResult Corrupt(MessageKey key, SpoolPair? pair, SpoolParseError error)
    {
        if (waiting.IsStuck(key)) return ProcessResult.Left;
        try
        {
            using var folder = pair?.Place.Share() ?? key.Intake.Directory.OpenFolderWith(key.Id, 'H');
            if (folder is null) return ProcessResult.Gone;
            corrupt.Move(folder, key.Id, error);
            waiting.Forget(key);
            return ProcessResult.Settled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            waiting.Stick(key);
            log.LogError("{Id} is corrupt ({Reason}) and cannot be moved to {Path}: {Failure}; left where it is", key.Id, error.Reason, corrupt.Path, e.Message);
            return ProcessResult.Left;
        }
    }

    private ProcessResult Failure(MessageKey key, Exception e)
    {
        var ofPair = e is PosixException p && p.Path.StartsWith(key.Intake.Path + "/", StringComparison.Ordinal) ? ((PosixException)e).Errno : 0;
        if (e is UnreadableRecordException || ofPair is Errno.EACCES or Errno.EPERM)
        {
            // Nobody else's messages have to wait for one whose files are not ours to read or remove.
            if (waiting.LeaveForbidden(key)) log.LogError("{Id} left: {Reason}", key.Id, e.Message);
            waiting.Defer(key, Deferral.In(clock.GetUtcNow(), options.RetryFirst, "", e.Message));
            return ProcessResult.Left;
        }
        // What concerns the message's own files (a bad sector) may last for ever and is its own failure; a full disk, a
        // missing directory or a want of descriptors is not.
        var own = e is not IOException and not UnauthorizedAccessException || ofPair is not (0 or Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM);
        if (!own)
        {
            log.LogError("{Id} stays: {Reason}", key.Id, e.Message);
            return ProcessResult.Environment;
        }
        log.LogError(e, "{Id} failed: {Reason}", key.Id, e.Message);
        try
        {
            var entry = ledger.Find(key.Intake.Path, key.Id)
                ?? new LedgerEntry { Intake = key.Intake.Path, Id = key.Id.ToString(), FirstSeen = clock.GetUtcNow().ToUnixTimeMilliseconds() };
            var failed = stager.Failed(entry, e.Message);
            ledger.Commit([failed], []);
            waiting.Defer(key, failed.Deferred!);
            return ProcessResult.Left;
        }
        catch (LedgerException ledgerFailure)
        {
            log.LogError("{Id} its failure cannot be recorded: {Reason}", key.Id, ledgerFailure.Message);
            return ProcessResult.Environment;
        }
    }
}
