// Puts the parts together and keeps them going: recovery, then workers fed by watcher and scan, then a clean stop that
// finishes what is in hand. StartAsync returns when recovery is done; nothing is taken before that.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>What an engine works on.</summary>
internal sealed record EnginePlan(IntakeSet Intakes, Settings Settings, bool Watch)
{
    /// <summary>Set: what passes bounce is returned to its sender. Null: it is held.</summary>
    public DsnFeature? Dsn { get; init; }
}

/// <summary>The engine.</summary>
internal sealed class SpoolEngine : IAsyncDisposable
{
    // A pass that was left to itself may still read from a ledger or a table that is closed next.
    private static readonly TimeSpan StragglerTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainLook = TimeSpan.FromMilliseconds(5);

    private readonly EnginePlan _plan;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly MessageLedger _ledger;
    private readonly ProcessingQueue _queue;
    private readonly SpoolScanner _scanner;
    private readonly SpoolWatcher _watcher;
    private readonly HeldStore _held;
    private readonly Recovery _recovery;
    private readonly Forgetting _forgetting;
    private readonly MessageProcessor _processor;
    private readonly CommitGroup _group;
    private readonly EximWaker _waker;
    private readonly PassChain _chain;
    private readonly MemoryBudget _memory;
    private readonly InHand? _inHand;
    private readonly List<SpoolDirectory> _outputs;
    private readonly PlaceGuard _guard = new();
    private readonly SecondLooks _soon;
    private readonly EnvironmentPause _pause;
    private readonly CancellationTokenSource _stop = new();
    private Task[] _workers = [];
    private long _committed, _progress;

    public SpoolEngine(EnginePlan plan, MessageLedger ledger, PassChain chain, InHand? inHand, TimeProvider clock, ILoggerFactory logs)
    {
        _plan = plan;
        _clock = clock;
        _ledger = ledger;
        _inHand = inHand;
        _chain = chain;
        _log = logs.CreateLogger<SpoolEngine>();
        var settings = plan.Settings;
        Places.EnsureTarget(settings.Target);
        var targetPath = Places.TargetPath(settings.Target);
        var layout = settings.Target.Layout switch
        {
            TargetLayout.Flat => SpoolLayout.Flat,
            TargetLayout.Split => SpoolLayout.Split,
            _ => SpoolDirectory.DetectLayout(targetPath),
        };
        Places.ShareLedger(settings.Ledger);
        Places.MakePrivate(settings.Held.Path);
        var ownership = Places.Ownership(settings.Target);
        var target = new SpoolStage(new SpoolDirectory(targetPath, layout) { Name = "target" }, ownership, ledger.Tag);
        var heldOwnership = Places.ShareWith(settings.Held.Path, settings.Held.Group) is { } group ? ownership with { Gid = group } : ownership;
        var held = new SpoolStage(new SpoolDirectory(settings.Held.Path) { Name = "held" }, heldOwnership, ledger.Tag);
        var version = EximVersion.Of(settings.Target);
        _log.TargetFound(targetPath, version is null ? "of unknown version (message ids of 23 characters are renewed)" : version.Value.SeesLongIds ? $"{version}" : $"{version} (message ids of 23 characters are renewed)", layout);

        _outputs = [target.Directory, held.Directory, new SpoolDirectory(settings.Corrupt.Path) { Name = "corrupt" }];
        _guard.Refused += sentence => _log.PlaceRefused(sentence);
        KeepApart();

        Waiting = new Waiting(clock);
        _memory = new MemoryBudget(settings.Engine.MemoryInHand);
        _queue = new ProcessingQueue(settings.Engine.QueueCapacity);
        _soon = new SecondLooks(_queue, clock);
        _pause = new EnvironmentPause(clock, _log);
        var corrupt = new CorruptStore(Places.Full(settings.Corrupt.Path), clock, logs.CreateLogger<CorruptStore>());
        _scanner = new SpoolScanner(plan.Intakes, _queue, Waiting, corrupt, settings.Engine.IncompleteAfter, clock, logs.CreateLogger<SpoolScanner>());
        _watcher = new SpoolWatcher(plan.Intakes, _queue.Hint, logs.CreateLogger<SpoolWatcher>());
        _waker = new EximWaker(settings.Target, version, clock, logs.CreateLogger<EximWaker>());
        var bouncer = plan.Dsn is { } dsn
            ? new Bouncer(dsn, new BounceRates(ledger, dsn.Options.RateLimit, dsn.Options.RatePer, clock), new DsnAccount(Places.UserName(ownership.Uid), ownership.Uid, ownership.Gid), clock)
            : null;
        var stager = new Stager(target, held, settings.Target, settings.Engine, version, bouncer, settings.Ledger.Keep, clock);
        _held = new HeldStore(held.Directory.Path, ledger, logs.CreateLogger<HeldStore>());
        _forgetting = new Forgetting(ledger, () => plan.Intakes.All, _scanner, _held, clock, logs.CreateLogger<Forgetting>());
        _recovery = new Recovery(ledger, plan.Intakes.All, [target, held], _held, stager, _waker, clock, logs.CreateLogger<Recovery>());
        _group = new CommitGroup(ledger, settings.Engine, _waker, Done, Fatal, logs.CreateLogger<CommitGroup>());
        _processor = new MessageProcessor(ledger, chain, _recovery, _held, stager, target.Directory, _group, corrupt, inHand, Waiting, _memory, settings.Engine, clock, logs.CreateLogger<MessageProcessor>());
    }

