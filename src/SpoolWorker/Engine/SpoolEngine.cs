// Keeps the parts going: recovery, then workers fed by watcher and scan, then a clean stop that finishes what is in hand. Start returns
// when recovery is done; nothing is taken before that.
using Microsoft.Extensions.Logging;
using SpoolWorker.Characters;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Generations;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Letters;
using SpoolWorker.Engine.Notices;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Notices;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>The engine.</summary>
internal sealed class SpoolEngine : IAsyncDisposable
{
    // A pass that was left to itself may still read from a ledger or a table that is closed next.
    private static readonly TimeSpan StragglerTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainLook = TimeSpan.FromMilliseconds(5);

    private readonly EnginePlan _plan;
    private readonly EngineParts _parts;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly MessageLedger _ledger;
    private readonly InHand? _inHand;
    private readonly EngineHealth _health;
    private readonly Workers _workers;
    private readonly CancellationTokenSource _stop = new();
    private readonly SignWatch _signs;
    private readonly SemaphoreSlim _scanning = new(1);
    private Task _working = Task.CompletedTask;
    private bool _hasToldUnread;

    public SpoolEngine(EnginePlan plan, MessageLedger ledger, PassSet passes, InHand? inHand, TimeProvider clock, ILoggerFactory logs)
    {
        _plan = plan;
        _clock = clock;
        _ledger = ledger;
        _inHand = inHand;
        _log = logs.CreateLogger<SpoolEngine>();
        _parts = new EngineParts(plan, ledger, passes, inHand, clock, logs, (message, outcome) => _workers!.EndCommit(message, outcome), reason => _workers!.Fatal(reason));
        _health = new EngineHealth(_parts, passes.Chain.Activity, plan.Settings.Schedule.Scan, clock);
        _workers = new Workers(_parts, _health, clock, _log);
        Reloads = new ReloadNotes(clock.GetUtcNow());
        _signs = new SignWatch(_parts.Verbs, _parts.Orders, _parts.Waiting, GoOnAsync, _log);
        _parts.VerbSeen = _signs.Give;
    }

    /// <summary>How each look at a message ended.</summary>
    public OutcomeFeed Outcomes => _parts.Outcomes;

    /// <summary>Called with the number of messages of each group that is committed.</summary>
    public event Action<int>? GroupFilled
    {
        add => _parts.Group.Filled += value;
        remove => _parts.Group.Filled -= value;
    }

    /// <summary>Where messages are taken from, there or not.</summary>
    public IReadOnlyList<Intake> Intakes => _plan.Intakes.All;

    /// <summary>How often the configuration has been read, with that of the start.</summary>
    public int Generation => _parts.Generations.Current.Number;

    /// <summary>What reloads came to.</summary>
    public ReloadNotes Reloads { get; }

    // The passes in force.
    private PassChain Chain => _parts.Generations.Current.Value.Set.Chain;

    /// <summary>The circuit breakers of the passes.</summary>
    public IReadOnlyList<Breaker> Breakers => Chain.Breakers;

    /// <summary>Results of passes that have a short word.</summary>
    public IReadOnlyList<NamedResult> ResultsInShort => Chain.InShort;

    /// <summary>How the target's Exim was told of messages.</summary>
    public WakeCounts Wakes => _parts.Waker.Counts;

    /// <summary>When the intakes were last read through, to the end; null: not yet.</summary>
    public DateTimeOffset? LastScan => _health.LastScan;

    /// <summary>What has not moved for so long; a sentence each.</summary>
    public IReadOnlyList<string> Stuck(TimeSpan limit) => _health.Stuck(limit);

    /// <summary>As <see cref="Obstacles"/>; and that it has not begun, or an operator wants mail to wait.</summary>
    public IReadOnlyList<string> NotReady => [.. Obstacles, .. Pauses, .. LastScan is null ? ["the intakes have not been read yet"] : Array.Empty<string>()];

