// What schedules do: mail is judged again. Deferred mail comes before its time, as if that had come; the hours of passes hold for it as ever. For held
// mail the schedule is an operator: a retry is written down for each message, and executed as any other (VerbJudge), so the audit tells of it. Which mail
// that is, is seen in the places and the ledger as `list --where` sees it.
using Microsoft.Extensions.Logging;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Schedule;

/// <summary>Has mail judged again.</summary>
internal sealed class Reprocessor(SpoolEngine engine, MessageLedger verbs, Settings settings, TimeProvider clock, ILogger<Reprocessor> log)
{
    private const string Deferred = "deferred", Held = "held";

    /// <summary>Does what a schedule says. Returns how many messages it was for.</summary>
    /// <exception cref="IOException">The ledger, or a directory, cannot be read.</exception>
    public async Task<int> RunAsync(JobPlan plan, CancellationToken cancellationToken)
    {
        // Deferred mail would wait all the same, and a retry of held mail be refused, each with its row in the audit.
        if (engine.Orders.PauseOfWorker is { } pause)
        {
            log.ReprocessPaused(plan.Name, pause.Sentence);
            return 0;
        }
        var count = plan.Pass is { } pass ? await engine.ReprocessAsync(pass, cancellationToken).ConfigureAwait(false)
            : plan.Of == ReprocessOf.Held ? HeldAgain(plan) : await DeferredAsync(plan, cancellationToken).ConfigureAwait(false);
        if (count > 0) log.Reprocessing(plan.Name, count);
        return count;
    }

    private async Task<int> DeferredAsync(JobPlan plan, CancellationToken cancellationToken)
    {
        var keys = Find(plan, new ListPlaces(Intake: true, Held: false, Corrupt: false, Target: false)).Where(m => m.State == Deferred)
            .Select(m => engine.KeyOf(m.Source.Path, m.Id)).OfType<MessageKey>().ToList();
        await engine.RetryNowAsync(keys, cancellationToken).ConfigureAwait(false);
        return keys.Count;
    }

    private int HeldAgain(JobPlan plan)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = Find(plan, new ListPlaces(Intake: false, Held: true, Corrupt: false, Target: false)).Where(m => m.State == Held)
            // What is wanted of it already goes first; the next run comes to it.
            .Where(m => verbs.Verbs.First(m.Source.Path, m.Id.ToString()) is null)
            .Select(m => new VerbRow { Verb = VerbKind.Retry, Intake = m.Source.Path, Id = m.Id.ToString(), From = plan.From ?? "", Actor = $"schedule {plan.Name}", Uid = Posix.EffectiveUser, Time = now }).ToList();
        if (rows.Count == 0) return 0;
        verbs.Verbs.Add(rows);
        VerbSignal.Give(settings.Ledger.Path);
        return rows.Count;
    }

    private IReadOnlyList<SelectedMessage> Find(JobPlan plan, ListPlaces places)
    {
        var found = ScheduledSearch.Find(settings, plan.Where, places, withReasons: false, clock.GetUtcNow());
        foreach (var trouble in found.Troubles) log.NotLookedAt(plan.Name, trouble.Text);
        return found.Messages;
    }
}
