// What cannot be taken as a pair: not whole yet (looked at again), never whole (to corrupt/, when it has been so for long enough), or
// broken (to corrupt/ at once). What cannot be moved there is left where it is, and told once.
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Reading;

/// <summary>Pairs that nothing can be done with, now or ever.</summary>
/// <param name="ledger">What was settled.</param>
/// <param name="corrupt">Where they go.</param>
/// <param name="waiting">Since when they are so.</param>
/// <param name="held"><c>held/</c>, where nobody looks until an operator asks.</param>
/// <param name="options">How long they may be so.</param>
/// <param name="clock">Dates.</param>
internal sealed class UnusablePairs(MessageLedger ledger, CorruptStore corrupt, Waiting waiting, Intake held, EngineOptions options, TimeProvider clock)
{
    /// <summary>Half written, as far as can be seen.</summary>
    /// <param name="look">The look.</param>
    /// <param name="pair">The pair; null: there is no -D.</param>
    /// <param name="error">What is missing; null: it is not known.</param>
    public Outcome Incomplete(Look look, SpoolPair? pair, SpoolParseError? error)
    {
        var key = look.Key;
        if (!waiting.IsOverdue(key, options.IncompleteAfter) && !IsOldInHeld(key)) return look.As(OutcomeKind.NotReady);
        // A power cut may bring back one name of two that were removed.
        if (pair is null && ledger.IsSettled(key.Intake.Path, key.Id))
        {
            using var folder = key.Intake.Directory.OpenFolderWith(key.Id, 'H');
            folder?.Unlink(key.Id.HeaderName);
            waiting.Forget(key);
            return look.As(OutcomeKind.Removed, "a -H alone, of a message that was settled before") with { IsSettled = true };
        }
        // Exim's retry cannot bring the message again while these names are taken.
        return Corrupt(look, pair, error ?? new SpoolParseError(SpoolParseErrorKind.Truncated, 0, "the pair stayed half written"));
    }

    /// <summary>Broken: its files go to corrupt/.</summary>
    public Outcome Corrupt(Look look, SpoolPair? pair, SpoolParseError error)
    {
        var key = look.Key;
        if (waiting.IsStuck(key)) return look.Left(LeftCause.Waits);
        try
        {
            using var folder = pair?.Place.Share() ?? key.Intake.Directory.OpenFolderWith(key.Id, 'H');
            if (folder is null) return look.As(OutcomeKind.Gone);
            var moved = corrupt.Move(folder, key.Id, error);
            waiting.Forget(key);
            return Outcome.Of(key.Intake.Path, key.Id, moved);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            waiting.Stick(key);
            return look.Left(LeftCause.Immovable, $"it is corrupt ({error.Reason}) and cannot be moved to {corrupt.Path}: {e.Message}; left where it is");
        }
    }

    // The look of a verb is the first, and where no worker runs each command's is: what counts from there would never be over.
    private bool IsOldInHeld(MessageKey key)
    {
        if (!key.Intake.Equals(held)) return false;
        using var folder = key.Intake.Directory.OpenFolderWith(key.Id, 'H', out var status);
        return folder is not null && clock.GetUtcNow() - status.Modified >= options.IncompleteAfter;
    }
}
