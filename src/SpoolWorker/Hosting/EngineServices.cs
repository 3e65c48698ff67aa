// Registers the engine, its ledger and what runs by the clock. Order matters: the engine's service starts (and recovers)
// before timers, and stops after them.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpoolWorker.Calendar;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Ledger;
using SpoolWorker.LogFollowing;
using SpoolWorker.Options;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Notices;
using SpoolWorker.Schedule;
using SpoolWorker.Upkeep;

namespace SpoolWorker.Hosting;

/// <summary>Registration of the engine.</summary>
internal static class EngineServices
{
    /// <param name="services">Where it is registered, with the passes before it.</param>
    /// <param name="loaded">The configuration, for a program that reads none again.</param>
    /// <param name="watch">Whether the intakes are watched.</param>
    /// <param name="forVerbs">Whether messages are worked on for verbs only.</param>
    /// <param name="withPasses">False: no pass is asked and no notification composed, and their settings need not be there.</param>
    public static IServiceCollection AddEngine(this IServiceCollection services, LoadedConfiguration loaded, bool watch, bool forVerbs = false, bool withPasses = true) =>
        services.AddEngine(new CurrentConfiguration(loaded), watch, forVerbs, withPasses);

    /// <param name="services">Where it is registered, with the passes before it.</param>
    /// <param name="current">The configuration.</param>
    /// <param name="watch">Whether the intakes are watched.</param>
    /// <param name="forVerbs">Messages are worked on for verbs only.</param>
    /// <param name="withPasses">False: no pass is asked and no notification composed, and their settings need not be there.</param>
    public static IServiceCollection AddEngine(this IServiceCollection services, CurrentConfiguration current, bool watch, bool forVerbs = false, bool withPasses = true)
    {
        // Of the start, as are those who keep them: what a reload changes is not asked of these.
        var settings = current.Loaded.Settings;
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(current);
        if (current.Loaded.Sections.TryGetValue(typeof(DnsOptions), out var dns)) services.AddSingleton((DnsOptions)dns);
        services.AddSingleton(s => OpenLedger(settings.Ledger, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<MessageLedger>>()));
        services.AddLogFollowing(current);
        services.AddWorkerMetrics(settings);
        services.AddSingleton<JobBook>();
        services.AddSingleton(_ => new InHand(settings.Ledger.Path, settings.Engine.WorkerCount));
        services.AddSingleton(s => new PassFactory(services, s));
        services.AddSingleton(s => new OrdersInForce(s.GetRequiredService<MessageLedger>().Orders, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new IntakeSet(settings));
        services.AddSingleton(s => new SpoolEngine(new EnginePlan(s.GetRequiredService<IntakeSet>(), settings, watch) { Orders = s.GetRequiredService<OrdersInForce>(), ForVerbs = forVerbs }, s.GetRequiredService<MessageLedger>(),
            withPasses ? s.GetRequiredService<PassFactory>().Make(current.Loaded) : s.GetRequiredService<PassFactory>().None(current.Loaded),
            s.GetRequiredService<InHand>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILoggerFactory>()));
        return services;
    }

    /// <summary>As with a configuration that is read again.</summary>
    public static IServiceCollection AddSchedule(this IServiceCollection services, LoadedConfiguration loaded) => services.AddSchedule(new CurrentConfiguration(loaded));

    /// <summary>What is done by the clock.</summary>
    public static IServiceCollection AddSchedule(this IServiceCollection services, CurrentConfiguration current)
    {
        var settings = current.Loaded.Settings;
        services.AddHostedService(s =>
        {
            var engine = s.GetRequiredService<SpoolEngine>();
            List<TimedWork> works =
            [
                new("scan", settings.Schedule.Scan, engine.ScanAsync),
                new("retry", settings.Schedule.Retry, engine.RetryAsync),
                new("expire", settings.Schedule.Expire, token =>
                {
                    engine.Expire(token);
                    return Task.CompletedTask;
                }),
            ];
            if (settings.Metrics.TextFile.Length > 0) works.Add(MetricsServices.Writing(s, settings.Metrics));
            return new Timers(works, s.GetRequiredService<JobBook>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<Timers>>());
        });
        var known = Registrations.In(services);
        services.AddSingleton(s => new ScheduledWorks(loaded => Scheduled(s, loaded, known), current, known, s.GetRequiredService<JobBook>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<Timers>>()));
        return services.AddHostedService(s => s.GetRequiredService<ScheduledWorks>());
    }

    // What a reload may change.
    private static List<TimedWork> Scheduled(IServiceProvider services, LoadedConfiguration loaded, Registrations known)
    {
        var works = new List<TimedWork>();
        if (LogServices.IsFollowing(loaded)) works.Add(new("follow", LogServices.OptionsOf(loaded).Follow, Following(services.GetRequiredService<EximLogs>())));
        works.AddRange(Keepers(services, loaded.Settings));
        works.AddRange(Jobs(services, loaded));
        works.AddRange(JobReader.Plans(loaded, known.Jobs).Select(plan => Upkeep(services, loaded.Settings, plan)));
        return works;
    }

    private static IEnumerable<TimedWork> Keepers(IServiceProvider services, Settings settings)
    {
        var (ledger, clock, logs) = (services.GetRequiredService<MessageLedger>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>());
        TimedWork Work(string name, Action<CancellationToken> run) => new(name, settings.Schedule.Expire, token =>
        {
            run(token);
            return Task.CompletedTask;
        });
        if (HeldKeeper.IsOn(settings.Held))
        {
            var keeper = new HeldKeeper(ledger, settings, clock, logs.CreateLogger<HeldKeeper>());
            yield return Work("keep-held", _ => keeper.Run());
        }
        if (HeldKeeper.IsOn(settings.Corrupt))
        {
            var keeper = new CorruptKeeper(ledger, settings, clock, logs.CreateLogger<CorruptKeeper>());
            yield return Work("keep-corrupt", token => keeper.Run(token));
        }
    }

    // Each in a turn of its own: a long one keeps no other waiting.
    private static IEnumerable<TimedWork> Jobs(IServiceProvider services, LoadedConfiguration loaded)
    {
        var (clock, logs) = (services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>());
        var (ledger, engine, book) = (services.GetRequiredService<MessageLedger>(), services.GetRequiredService<SpoolEngine>(), services.GetRequiredService<JobBook>());
        TimedWork Job(string name, string noted, CronTimes times, Func<CancellationToken, Task<int>> run) =>
            new(name, ScheduledJob.Period, new ScheduledJob(name, new JobPace(times, null), run, ledger.Runs, book.Of(noted), clock, logs.CreateLogger<ScheduledJob>()).TickAsync) { IsQuestion = true, Noted = noted };
        var reprocessor = new Reprocessor(engine, ledger, loaded.Settings, clock, logs.CreateLogger<Reprocessor>());
        foreach (var plan in ScheduleReader.Plans(loaded.Settings)) yield return Job(plan.Name, $"reprocess {plan.Name}", plan.Times, token => reprocessor.RunAsync(plan, token));
        if (PassFactory.NoticesOf(loaded) is { } notices)
        {
            var untold = new UntoldSender(engine, notices, logs.CreateLogger<UntoldSender>());
            yield return new TimedWork(NoticesFeature.Name, UntoldSender.Period, _ =>
            {
                untold.Run();
                return Task.CompletedTask;
            });
        }
        if (DigestReader.Plan(loaded.Settings) is not { } digest) yield break;
        var origin = DsnOrigin.Of(new DsnOptions { ReportingMta = loaded.PassOptions.GetValueOrDefault(DsnFeature.Name) is DsnOptions dsn ? dsn.ReportingMta : "", From = loaded.Settings.Digest.From });
        var sender = new DigestSender(engine, ledger, loaded.Settings, origin, clock, logs.CreateLogger<DigestSender>());
        yield return Job(DigestReader.Name, DigestReader.Name, digest.Times, _ => Task.FromResult(sender.Run(digest)));
    }

    private static TimedWork Upkeep(IServiceProvider services, Settings settings, UpkeepPlan plan)
    {
        var (clock, logs, name) = (services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>(), plan.Job.Name);
        var (runs, engine) = (services.GetRequiredService<MessageLedger>().Runs, services.GetRequiredService<SpoolEngine>());
        var runner = new JobRunner(name, plan.Job.Create(plan.Options, new JobSurroundings(settings, clock) { Last = () => runs.Report(name) }), runs, settings.Ledger.Path, clock, logs.CreateLogger<JobRunner>());
        var work = new UpkeepWork(plan.Job, runner, plan.Pace, runs, services.GetRequiredService<JobBook>().Of(name, plan.Pace.PeriodFrom(clock.GetUtcNow())), () => engine.Orders.PauseOfJob(name) is not null, clock, logs.CreateLogger<ScheduledJob>());
        return new TimedWork(name, ScheduledJob.Period, work.TickAsync) { IsQuestion = true };
    }

    private static MessageLedger OpenLedger(LedgerOptions options, TimeProvider clock, ILogger log) => MessageLedger.OpenForWorker(options, clock.GetUtcNow(), seen =>
    {
        if (seen == 0) log.LedgerUpgraded();
    });

    // So that none is rotated away unread.
    private static Func<CancellationToken, Task> Following(EximLogs logs) => _ =>
    {
        logs.Follow();
        return Task.CompletedTask;
    };
}
