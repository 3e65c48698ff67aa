using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>One look at a message, from the moment a worker begins with it.</summary>
/// <param name="Key">The message.</param>
/// <param name="Slot">The worker.</param>
/// <param name="Queued">TimeProvider timestamp of its being queued.</param>
/// <param name="Started">TimeProvider timestamp of the beginning.</param>
internal sealed record Look(MessageKey Key, int Slot, long Queued, long Started)
{
    /// <summary>A look that ends as this, for all recipients.</summary>
    public Outcome As(OutcomeKind kind, string reason = "") => new() { Intake = Key.Intake.Path, Id = Key.Id, Fates = [new Fate(kind)], Reason = reason, IsNews = kind is not (OutcomeKind.NotReady or OutcomeKind.Gone) };

    /// <summary>A look that leaves the message where it is.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="reason">Why, for people; without it nobody is told.</param>
    public Outcome Left(LeftCause cause, string reason = "") => As(OutcomeKind.Left, reason) with { Cause = cause, IsNews = reason.Length > 0 };

    /// <summary>Its outcome with the times it took.</summary>
    public Outcome Timed(Outcome outcome, TimeProvider clock) => outcome with
    {
        InQueue = clock.GetElapsedTime(Queued, Started),
        Elapsed = clock.GetElapsedTime(Started),
        // Dates: the clock of the host that received it may have been another, or ahead.
        SinceArrival = outcome.Received is { } received ? TimeSpan.FromSeconds(Math.Max(0, (clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0) - received)) : null,
    };
}

/// <summary>A look that got as far as a pair that is claimed, locked and read: what travels with it until it is released.</summary>
/// <param name="Look">The look.</param>
/// <param name="Pair">Its pair.</param>
/// <param name="Header">Its -H.</param>
/// <param name="Before">Its record as it was: what the ledger goes back to when the commit fails.</param>
/// <param name="Entry">Its record as it is to be decided from.</param>
internal sealed record Attempt(Look Look, SpoolPair Pair, HeaderFile Header, LedgerEntry Before, LedgerEntry Entry)
{
    public MessageKey Key => Look.Key;

    /// <summary>What an operator asked for; null for a message that goes its way.</summary>
    public VerbRow? Verb { get; init; }

    /// <summary>Its pair lies in <c>held/</c>.</summary>
    public bool IsHeld { get; init; }

    /// <summary>The verb is for some recipients only: the others, and the pair, stay as they are.</summary>
    public bool HasRest { get; init; }

    /// <summary>Bytes of -H and -D as they came.</summary>
    public long Size => Pair.HeaderBytes.Length + Pair.DataStatus.Size;
}
