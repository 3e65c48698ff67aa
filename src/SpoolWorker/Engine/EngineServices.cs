// Registers the engine, its ledger and its schedule. Order matters: the engine's service starts (and recovers) before
// Quartz, and stops after it.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quartz;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.LogFollowing;
using SpoolWorker.Passes;
using SpoolWorker.Schedule;

namespace SpoolWorker.Engine;

/// <summary>Registration of the engine.</summary>
internal static class EngineServices
{
    public static IServiceCollection AddEngine(this IServiceCollection services, LoadedConfiguration loaded, bool watch)
    {
        var settings = loaded.Settings;
        services.AddSingleton(TimeProvider.System);
        foreach (var (type, options) in loaded.Sections) services.AddSingleton(type, options);
        services.AddSingleton(_ => MessageLedger.Open(settings.Ledger));
        services.AddLogFollowing(loaded);
        services.AddSingleton(_ => new InHand(settings.Ledger.Path, settings.Engine.Workers));
        services.AddSingleton(s => new PassChain(ConfiguredPasses(s, loaded), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<PassChain>>()));
        services.AddSingleton(s => new SpoolEngine(new EnginePlan(new IntakeSet(settings), settings, watch),
            s.GetRequiredService<MessageLedger>(), s.GetRequiredService<PassChain>(), s.GetRequiredService<InHand>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILoggerFactory>()));
        return services;
    }

    public static IServiceCollection AddSchedule(this IServiceCollection services, LoadedConfiguration loaded)
    {
        var schedule = loaded.Settings.Schedule;
        services.AddQuartz(quartz =>
        {
            quartz.UseInMemoryStore();
            Every<ScanJob>(quartz, schedule.Scan);
            Every<RetryJob>(quartz, schedule.Retry);
            Every<ExpireJob>(quartz, schedule.Expire);
            if (LogServices.IsFollowing(loaded)) Every<FollowLogJob>(quartz, LogServices.OptionsOf(loaded).Follow);
            foreach (var (pass, cron) in schedule.Passes)
            {
                quartz.ScheduleJob<ReprocessJob>(
                    trigger => trigger.WithIdentity(pass).WithCronSchedule(cron),
                    job => job.WithIdentity(pass).UsingJobData(ReprocessJob.PassKey, pass));
            }
        });
        return services.AddQuartzHostedService(o => o.WaitForJobsToComplete = false);
    }

    private static void Every<TJob>(IQuartzBuilder quartz, TimeSpan period)
        where TJob : IJob =>
        quartz.ScheduleJob<TJob>(trigger => trigger.StartNow().WithSimpleSchedule(s => s.WithInterval(period).RepeatForever()));

    private static IEnumerable<ConfiguredPass> ConfiguredPasses(IServiceProvider services, LoadedConfiguration loaded)
    {
        var known = services.GetServices<PassRegistration>().ToDictionary(r => r.Name);
        foreach (var name in loaded.Settings.Passes)
        {
            var options = loaded.PassOptions[name];
            yield return new ConfiguredPass(known[name].Create(options, services), options);
        }
    }
}