    /// <summary>Pauses, as sentences: they are no fault.</summary>
    public IEnumerable<string> Pauses => Orders.All.Where(o => o.Kind != OrderKind.Skip).Select(o => o.Sentence);

    /// <summary>Pauses and skips.</summary>
    public OrdersInForce Orders => _parts.Orders;

    /// <summary>The names of the passes in their order, and whether mail may go on without them.</summary>
    public IReadOnlyList<(string Name, bool MayBeSkipped)> Steps => Chain.Steps;

    /// <summary>How messages of an intake wait, by its path.</summary>
    public Func<MessageId, IntakeWait> WaitsIn(string path) => _plan.Intakes.All.FirstOrDefault(i => i.Path == path) is { } intake ? id => Waiting.WaitOf(new MessageKey(intake, id)) : _ => default;

    /// <summary>Why mail does not go on now, or not all of it; a sentence each.</summary>
    public IReadOnlyList<string> Obstacles =>
    [
        .. FatalReason is { } fatal ? [$"the worker stops: {fatal}"] : Array.Empty<string>(),
        .. IsPaused ? ["messages cannot be handed over"] : Array.Empty<string>(),
        .. HasUnread ? ["an intake cannot be read, or is another worker's"] : Array.Empty<string>(),
    ];

    /// <summary>Messages left in the intakes, and why.</summary>
    public Waiting Waiting => _parts.Waiting;

    /// <summary>Sends letters of the worker's own.</summary>
    public LetterDesk Letters => _parts.Letters;

    /// <summary>Who writes notices to administrators.</summary>
    public NoticeWriter NoticesOf(NoticesFeature feature) => _parts.NoticesOf(feature);

    /// <summary>Set when the engine had to stop because the outcome of a commit cannot be known.</summary>
    public string? FatalReason => _workers.FatalReason;

    /// <summary>Called, once, when <see cref="FatalReason"/> is set.</summary>
    public event Action? Stopped
    {
        add => _workers.Stopped += value;
        remove => _workers.Stopped -= value;
    }

    /// <summary>Messages committed so far.</summary>
    public long Committed => _workers.Committed;

    /// <summary>Groups they were committed in.</summary>
    public long Groups => _parts.Group.Groups;

    /// <summary>Messages whose -H had to be put right.</summary>
    public long Repaired => _parts.JudgeNotes.Repaired;

    /// <summary>Messages queued or in hand.</summary>
    public int Busy => _parts.Queue.Count;

    /// <summary>Requeued messages that the target's Exim was told of and did not begin to deliver.</summary>
    public long WakesIgnored => _parts.Waker.Ignored;

    /// <summary>True while the environment keeps messages from being handed over.</summary>
    public bool IsPaused => _workers.IsPaused;

    /// <summary>Set: no message waits for the hours of a pass.</summary>
    public bool IgnoresHours
    {
        set => Chain.Hours.AreIgnored = value;
    }

    /// <summary>True when an intake that is there could not be read, or is another worker's.</summary>
    public bool HasUnread => _parts.Scanner.HasUnread;

    /// <summary>True when files lie in an intake that can be neither taken nor moved to corrupt/: only an operator gets them out of the way.</summary>
    public bool HasStuck => _parts.Bodies.HasLeft || Waiting.HasStuck;

