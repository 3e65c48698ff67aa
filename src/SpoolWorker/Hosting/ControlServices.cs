using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using SpoolWorker.Configuration;
using SpoolWorker.Control;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Telemetry;
using SpoolWorker.Engine.Telemetry.Exposition;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Status;
using SpoolWorker.Schedule;

namespace SpoolWorker.Hosting;

/// <summary>Registration of the control door.</summary>
internal static class ControlServices
{
    /// <summary>Lets the configuration be read again.</summary>
    public static IServiceCollection AddReload(this IServiceCollection services, ConfigurationSource source) => services.AddSingleton(s => new Reloader(source, s.GetRequiredService<CurrentConfiguration>(),
        s.GetRequiredService<SpoolEngine>(), s.GetRequiredService<PassFactory>(), s.GetRequiredService<ScheduledWorks>(), s.GetRequiredService<IHostApplicationLifetime>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<Reloader>>()));

    /// <param name="services">The host's.</param>
    /// <param name="current">The configuration.</param>
    /// <param name="sockets">Bound; the host's owner disposes them.</param>
    public static IServiceCollection AddControl(this IServiceCollection services, CurrentConfiguration current, ControlSockets sockets)
    {
        var settings = current.Loaded.Settings;
        services.AddSingleton(s => new LiveStatus(new StatusSources(settings, current.Loaded.Source, s.GetRequiredService<SpoolEngine>(), s.GetRequiredService<MessageLedger>(),
            s.GetRequiredService<PlaceSurvey>(), s.GetRequiredService<JobBook>(), s.GetRequiredService<TimeProvider>())));
        services.AddSingleton<ISystemdNotifier>(_ => new SystemdNotifier());
        services.AddHostedService<Watchdog>();
        return services.AddHostedService(s => new ControlService(sockets,
            sockets.IsNone ? null : new ControlSources(s.GetRequiredService<SpoolEngine>(), s.GetRequiredService<LiveStatus>(), s.GetRequiredService<MetricsText>(), s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<Reloader>().ReloadAsync),
            settings.Control, s.GetRequiredService<ILogger<ControlService>>()));
    }
}
