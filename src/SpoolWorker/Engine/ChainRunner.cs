// The passes over a message in hand, and beside them the note that says, across a crash, whose turn it was.
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Runs the chain.</summary>
internal sealed class ChainRunner(PassChain chain, InHand? inHand)
{
    /// <summary>See <see cref="PassChain.WaitAt"/>. At a pass that is gone nobody waits.</summary>
    public PassWait? WaitAt(string pass, IReadOnlyDictionary<string, long>? cameTo, DateTimeOffset now) => chain.NamesBehind(pass) is null ? null : chain.WaitAt(pass, cameTo, now);

    /// <summary>See <see cref="PassChain.NamesBehind"/>.</summary>
    public IReadOnlyList<string>? NamesBehind(string pass) => chain.NamesBehind(pass);

    /// <summary>Has the passes judge a message for some of its recipients: the others are done in what they see.</summary>
    /// <param name="attempt">The message.</param>
    /// <param name="pending">The recipients.</param>
    /// <param name="isUrgent">Whatever the hours of passes are.</param>
    /// <param name="cancellationToken">Ends a pass, and then all.</param>
    /// <param name="from">Set: it is let go, from there on.</param>
    public async ValueTask<Verdict> RunAsync(Attempt attempt, IReadOnlyList<Recipient> pending, bool isUrgent, CancellationToken cancellationToken, Resume? from = null)
    {
        var header = attempt.Entry.Done.Count > 0 || attempt.HasRest ? attempt.Header.WithDone(attempt.Header.Pending.Except(pending).Select(r => r.Address)) : attempt.Header;
        inHand?.Enter(attempt.Look.Slot, attempt.Key);
        try
        {
            var beginsAt = attempt.Verb is { From.Length: > 0 } verb ? verb.From : null;
            var held = beginsAt is null ? null : attempt.Entry.Held;
            var visit = new Visit(attempt.Entry.Deferrals + 1, attempt.Entry.CameTo, isUrgent, beginsAt) { LetGo = from, Found = held?.Results, Own = held?.Own, Unknown = held?.Unknown, HasMarks = held is { Behind.Length: > 0 }, Copies = attempt.Entry.Copies };
            var verdict = await chain.RunAsync(header, new PairBody(attempt.Pair, header.IsWireFormat), pending, visit, cancellationToken).ConfigureAwait(false);
            CrashPoint.Reach(CrashPoint.PassesRun);
            return verdict;
        }
        finally
        {
            inHand?.Leave(attempt.Look.Slot);
        }
    }
}