    /// <summary>Recovery, then the workers start.</summary>
    public void Start()
    {
        // Before anything is touched: what another worker takes from is not ours to recover, either.
        _plan.Intakes.Open(_log);
        _parts.Recovery.Run(_inHand?.Left ?? []);
        foreach (var intake in _plan.Intakes.All) _parts.Bodies.RemoveSettled(intake);
        foreach (var (path, id) in _parts.Recovery.Undecidable)
        {
            if (_plan.Intakes.All.FirstOrDefault(i => i.Path == path) is { } intake && MessageId.TryParse(id.AsSpan(), out var parsed)) Waiting.Withhold(new MessageKey(intake, parsed));
        }
        _parts.Standing.Look();
        _parts.Orders.Look();
        if (_plan.Watch) _parts.Watcher.Refresh();
        // Workers wait on files, which blocks their threads: the pool must not make them queue for one another.
        ThreadPool.GetMinThreads(out var threads, out var ports);
        ThreadPool.SetMinThreads(Math.Max(threads, _plan.Settings.Engine.WorkerCount + 4), ports);
        _working = Task.WhenAll(_workers.RunAsync(_plan.Settings.Engine.WorkerCount, _stop.Token), Task.Run(() => _signs.RunAsync(_stop.Token)));
    }

    /// <summary>Queues all that lies in the intakes.</summary>
    public async Task<int> ScanAsync(CancellationToken cancellationToken)
    {
        // One at a time: that of the clock, and that of who has just ended a pause.
        await _scanning.WaitAsync(cancellationToken).ConfigureAwait(false);
        _health.ScanBegins();
        var isWhole = false;
        try
        {
            _plan.Intakes.Refresh(_log);
            _parts.Guarded.LookAgain();
            if (_plan.Watch) _parts.Watcher.Refresh();
            var queued = await _parts.Scanner.ScanAsync(cancellationToken).ConfigureAwait(false);
            isWhole = true;
            return queued;
        }
        finally
        {
            // One that failed has ended, too: it does not hang.
            _health.ScanEnds(isWhole);
            _scanning.Release();
        }
    }

