// Has verbs executed. The rows are written down first, which is the order itself: a running worker is told and executes them; where none runs, this process
// is the worker for that while, with the same engine, the same recovery at its start and the same locks, and works on these messages alone. If the worker
// dies meanwhile, this process goes on in its place; if this one dies, the next worker does. What cannot be done now and is nobody's work any more is
// settled as not done, so that nothing happens behind the operator's back.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Hosting;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Verbs;

/// <summary>Executes orders.</summary>
/// <param name="loaded">As much of the configuration as the order needs beside a running worker.</param>
/// <param name="loadAll">Loads what its execution needs, where no worker runs; null: it has faults, and they are told.</param>
internal sealed class VerbWorker(LoadedConfiguration loaded, Func<LoadedConfiguration?> loadAll)
{
    // A worker that is told of a row begins within milliseconds; longer waits are those of a full disk, or of what is before it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), FirstLook = TimeSpan.FromMilliseconds(5), LastLook = TimeSpan.FromMilliseconds(200);

    // They are executed in this order, more or less: looking at all of 100,000 each time would take longer than their execution.
    private const int LookedAt = 1000;

    private readonly Settings _settings = loaded.Settings;

    /// <summary>Writes an order down and waits until it is executed.</summary>
    /// <returns>The rows of each target as they stand then: its own, and those that went on with its rest. One that waits is a worker's to execute.</returns>
    /// <exception cref="IOException">Spool or ledger cannot be used; see <see cref="Trouble.Of"/>.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<VerbRow>>> RunAsync(VerbOrder order, IReadOnlyList<VerbTarget> targets, CancellationToken cancellationToken)
    {
        Places.MakePrivate(_settings.Ledger.Path);
        using var ledger = MessageLedger.Open(_settings.Ledger);
        ledger.Verbs.Sweep(TimeProvider.System.GetUtcNow(), _settings.Audit.Keep, _settings.Audit.MaxBytes);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = ledger.Verbs.Add([.. targets.Select(t => RowOf(order, t, now))]);
        VerbSignal.Give(_settings.Ledger.Path);
        try
        {
            return await WaitAsync(ledger, order, rows, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Nobody waits for it any more.
            Withdraw(ledger, rows, "given up by the command");
            throw;
        }
    }

    private async Task<IReadOnlyList<IReadOnlyList<VerbRow>>> WaitAsync(MessageLedger ledger, VerbOrder order, IReadOnlyList<VerbRow> rows, CancellationToken cancellationToken)
    {
        var (look, left, since) = (FirstLook, 0L, TimeProvider.System.GetTimestamp());
        var waiting = rows.ToList();
        while (true)
        {
            DropExecuted(ledger, waiting);
            if (waiting.Count == 0) break;
            using (var alone = LedgerLocks.TryAlone(_settings.Ledger.Path))
            {
                // Asked again: a worker may have executed them, and ended, since.
                if (alone is not null && (waiting = Still(ledger, rows)).Count > 0)
                {
                    Withdraw(ledger, waiting, await WorkAsync(ledger, order, waiting, cancellationToken).ConfigureAwait(false));
                    break;
                }
            }
            if (TimeProvider.System.GetElapsedTime(since) > Patience)
            {
                // The first of them may be stuck, and the others be executed all the same.
                waiting = Still(ledger, waiting);
                if (Sum(waiting) == left) break;
            }
            // Less when one is executed, more when another goes on in its place.
            if (Sum(waiting) is var now && now != left) (left, since) = (now, TimeProvider.System.GetTimestamp());
            await Task.Delay(look, cancellationToken).ConfigureAwait(false);
            if (look < LastLook) look *= 2;
        }
        return Lines(ledger, rows);

        static long Sum(List<VerbRow> rows) => rows.Sum(r => r.Number);
    }

    // As the worker. Returns why what is left could not be done.
    private async Task<string> WorkAsync(MessageLedger ledger, VerbOrder order, IReadOnlyList<VerbRow> rows, CancellationToken cancellationToken)
    {
        var needsAll = order.AsksPasses || order.Notifies;
        if ((needsAll ? loadAll() : loaded) is not { } configuration) return "no worker runs, and the configuration, which passes need, has faults";
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        PassCatalog.AddAll(services);
        services.AddEngine(configuration, watch: false, forVerbs: true, withPasses: needsAll);
        // The last registration counts. The ledger is open already, and LMDB opens a file once in a process.
        services.AddSingleton(ledger).AddSingleton(_ => new IntakeSet(IntakesOf(rows)));
        var provider = services.BuildServiceProvider();
        await using (provider.ConfigureAwait(false))
        {
            var engine = provider.GetRequiredService<SpoolEngine>();
            var reason = "";
            engine.Outcomes.Published += outcome => reason = outcome.Reason;
            await using (engine.ConfigureAwait(false))
            {
                engine.Start();
                // And those that go on with the rest of them.
                for (var left = rows; left.Count > 0; left = [.. Still(ledger, left).ExceptBy(left.Select(r => r.Number), r => r.Number)])
                    await engine.WorkVerbsAsync(left.Select(r => r.Number).ToHashSet(), cancellationToken).ConfigureAwait(false);
            }
            return engine.FatalReason ?? (reason.Length > 0 ? reason : "the target cannot be written to now");
        }
    }

    // The intakes of some rows; held/ is known to every engine.
    private List<Intake> IntakesOf(IReadOnlyList<VerbRow> rows)
    {
        var wanted = rows.Select(r => r.Intake).ToHashSet();
        return [.. _settings.Intakes.SelectMany(i => Places.IntakePaths(i).Select(path => (path, i.Kind))).Where(i => wanted.Contains(i.path)).DistinctBy(i => i.path).Select(i => new Intake(i.path, i.Kind))];
    }

    private static VerbRow RowOf(VerbOrder order, VerbTarget target, long now) => new()
    {
        Verb = order.Verb,
        Intake = target.Directory,
        Id = target.Id.ToString(),
        Recipients = target.Recipients,
        File = target.File,
        Address = order.Address,
        AlsoWaiting = order.Intake,
        AsIs = order.AsIs,
        Actor = order.Actor,
        Uid = order.Uid,
        Reason = order.Reason,
        Time = now,
    };

    private static void Withdraw(MessageLedger ledger, IReadOnlyList<VerbRow> rows, string why) =>
        ledger.Verbs.Settle([.. Still(ledger, rows).Select(r => r with { Result = VerbResult.NotNow, Told = why, Executed = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() })]);

    private static void DropExecuted(MessageLedger ledger, List<VerbRow> waiting)
    {
        while (waiting.Count > 0)
        {
            var first = waiting.GetRange(0, Math.Min(LookedAt, waiting.Count));
            var still = Still(ledger, first);
            waiting.RemoveRange(0, first.Count);
            waiting.InsertRange(0, still);
            if (still.Count > 0) return;
        }
    }

    private static List<VerbRow> Still(MessageLedger ledger, IReadOnlyList<VerbRow> rows) => [.. Lines(ledger, rows).Select(line => line[^1]).Where(r => r.Result == VerbResult.Waiting)];

    // Each as it stands now, with those that go on in its place behind it.
    private static List<List<VerbRow>> Lines(MessageLedger ledger, IReadOnlyList<VerbRow> rows)
    {
        var lines = Now(ledger, rows).Select(r => new List<VerbRow> { r }).ToList();
        for (var open = lines; (open = open.FindAll(line => line[^1].Next > 0)).Count > 0;)
        {
            var next = Now(ledger, [.. open.Select(line => line[^1] with { Number = line[^1].Next, Next = 0 })]);
            foreach (var (line, row) in open.Zip(next)) line.Add(row);
        }
        return lines;
    }

    private static List<VerbRow> Now(MessageLedger ledger, IReadOnlyList<VerbRow> rows) =>
        [.. ledger.Verbs.Find(rows).Zip(rows, (now, then) => now ?? then with { Result = VerbResult.NotNow, Told = "its row is gone from the ledger" })];
}