    /// <summary>Messages left in the intakes, and why.</summary>
    public Waiting Waiting { get; }

    /// <summary>Set when the engine had to stop because the outcome of a commit cannot be known.</summary>
    public string? FatalReason { get; private set; }

    /// <summary>Called, once, when <see cref="FatalReason"/> is set.</summary>
    public event Action? Stopped;

    /// <summary>Messages committed so far.</summary>
    public long Committed => Interlocked.Read(ref _committed);

    /// <summary>Messages whose -H had to be put right.</summary>
    public long Repaired => _processor.Repaired;

    /// <summary>Messages queued or in hand.</summary>
    public int Busy => _queue.Count;

    /// <summary>Tells how each look at a message ended, and what was committed or undone with it (null: nothing was staged).</summary>
    public event Action<MessageKey, ProcessResult, PreparedMessage?>? Looked;

    /// <summary>Recovery, then the workers start.</summary>
    /// <param name="recover">False for a release beside a running worker, whose half-done commits are its own business.</param>
    public void Start(bool recover = true)
    {
        // Before anything is touched: what another worker takes from is not ours to recover, either.
        _plan.Intakes.Open(_log);
        if (recover) _recovery.Run(_inHand?.Left ?? []);
        else _recovery.RunForHeld();
        foreach (var (path, id) in _recovery.Undecidable)
        {
            if (_plan.Intakes.All.FirstOrDefault(i => i.Path == path) is { } intake && MessageId.TryParse(id.AsSpan(), out var parsed)) Waiting.Withhold(new MessageKey(intake, parsed));
        }
        if (_plan.Watch) _watcher.Refresh();
        // Workers wait on files, which blocks their threads: the pool must not make them queue for one another.
        ThreadPool.GetMinThreads(out var threads, out var ports);
        ThreadPool.SetMinThreads(Math.Max(threads, _plan.Settings.Engine.Workers + 4), ports);
        _workers = [.. Enumerable.Range(0, _plan.Settings.Engine.Workers).Select(slot => Task.Run(() => WorkAsync(slot)))];
    }

    /// <summary>Queues all that lies in the intakes.</summary>
    public Task<int> ScanAsync(CancellationToken cancellationToken)
    {
        _plan.Intakes.Refresh(_log);
        LookAgain();
        if (_plan.Watch) _watcher.Refresh();
        return _scanner.ScanAsync(cancellationToken);
    }

    /// <summary>Queues deferred messages whose time has come.</summary>
    public async Task RetryAsync(CancellationToken cancellationToken)
    {
        foreach (var key in Waiting.Due()) await _queue.AddAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Queues what a pass deferred, before its time: the pass's own schedule.</summary>
    public async Task ReprocessAsync(string pass, CancellationToken cancellationToken)
    {
        var keys = Waiting.MakeDue(pass);
        if (keys.Count > 0) _log.Reprocessing(pass, keys.Count);
        foreach (var key in keys) await _queue.AddAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets old ledger records, until it is told to stop.</summary>
    public void Expire(CancellationToken cancellationToken = default)
    {
        const int MostACall = 5000;
        var gone = _forgetting.Run(cancellationToken);
        while (!cancellationToken.IsCancellationRequested && _ledger.SweepRates(_clock.GetUtcNow(), MostACall) > 0)
        {
        }
        if (gone > 0) _log.RecordsForgotten(gone);
    }

    /// <summary>Queues one message.</summary>
    public ValueTask<bool> AddAsync(MessageKey key, CancellationToken cancellationToken) =>
        _queue.AddAsync(_plan.Intakes.All.FirstOrDefault(key.Intake.Equals) is { } own ? key with { Intake = own } : key, cancellationToken);

    /// <summary>Works until the intakes hold nothing that can be done now.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = Interlocked.Read(ref _progress);
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var scan = ScanAsync(giveUp.Token);
            while (!scan.IsCompleted || _queue.Count > 0 || !_soon.IsEmpty)
            {
                if (FatalReason is not null || IsPaused)
                {
                    // A scan that waits for room in the queue would wait for ever.
                    await giveUp.CancelAsync().ConfigureAwait(false);
                    await ((Task)scan).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return;
                }
                await Task.Delay(DrainLook, cancellationToken).ConfigureAwait(false);
            }
            await scan.ConfigureAwait(false);
            // A round that moved nothing: what is left is locked, half written, or waits for its time.
            if (Interlocked.Read(ref _progress) == before) return;
        }
    }

