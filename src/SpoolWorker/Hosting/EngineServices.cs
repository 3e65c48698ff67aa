// Registers the engine, its ledger and what runs by the clock. Order matters: the engine's service starts (and recovers)
// before timers, and stops after them.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpoolWorker.Calendar;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Ledger;
using SpoolWorker.LogFollowing;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Schedule;

namespace SpoolWorker.Hosting;

/// <summary>Registration of the engine.</summary>
internal static class EngineServices
{
    /// <param name="services">Where it is registered.</param>
    /// <param name="loaded">The configuration.</param>
    /// <param name="watch">Whether the intakes are watched.</param>
    /// <param name="forVerbs">Whether messages are worked on for verbs only.</param>
    /// <param name="withPasses">False: no pass is asked and no notification composed, and their settings need not be there.</param>
    public static IServiceCollection AddEngine(this IServiceCollection services, LoadedConfiguration loaded, bool watch, bool forVerbs = false, bool withPasses = true)
    {
        var settings = loaded.Settings;
        services.AddSingleton(TimeProvider.System);
        foreach (var (type, options) in loaded.Sections) services.AddSingleton(type, options);
        services.AddSingleton(s => OpenLedger(settings.Ledger, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<MessageLedger>>()));
        services.AddLogFollowing(loaded);
        services.AddWorkerMetrics(loaded);
        services.AddSingleton<JobBook>();
        services.AddSingleton(_ => new InHand(settings.Ledger.Path, settings.Engine.WorkerCount));
        services.AddSingleton(s => new PassChain(withPasses ? ConfiguredPasses(s, loaded) : [], s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<PassChain>>(), settings.Results.Write, s.GetRequiredService<OrdersInForce>()));
        services.AddSingleton(s => new OrdersInForce(s.GetRequiredService<MessageLedger>().Orders, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new IntakeSet(settings));
        services.AddSingleton(s => new SpoolEngine(new EnginePlan(s.GetRequiredService<IntakeSet>(), settings, watch) { Orders = s.GetRequiredService<OrdersInForce>(), Dsn = withPasses ? DsnOf(loaded) : null, ForVerbs = forVerbs },
            s.GetRequiredService<MessageLedger>(), s.GetRequiredService<PassChain>(), s.GetRequiredService<InHand>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILoggerFactory>()));
        return services;
    }

    public static IServiceCollection AddSchedule(this IServiceCollection services, LoadedConfiguration loaded)
    {
        var schedule = loaded.Settings.Schedule;
        services.AddHostedService(s =>
        {
            var engine = s.GetRequiredService<SpoolEngine>();
            List<TimedWork> works =
            [
                new("scan", schedule.Scan, engine.ScanAsync),
                new("retry", schedule.Retry, engine.RetryAsync),
                new("expire", schedule.Expire, token =>
                {
                    engine.Expire(token);
                    return Task.CompletedTask;
                }),
            ];
            if (loaded.Settings.Metrics.TextFile.Length > 0) works.Add(MetricsServices.Writing(s, loaded.Settings.Metrics));
            if (LogServices.IsFollowing(loaded)) works.Add(new("follow", LogServices.OptionsOf(loaded).Follow, Following(s.GetRequiredService<EximLogs>())));
            works.AddRange(Keepers(s, loaded.Settings));
            works.AddRange(Jobs(s, loaded));
            return new Timers(works, s.GetRequiredService<JobBook>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<Timers>>());
        });
        return services;
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
            new(name, ScheduledJob.Period, new ScheduledJob(name, times, run, ledger.Runs, book.Of(noted), clock, logs.CreateLogger<ScheduledJob>()).TickAsync) { IsQuestion = true };
        var reprocessor = new Reprocessor(engine, ledger, loaded.Settings, clock, logs.CreateLogger<Reprocessor>());
        foreach (var plan in ScheduleReader.Plans(loaded.Settings)) yield return Job(plan.Name, $"reprocess {plan.Name}", plan.Times, token => reprocessor.RunAsync(plan, token));
        if (DigestReader.Plan(loaded.Settings) is not { } digest) yield break;
        var origin = DsnOrigin.Of(new DsnOptions { ReportingMta = loaded.PassOptions.GetValueOrDefault(DsnFeature.Name) is DsnOptions dsn ? dsn.ReportingMta : "", From = loaded.Settings.Digest.From });
        var sender = new DigestSender(engine, ledger, loaded.Settings, origin, clock, logs.CreateLogger<DigestSender>());
        yield return Job(DigestReader.Name, DigestReader.Name, digest.Times, _ => Task.FromResult(sender.Run(digest)));
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

    private static DsnFeature? DsnOf(LoadedConfiguration loaded) => loaded.Settings.Passes.Contains(DsnFeature.Name) ? new DsnFeature((DsnOptions)loaded.PassOptions[DsnFeature.Name]) : null;

    // Features have no step in the chain.
    private static IEnumerable<ConfiguredPass> ConfiguredPasses(IServiceProvider services, LoadedConfiguration loaded)
    {
        var known = services.GetServices<PassRegistration>().ToDictionary(r => r.Name);
        foreach (var name in loaded.Settings.PassNames)
        {
            if (known[name].Create is not { } create) continue;
            var options = loaded.PassOptions[name];
            yield return new ConfiguredPass(create(options, services), options) { Results = known[name].Results, Hours = PassHoursReader.Of(loaded.Settings, name), Traits = known[name].Traits };
        }
    }
}
