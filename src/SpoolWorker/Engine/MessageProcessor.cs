// One message from claim to staged: claim the pair, read it (PairReader), judge it (MessageJudge), hand it to the commit group. Every way
// a message can take ends in an outcome, here or by the group; no exception leaves ProcessAsync except for cancellation.
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Commit.Groups;
using SpoolWorker.Engine.Generations;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Reading;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Who decides: passes about messages that go their way, operators about those they name.</summary>
/// <param name="OfMessages">Judges messages.</param>
/// <param name="OfVerbs">Executes verbs.</param>
/// <param name="Set">The passes that both ask.</param>
internal sealed record Judges(MessageJudge OfMessages, VerbJudge OfVerbs, PassSet Set);

/// <summary>Works on one message.</summary>
internal sealed class MessageProcessor(PairReader reader, GenerationLine<Judges> generations, VerbDesk verbs, CommitGroup group, FailureClasses failures, Waiting waiting, MemoryBudget memory, TimeProvider clock)
{
    /// <summary>Works on a message.</summary>
    /// <param name="queued">The message.</param>
    /// <param name="slot">The worker.</param>
    /// <param name="cancellationToken">Ends a pass, and then all.</param>
    /// <returns>How it ended; null: handed to the commit group, which ends it.</returns>
    public async ValueTask<Outcome?> ProcessAsync(QueuedMessage queued, int slot, CancellationToken cancellationToken)
    {
        var key = queued.Key;
        if (!verbs.Wants(key) && waiting.IsWaiting(key)) return LookNow().Left(LeftCause.Waits);
        using var folder = Find(key, out var size);
        var taking = memory.TakeAsync(size);
        // After a wait, however long, the directory may be another one: it is looked up anew.
        var found = taking.IsCompleted ? folder : null;
        // Null: the stop. Before the claim, so that what waits for memory holds no lock.
        if (await taking.ConfigureAwait(false) is not { } share) return LookNow().Left(LeftCause.NotOurs);
        var look = LookNow();
        return await ProcessAsync(look, found, size, share, cancellationToken).ConfigureAwait(false) is { } outcome ? look.Timed(outcome, clock) : null;

        Look LookNow() => new(key, slot, queued.Since, clock.GetTimestamp());
    }

    private async ValueTask<Outcome?> ProcessAsync(Look look, SpoolFolder? folder, long size, IDisposable share, CancellationToken cancellationToken)
    {
        var key = look.Key;
        SpoolPair? pair = null;
        VerbRow? verb = null;
        var handed = false;
        try
        {
            // Its directory went, or is another worker's by now.
            if (key.Intake.State != IntakeState.Ours) return NotOurs(look);
            var claim = folder is null ? SpoolPair.Claim(key.Intake.Directory, key.Id, out pair, out var error) : SpoolPair.Claim(folder, key.Id, out pair, out error);
            CrashPoint.Reach(CrashPoint.Claimed);
            verb = verbs.Next(key);
            // What is held is worked on when an operator asks for it, and else never; and a command that executes verbs for some recipients must not let the others go,
            // perhaps without passes. What is paused waits for the end of that.
            if (verb is null && (verbs.NeedsVerb(key) || waiting.PauseOf(key) is not null)) return look.Left(LeftCause.Waits);
            if (claim != ClaimResult.Claimed) return NotRead(look, verb, reader.NotClaimed(look, claim, error));
            // It was exchanged for a larger one than we have memory for.
            if (pair!.HeaderBytes.Length > size) return look.As(OutcomeKind.NotReady);
            if (reader.Read(look, pair, out var unusable) is not { } read) return NotRead(look, verb, unusable!);
            var judged = await JudgeAsync(look, pair, read, verb, cancellationToken).ConfigureAwait(false);
            if (judged.Prepared is not { } prepared) return judged.Outcome;
            CrashPoint.Reach(CrashPoint.Staged);
            prepared.Share = share;
            handed = true;
            return await group.AddAsync(prepared).ConfigureAwait(false) ? null : look.Left(LeftCause.NotOurs);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The claim fails before the verb is known.
            verb ??= Asked(key);
            return verb is null ? failures.Handle(look, e) : Failed(look, verb, e);
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

    // By the passes that are in force now, to the end, whatever comes into force meanwhile.
    private async ValueTask<Judged> JudgeAsync(Look look, SpoolPair pair, ReadPair read, VerbRow? verb, CancellationToken cancellationToken)
    {
        var generation = generations.Take();
        try
        {
            var judges = generation.Value;
            return verb is null ? await judges.OfMessages.JudgeAsync(look, pair, read, cancellationToken).ConfigureAwait(false)
                : await judges.OfVerbs.JudgeAsync(look, pair, read, verb, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            generation.Release();
        }
    }

    private Outcome NotRead(Look look, VerbRow? verb, Outcome ended) => verb is null ? ended : verbs.NotRead(look, verb, ended);

    private Outcome NotOurs(Look look)
    {
        if (!verbs.Wants(look.Key) || verbs.Next(look.Key) is not { } verb) return look.Left(LeftCause.NotOurs);
        var intake = look.Key.Intake;
        return verbs.Refuse(look, verb, VerbResult.NotNow, $"{intake.Path} is not this worker's now{(intake.Reason.Length > 0 ? $": {intake.Reason}" : "")}");
    }

    private VerbRow? Asked(MessageKey key)
    {
        try
        {
            return verbs.Wants(key) ? verbs.Next(key) : null;
        }
        catch (LedgerException)
        {
            // The next look finds the row, and tells of the ledger.
            return null;
        }
    }

    // What fails every message alike is tried again with the row as it is; what is this message's own is told to the operator, and not counted.
    private Outcome Failed(Look look, VerbRow verb, Exception e)
    {
        if (FailureClasses.Of(look.Key.Intake.Path, e) == FailureClass.Environment) return look.As(OutcomeKind.Undone, e.Message);
        try
        {
            var mayNot = e is PosixException { Errno: Errno.EACCES or Errno.EPERM or Errno.EROFS } or UnauthorizedAccessException;
            return verbs.Refuse(look, verb, mayNot ? VerbResult.NotPermitted : VerbResult.NotNow, e.Message) with { Error = e is IOException ? null : e };
        }
        catch (LedgerException ledger)
        {
            return look.As(OutcomeKind.Undone, $"{e.Message}; {ledger.Message}");
        }
    }

    // What cannot be looked at is told by the claim.
    private static SpoolFolder? Find(MessageKey key, out long size)
    {
        size = 0;
        try
        {
            var folder = key.Intake.Directory.OpenFolderWith(key.Id, 'H', out var status);
            size = status.Size;
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
