// From a claimed pair to what can be judged: -H parsed, -D whole, -J read. Others that work in the queue (MailScanner) leave pairs
// that are not as Exim would write them; what can be put right is, and said.
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Reading;

/// <summary>A pair that was read, and what was not as it should be.</summary>
/// <param name="Header">Its -H, with those its -J names among the non-recipients.</param>
/// <param name="Delivered">Addresses its -J names.</param>
/// <param name="HasWaited">It was deferred, and its time has come.</param>
/// <param name="Disorder">Its non-recipients were out of order.</param>
/// <param name="Miscounted">Its lines were not as many as -H says.</param>
internal sealed record ReadPair(HeaderFile Header, IReadOnlyList<ReadOnlyMemory<byte>> Delivered, bool HasWaited, SpoolParseError? Disorder, SpoolParseError? Miscounted);

/// <summary>Reads pairs.</summary>
internal sealed class PairReader(UnusablePairs unusable, LoneBodies bodies, Waiting waiting, EngineOptions options)
{
    /// <summary>What a claim that failed came to.</summary>
    public Outcome NotClaimed(Look look, ClaimResult claim, SpoolParseError? error) => claim switch
    {
        // Its body may be what a killed worker has left, and is in queuefile's way then.
        ClaimResult.Gone => look.As(look.Key.Intake.Kind != IntakeKind.Queuefile || bodies.TryRemoveSettled(look.Key) ? OutcomeKind.Gone : OutcomeKind.NotReady),
        ClaimResult.Busy => look.As(OutcomeKind.NotReady),
        ClaimResult.Incomplete => unusable.Incomplete(look, null, new SpoolParseError(SpoolParseErrorKind.BodyMissing, 0, $"{look.Key.Id.BodyName} is missing")),
        ClaimResult.Bad => unusable.Corrupt(look, null, error!),
        _ => throw new ArgumentOutOfRangeException(nameof(claim), claim, "not a failed claim"),
    };

    /// <summary>Reads a claimed pair; null when it is not to be worked on.</summary>
    /// <param name="look">The look.</param>
    /// <param name="pair">The pair.</param>
    /// <param name="outcome">What it came to then.</param>
    public ReadPair? Read(Look look, SpoolPair pair, out Outcome? outcome)
    {
        var key = look.Key;
        outcome = null;
        // queuefile closes -H before it opens -D, so with a -D there -H is as whole as it will ever be.
        if (!HeaderFileReader.TryReadRebuilding(pair.HeaderBytes, key.Id, out var header, out var disorder, out var error)) return Broken(error, out outcome);
        // Nobody to deliver to is not the same as delivered to all: such a file is not thrown away.
        if (header.Recipients.IsEmpty) return Broken(new SpoolParseError(SpoolParseErrorKind.RecipientCount, 0, $"{key.Id.HeaderName} names no recipients"), out outcome);
        switch (PairReadiness.Of(pair, header, key.Intake.Kind, () => waiting.HasSettled(key, pair.DataStatus, options.SettleTime), out var counted, out error))
        {
            case Readiness.Broken: return Broken(error!, out outcome);
            case Readiness.Partial:
                outcome = unusable.Incomplete(look, pair, error).About(header, pair.HeaderBytes.Length + pair.DataStatus.Size);
                return null;
        }
        var miscounted = error;
        // Who is in a journal that cannot be read would get the message again.
        if (!pair.TryReadJournal(out var delivered, out error)) return Broken(error!, out outcome);
        var hasWaited = waiting.HasWaited(key);
        waiting.Forget(key);
        return new ReadPair(options.LineCount == LineCountPolicy.Repair ? counted.WithDone(delivered) : header.WithDone(delivered), delivered, hasWaited, disorder, miscounted);

        ReadPair? Broken(SpoolParseError what, out Outcome ended)
        {
            ended = unusable.Corrupt(look, pair, what);
            if (header is not null) ended = ended.About(header, pair.HeaderBytes.Length + pair.DataStatus.Size);
            return null;
        }
    }
}
