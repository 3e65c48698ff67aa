// Puts the parts of an engine together: the places, then what reads, judges, commits and tells. Nothing of it works yet.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Commit.Groups;
using SpoolWorker.Engine.Generations;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Letters;
using SpoolWorker.Engine.Notices;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Reading;
using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Notices;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>What an engine works on.</summary>
internal sealed record EnginePlan(IntakeSet Intakes, Settings Settings, bool Watch)
{
    /// <summary>Messages are worked on for verbs only: a command that is the worker for a while leaves all else to the next one.</summary>
    public bool ForVerbs { get; init; }

    /// <summary>Pauses and skips, as the passes ask them too; null: there are none.</summary>
    public OrdersInForce? Orders { get; init; }
}

/// <summary>The parts.</summary>
internal sealed class EngineParts
{
    private readonly Func<PassSet, Judges> _judgesOf;

    /// <param name="plan">What to work on.</param>
    /// <param name="ledger">Where decisions are recorded.</param>
    /// <param name="passes">The passes of the start.</param>
    /// <param name="inHand">Says across a crash what was being judged.</param>
    /// <param name="clock">Dates, timestamps and timers.</param>
    /// <param name="logs">Logs.</param>
    /// <param name="ended">Called by the commit group for each message, with what it came to.</param>
    /// <param name="fatal">Called when the outcome of a commit cannot be known.</param>
    public EngineParts(EnginePlan plan, MessageLedger ledger, PassSet passes, InHand? inHand, TimeProvider clock, ILoggerFactory logs, Action<PreparedMessage, Outcome> ended, Action<string> fatal)
    {
        var settings = plan.Settings;
        var log = logs.CreateLogger<SpoolEngine>();
        var (target, held, version) = Stages(settings, ledger.Tag, log);
        var corruptFolder = new SpoolDirectory(settings.Corrupt.Path) { Name = "corrupt" };
        Guarded = new GuardedPlaces([target.Directory, held.Directory, corruptFolder], plan.Intakes, log);
        Outcomes = new OutcomeFeed(log);
        Outcomes.Published += outcome => OutcomeLog.Write(log, outcome);

        IsWatching = plan.Watch;
        Orders = plan.Orders ?? new OrdersInForce(null, clock);
        Waiting = new Waiting(clock, Orders);
        Memory = new MemoryBudget(settings.Engine.MemoryInHand);
        Queue = new ProcessingQueue(settings.Engine.QueueCapacity, clock);
        var corrupt = new CorruptStore(corruptFolder, clock);
        Bodies = new LoneBodies(ledger, corrupt, Outcomes, settings.Engine.IncompleteAfter, clock, logs.CreateLogger<LoneBodies>());
        Scanner = new SpoolScanner(plan.Intakes, Queue, Waiting, Bodies, logs.CreateLogger<SpoolScanner>());
        Watcher = new SpoolWatcher(plan.Intakes, Queue.Hint, new WatchedSign(Places.Full(settings.Ledger.Path), VerbSignal.Name, () => VerbSeen?.Invoke()), logs.CreateLogger<SpoolWatcher>());

        Waker = new EximWaker(settings.Target, version, clock, logs.CreateLogger<EximWaker>());
        var stager = new Stager(target, held, settings.Target, settings.Engine, version, null, settings.Ledger.Keep, clock);
        Held = new HeldStore(held.Directory.Path, ledger, logs.CreateLogger<HeldStore>());
        Forgetting = new Forgetting(ledger, () => plan.Intakes.All, Scanner, Held, clock, logs.CreateLogger<Forgetting>());
        Recovery = new Recovery(ledger, plan.Intakes.All, [target, held], Held, stager, Waker, clock, logs.CreateLogger<Recovery>());
        var ownership = Places.Ownership(settings.Target);
        var account = new DsnAccount(Places.UserName(ownership.Uid), ownership.Uid, ownership.Gid);
        Letters = new LetterDesk(ledger, stager, Waker, account, fatal, clock, logs.CreateLogger<LetterDesk>());
        History = new HistoryFiles(settings.Ledger, settings.History, log.HistoryFailed);
        Group = new CommitGroup(ledger, entries => History.Add(entries, clock.GetUtcNow()), settings.Engine, () => Queue.Count, Waker, ended, fatal, logs.CreateLogger<CommitGroup>());

        var reader = new PairReader(new UnusablePairs(ledger, corrupt, Waiting, Held.Intake, settings.Engine, clock), Bodies, Waiting, settings.Engine);
        var records = new MessageRecords(ledger, Recovery, Held, clock);
        Standing = new StandingHolds(ledger, clock, logs.CreateLogger<StandingHolds>());
        Verbs = new VerbDesk(ledger, Held.Intake, () => plan.Intakes.All, Queue, Standing, settings.Audit, clock) { IsAlone = plan.ForVerbs };
        JudgeNotes = new JudgeNotes(logs.CreateLogger<MessageJudge>());
        var rates = new OwnMailRates(ledger, clock);
        var allowance = new NoticeAllowance(ledger, rates, clock);
        NoticesOf = feature => new NoticeWriter(feature, allowance, account);
        // Nothing of the passes of the start may be in this: it outlives them.
        _judgesOf = set =>
        {
            var own = stager.With(set.Dsn is { } dsn ? new Bouncer(dsn, rates, account, clock) : null, set.Notices is { } notices ? NoticesOf(notices) : null);
            var runner = new ChainRunner(set.Chain, inHand);
            return new Judges(new MessageJudge(records, runner, Standing, own, Waiting, settings.Engine, clock, JudgeNotes),
                new VerbJudge(Verbs, records, runner, own, Waiting, settings.Engine, clock), set);
        };
        Generations = new GenerationLine<Judges>(_judgesOf(passes), EndAsync);
        Processor = new MessageProcessor(reader, Generations, Verbs, Group, new FailureClasses(ledger, stager, Waiting, settings.Engine, clock), Waiting, Memory, clock);
    }