    /// <summary>Requeued messages that the target's Exim was told of and did not begin to deliver.</summary>
    public long WakesIgnored => _waker.Ignored;

    /// <summary>True while the environment keeps messages from being handed over.</summary>
    public bool IsPaused => _pause.IsOn;

    /// <summary>True when an intake that is there could not be read, or is another worker's.</summary>
    public bool HasUnread => _scanner.HasUnread;

    /// <summary>True when files lie in an intake that can be neither taken nor moved to corrupt/: only an operator gets them out of the way.</summary>
    public bool HasStuck => _scanner.HasLeft || Waiting.HasStuck;

    /// <summary>Takes no more, finishes what is in hand.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        _watcher.Dispose();
        await _stop.CancelAsync().ConfigureAwait(false);
        _queue.Complete();
        _memory.Close();
        await Task.WhenAll(_workers).ConfigureAwait(false);
        _group.Dispose();
        await _chain.WaitForStragglersAsync(StragglerTime).ConfigureAwait(false);
        await _waker.DisposeAsync().ConfigureAwait(false);
        _held.Dispose();
        foreach (var directory in _outputs.Concat(Guarded())) directory.Dispose();
        // Last: while anything is in hand nobody else may begin.
        _plan.Intakes.Dispose();
    }

    // The target first: of two places that are one it is the intake that is refused. What is not there yet is asked when it comes.
    private void KeepApart()
    {
        foreach (var directory in _outputs)
        {
            directory.Guard = _guard;
            Look(directory);
        }
        foreach (var directory in Guarded().ToList()) Look(directory);
    }

    // What was made or exchanged meanwhile is asked before the intakes are read. Whoever uses what is refused tells of it.
    private void LookAgain()
    {
        foreach (var directory in _outputs.Concat(Guarded()).ToList())
        {
            try
            {
                Look(directory);
            }
            catch (RefusedPlaceException)
            {
                // said above
            }
        }
    }

    // A release works in held/, which is its intake and its held/ at once.
    private IEnumerable<SpoolDirectory> Guarded()
    {
        foreach (var directory in _plan.Intakes.All.Select(i => i.Directory).Where(d => _outputs.All(o => o.Path != d.Path)))
        {
            directory.Guard ??= _guard;
            yield return directory;
        }
    }

    private static void Look(SpoolDirectory directory)
    {
        if (directory.TryOpen(out var folder) == 0) folder!.Dispose();
    }

    private async Task WorkAsync(int slot)
    {
        try
        {
            await foreach (var key in _queue.TakeAsync(_stop.Token).ConfigureAwait(false))
            {
                await _pause.WaitAsync(_stop.Token).ConfigureAwait(false);
                if (_stop.IsCancellationRequested || FatalReason is not null) return;
                After(key, await ProcessAsync(key, slot).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException)
        {
            // the stop
        }
    }

    private async ValueTask<ProcessResult> ProcessAsync(MessageKey key, int slot)
    {
        try
        {
            // A message once begun is finished: the stop is not passed on to it.
            return await _processor.ProcessAsync(key, slot, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // A bug; it costs this message its turn, not the worker its life.
            _log.LogError(e, "{Id} stays: {Reason}", key.Id, e.Message);
            return ProcessResult.Environment;
        }
    }

    private void After(MessageKey key, ProcessResult result)
    {
        var wait = result == ProcessResult.NotReady ? _soon.Next(key) : null;
        if (wait is null) _soon.Forget(key);
        if (result == ProcessResult.Settled) Interlocked.Increment(ref _progress);
        if (result != ProcessResult.Handed) Looked?.Invoke(key, result, null);
        if (result == ProcessResult.Environment) _pause.Begin();
        if (result != ProcessResult.Handed) _queue.Release(key);
        if (wait is { } time) _ = _soon.ComeBackAsync(key, time, _stop.Token);
    }

    // Called by the threads of the commit group.
    private void Done(PreparedMessage message, CommitResult result, string reason)
    {
        Looked?.Invoke(message.Key, result == CommitResult.Committed ? ProcessResult.Handed : ProcessResult.Environment, message);
        // What was only deferred is no progress: a next try in the past would keep a drain going for ever.
        if (result == CommitResult.Committed && message.RemoveSource) Interlocked.Increment(ref _progress);
        if (result == CommitResult.Undone)
        {
            _log.LogError("{Id} stays: {Reason}", message.Key.Id, reason);
            // Before the key is free: else what the next look at it has found would be forgotten.
            Waiting.Forget(message.Key);
            _pause.Begin();
            _queue.Release(message.Key);
            return;
        }
        _queue.Release(message.Key);
        Interlocked.Increment(ref _committed);
        _pause.End();
        OutcomeLog.Write(_log, message.Key.Id, message.Outcome, _clock.GetElapsedTime(message.Started));
    }

    // Called by a thread of the commit group; more than once if more goes wrong.
    private void Fatal(string reason)
    {
        FatalReason = reason;
        Stopped?.Invoke();
    }
}