    /// <summary>Looks at orders; queues messages that operators want something done with, deferred ones whose time has come, and those that wait for hours that have.</summary>
    public async Task RetryAsync(CancellationToken cancellationToken)
    {
        await _signs.LookAsync(_stop.Token).ConfigureAwait(false);
        foreach (var pass in Chain.Hours.OpenedBy(_clock.GetUtcNow())) Waiting.MakeDue(pass, isPlanned: true);
        foreach (var key in Waiting.Due()) await _parts.Queue.AddAsync(key, Lane.Again, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Queues what a pass deferred, before its time: the pass's own schedule. Returns how many messages that is.</summary>
    public async Task<int> ReprocessAsync(string pass, CancellationToken cancellationToken)
    {
        var keys = Waiting.MakeDue(pass);
        foreach (var key in keys) await _parts.Queue.AddAsync(key, Lane.Again, cancellationToken).ConfigureAwait(false);
        return keys.Count;
    }

    /// <summary>Queues deferred messages before their time, whoever deferred them. The hours of passes hold for them as ever.</summary>
    public async Task RetryNowAsync(IEnumerable<MessageKey> keys, CancellationToken cancellationToken)
    {
        foreach (var key in keys.Select(Own))
        {
            Waiting.MakeDue(key);
            await _parts.Queue.AddAsync(key, Lane.Again, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A message of one of the intakes; null when there is none at that path.</summary>
    public MessageKey? KeyOf(string intake, MessageId id) => _plan.Intakes.All.FirstOrDefault(i => i.Path == intake) is { } own ? new MessageKey(own, id) : null;

    /// <summary>Puts other passes in force: messages that have begun end with those they began with. One at a time. Returns the number of their generation.</summary>
    public int Replace(PassSet passes) => _parts.Replace(passes);

    /// <summary>Forgets old ledger records, until it is told to stop.</summary>
    public void Expire(CancellationToken cancellationToken = default)
    {
        const int MostACall = 5000;
        var gone = _parts.Forgetting.Run(cancellationToken);
        while (!cancellationToken.IsCancellationRequested && _ledger.SweepRates(_clock.GetUtcNow(), MostACall) > 0)
        {
        }
        if (gone > 0) _log.RecordsForgotten(gone);
        var finished = _parts.Forgetting.DropDays(cancellationToken);
        if (finished > 0) _log.FinishedForgotten(finished);
        _parts.History.Sweep(_clock.GetUtcNow());
        var unread = _parts.Verbs.Sweep().Unread;
        if (unread > 0 && !Interlocked.Exchange(ref _hasToldUnread, true)) _log.AuditUnread(Amount.Of(unread, "row"));
        _parts.Recovery.SweepInjections();
    }

    /// <summary>Executes some verbs, and returns when they are executed, or cannot be now.</summary>
    /// <param name="numbers">Of their rows.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WorkVerbsAsync(IReadOnlySet<long> numbers, CancellationToken cancellationToken)
    {
        var left = int.MaxValue;
        while (true)
        {
            var before = _workers.Progress;
            if (await _parts.Verbs.LookAsync(numbers, cancellationToken).ConfigureAwait(false) is not (> 0 and var now)) return;
            while (!_workers.IsIdle)
            {
                if (FatalReason is not null || IsPaused) return;
                await Task.Delay(DrainLook, cancellationToken).ConfigureAwait(false);
            }
            // A row that goes on for an earlier one of the message has its turn first: then none of these is executed yet.
            if (now >= left && _workers.Progress == before) return;
            left = now;
        }
    }

    /// <summary>Queues one message.</summary>
    public ValueTask<bool> AddAsync(MessageKey key, CancellationToken cancellationToken) =>
        _parts.Queue.AddAsync(Own(key), Lane.Arrived, cancellationToken);

    // Whoever asks may have made a key of his own; its state is known of ours.
    private MessageKey Own(MessageKey key) => _plan.Intakes.All.FirstOrDefault(key.Intake.Equals) is { } own ? key with { Intake = own } : key;

    /// <summary>Works until the intakes hold nothing that can be done now.</summary>
    /// <returns>False when it gave up because messages cannot be handed over. <see cref="IsPaused"/> cannot tell that afterwards: what was in
    /// hand then may have been committed since, which ends the pause.</returns>
    public async Task<bool> DrainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = _workers.Progress;
            // Nobody gives signs to a run that ends by itself.
            _parts.Orders.Look();
            await _parts.Verbs.LookAsync(null, cancellationToken).ConfigureAwait(false);
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var scan = ScanAsync(giveUp.Token);
            while (!scan.IsCompleted || !_workers.IsIdle)
            {
                if (FatalReason is not null || IsPaused)
                {
                    // A scan that waits for room in the queue would wait for ever.
                    await giveUp.CancelAsync().ConfigureAwait(false);
                    await ((Task)scan).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return false;
                }
                await Task.Delay(DrainLook, cancellationToken).ConfigureAwait(false);
            }
            await scan.ConfigureAwait(false);
            // A round that moved nothing: what is left is locked, half written, or waits for its time.
            if (_workers.Progress == before) return !IsPaused;
        }
    }

    /// <summary>Takes no more, finishes what is in hand.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        _parts.Watcher.Dispose();
        await _stop.CancelAsync().ConfigureAwait(false);
        _parts.Queue.Complete();
        _parts.Memory.Close();
        await _working.ConfigureAwait(false);
        _parts.Group.Dispose();
        _parts.History.Dispose();
        foreach (var judges in _parts.Generations.Live) await judges.Set.Chain.WaitForStragglersAsync(StragglerTime).ConfigureAwait(false);
        await _parts.Waker.DisposeAsync().ConfigureAwait(false);
        _parts.Held.Dispose();
        _parts.Guarded.Dispose();
        _scanning.Dispose();
        // Last: while anything is in hand nobody else may begin.
        _plan.Intakes.Dispose();
    }

    // What waited for an order to end. Deferred mail that is due, too: it waited for both.
    private async Task GoOnAsync(CancellationToken cancellationToken)
    {
        await ScanAsync(cancellationToken).ConfigureAwait(false);
        foreach (var key in Waiting.Due()) await _parts.Queue.AddAsync(key, Lane.Again, cancellationToken).ConfigureAwait(false);
    }
}
