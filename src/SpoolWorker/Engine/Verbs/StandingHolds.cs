// Holds of what comes (`hold --new`), as the engine knows them: read at the start, when a command gives its sign and by the clock, and noted in the ledger as seen. So a
// message costs nothing where there is none, and a command that waits for that note knows that whatever is judged from then on is asked. Asked is -H alone, before
// the first pass; what fits is held as an operator's `hold` would hold it. A message comes here from its intake only: what is released from held/ does not come again.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Verbs;

/// <summary>The standing holds that are in force.</summary>
internal sealed class StandingHolds(MessageLedger ledger, TimeProvider clock, ILogger<StandingHolds> log)
{
    private readonly Lock _lock = new();
    private IReadOnlyList<Known> _known = [];
    private long _change = -1;

    // Where its condition cannot be read, nothing fits it.
    private sealed record Known(StandingHold Hold, Condition? Where, Term Term);

    /// <summary>Reads a condition of a standing hold; what is wrong with it, when it is of a later version or damaged. Names were checked when it was made.</summary>
    public static string? TryParse(StandingHold hold, out Condition? where) => Condition.TryParse(hold.Condition, ConditionNames.OfHeader(() => []), out where, out var error) ? null : error;

    /// <summary>Takes up what is new, ends what is over, and tells of both.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read or written.</exception>
    public void Look()
    {
        lock (_lock)
        {
            var state = ledger.Standing.Read();
            var before = Volatile.Read(ref _known);
            if (state.Changes == _change && !before.Any(k => k.Term.IsOver(clock))) return;
            var now = KnownOf(state, before);
            var over = now.Where(k => k.Term.IsOver(clock)).ToList();
            foreach (var known in over) End(known.Hold);
            // Others may have made some meanwhile.
            if (over.Count > 0) now = KnownOf(state = ledger.Standing.Read(), now);
            foreach (var known in now.Except(before)) Tell(known.Hold);
            Volatile.Write(ref _known, now);
            foreach (var gone in before.Select(k => k.Hold).ExceptBy(now.Concat(over).Select(k => k.Hold.Number), h => h.Number)) log.StandingRemoved(gone.Number, gone.Condition);
            if (state.Seen != state.Changes) ledger.Standing.See(state.Changes);
            _change = state.Changes;
        }
    }

    /// <summary>What a message is to be held with: the first hold it fits, as the row the audit is to have; null: it goes on.</summary>
    /// <param name="key">The message.</param>
    /// <param name="header">Its -H.</param>
    /// <param name="done">Recipients that are settled.</param>
    public VerbRow? Find(MessageKey key, HeaderFile header, IReadOnlyDictionary<string, string> done)
    {
        var known = Volatile.Read(ref _known);
        if (known.Count == 0) return null;
        var now = clock.GetUtcNow();
        var (facts, patterns) = (new ComingFacts(header, done, now), new PatternClock());
        foreach (var (hold, where, term) in known)
        {
            if (where is null || term.IsOver(clock)) continue;
            try
            {
                if (where.Matches(facts, patterns)) return RowOf(key, hold, hold.Reason, now);
            }
            catch (PatternTimeException e)
            {
                // An operator looks at it sooner than at one that has gone.
                return RowOf(key, hold, $"{hold.Reason} (it is not known whether it fits: {e.Message})", now);
            }
        }
        return null;
    }

    private IReadOnlyList<Known> KnownOf(StandingState state, IReadOnlyList<Known> before) =>
        [.. state.Holds.Select(hold => before.FirstOrDefault(k => k.Hold.Number == hold.Number) ?? new Known(hold, TryParse(hold, out var where) is null ? where : null, Term.Of(hold.Time, hold.Ends, clock)))];

    private void Tell(StandingHold hold)
    {
        if (TryParse(hold, out _) is { } fault) log.StandingUnreadable(hold.Number, hold.Condition, fault);
        else log.StandingTakenUp(hold.Number, hold.Condition, hold.Actor, hold.Reason, hold.Ends > 0 ? $"until {DateTimeOffset.FromUnixTimeMilliseconds(hold.Ends):yyyy-MM-dd HH:mm:ss} UTC" : "until it is removed");
    }

    private void End(StandingHold hold)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var row = hold.RowOf(VerbKind.HoldEnd, "ended by itself") with { Actor = "hold --for", Uid = Posix.EffectiveUser, Time = now, Executed = now };
        if (ledger.Standing.Remove(hold.Number, _ => row) is not null) log.StandingEnded(hold.Number, hold.Condition);
    }

    private static VerbRow RowOf(MessageKey key, StandingHold hold, string reason, DateTimeOffset now) => new()
    {
        Verb = VerbKind.Hold,
        Intake = key.Intake.Path,
        Id = key.Id.ToString(),
        Standing = hold.Number,
        Actor = hold.Actor,
        Uid = hold.Uid,
        Reason = reason,
        Time = now.ToUnixTimeMilliseconds(),
    };
}
