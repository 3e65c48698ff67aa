// Registers the metrics. Nothing of it is made, and nothing measured, before somebody asks for the text: a door of the control socket, or the file.
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Telemetry;
using SpoolWorker.Engine.Telemetry.Exposition;
using SpoolWorker.Ledger;
using SpoolWorker.LogFollowing;
using SpoolWorker.Operations;
using SpoolWorker.Options;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Schedule;

namespace SpoolWorker.Hosting;

/// <summary>Registration.</summary>
internal static class MetricsServices
{
    public static IServiceCollection AddWorkerMetrics(this IServiceCollection services, Settings settings)
    {
        services.AddSingleton(s => new PlaceSurvey(settings, () => s.GetRequiredService<SpoolEngine>().Intakes.Select(i => i.Path), s.GetRequiredService<TimeProvider>()) { WaitsIn = path => s.GetRequiredService<SpoolEngine>().WaitsIn(path) });
        services.AddSingleton(s => new WorkerMeter(new MeterSources(s.GetRequiredService<SpoolEngine>(), s.GetRequiredService<MessageLedger>(), s.GetRequiredService<PlaceSurvey>(),
            s.GetRequiredService<JobBook>(), s.GetService<IDnsResolver>() as DnsResolver, TlsDeliveriesOf(s), ProgramVersion.Text, s.GetRequiredService<TimeProvider>())));
        return services.AddSingleton(s => new MetricsText(s.GetRequiredService<WorkerMeter>().Meter));
    }

    // Asked for the first time, the logs open their store; a worker that follows none has none.
    private static Func<TlsDeliveries>? TlsDeliveriesOf(IServiceProvider services) =>
        LogServices.IsFollowing(services.GetRequiredService<CurrentConfiguration>().Loaded) ? () => services.GetRequiredService<EximLogs>().Tls : null;

    /// <summary>Writes the file again and again.</summary>
    public static TimedWork Writing(IServiceProvider services, MetricsOptions options)
    {
        var text = services.GetRequiredService<MetricsText>();
        var file = new MetricsFile(Path.GetFullPath(options.TextFile));
        return new TimedWork("metrics", options.Interval, _ =>
        {
            file.Write(text.Write());
            return Task.CompletedTask;
        });
    }
}