    /// <summary>Whether it goes on when all is done.</summary>
    public bool IsWatching { get; }

    public GuardedPlaces Guarded { get; }

    public OutcomeFeed Outcomes { get; }

    public OrdersInForce Orders { get; }

    public Waiting Waiting { get; }

    public MemoryBudget Memory { get; }

    public ProcessingQueue Queue { get; }

    public LoneBodies Bodies { get; }

    public SpoolScanner Scanner { get; }

    public SpoolWatcher Watcher { get; }

    public EximWaker Waker { get; }

    public HeldStore Held { get; }

    public Forgetting Forgetting { get; }

    public Recovery Recovery { get; }

    public LetterDesk Letters { get; }

    /// <summary>Makes who writes notices; all of them share one allowance.</summary>
    public Func<NoticesFeature, NoticeWriter> NoticesOf { get; }

    public HistoryFiles History { get; }

    public CommitGroup Group { get; }

    public VerbDesk Verbs { get; }

    public StandingHolds Standing { get; }

    /// <summary>Called, by any thread, when a command says that it has written a verb.</summary>
    public Action? VerbSeen { get; set; }

    public MessageProcessor Processor { get; }

    /// <summary>What messages are judged by.</summary>
    public GenerationLine<Judges> Generations { get; }

    public JudgeNotes JudgeNotes { get; }

    /// <summary>Puts other passes in force. Returns the number of their generation.</summary>
    public int Replace(PassSet next)
    {
        var before = Generations.Current.Value.Set.Chain;
        next.Chain.Follow(before);
        var number = Generations.Replace(_judgesOf(next));
        LookAgain(before, next.Chain);
        return number;
    }

    // When its last message is done. A pass that was left to itself still reads from what is given back next.
    private async Task EndAsync(Judges judges)
    {
        // What came to wait since the next was put in force.
        LookAgain(judges.Set.Chain, Generations.Current.Value.Set.Chain);
        await judges.Set.Chain.WaitForStragglersAsync(Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        judges.Set.End?.Invoke();
    }

    // Hours may be others now, or none, and a pass that was paused may be gone: a look at each message tells, as it does at a start.
    private void LookAgain(PassChain before, PassChain now)
    {
        foreach (var pass in before.Hours.Passes.Union(before.NamesBehind("")!.Except(now.NamesBehind("")!)).ToList()) Waiting.MakeDue(pass, isPlanned: true);
    }

    private static (SpoolStage Target, SpoolStage Held, EximVersion? Version) Stages(Settings settings, string tag, ILogger log)
    {
        Places.EnsureTarget(settings.Target);
        var path = Places.TargetPath(settings.Target);
        var layout = settings.Target.Layout switch
        {
            TargetLayout.Flat => SpoolLayout.Flat,
            TargetLayout.Split => SpoolLayout.Split,
            _ => SpoolDirectory.DetectLayout(path),
        };
        Places.ShareLedger(settings.Ledger);
        Places.MakePrivate(settings.Held.Path);
        var ownership = Places.Ownership(settings.Target);
        var heldOwnership = Places.HeldOwnership(settings);
        var version = EximVersion.Of(settings.Target);
        log.TargetFound(path, version is null ? "of unknown version (message ids of 23 characters are renewed)" : version.Value.SeesLongIds ? $"{version}" : $"{version} (message ids of 23 characters are renewed)", layout);
        return (new SpoolStage(new SpoolDirectory(path, layout) { Name = "target" }, ownership, tag), new SpoolStage(new SpoolDirectory(settings.Held.Path) { Name = "held" }, heldOwnership, tag), version);
    }
}
