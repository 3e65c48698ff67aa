using Microsoft.Extensions.DependencyInjection;
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
    /// <param name="services">The host's.</param>
    /// <param name="loaded">The configuration.</param>
    /// <param name="sockets">Bound; the host's owner disposes them.</param>
    public static IServiceCollection AddControl(this IServiceCollection services, LoadedConfiguration loaded, ControlSockets sockets)
    {
        services.AddSingleton(s => new LiveStatus(new StatusSources(loaded.Settings, loaded.Source, s.GetRequiredService<SpoolEngine>(), s.GetRequiredService<MessageLedger>(),
            s.GetRequiredService<PlaceSurvey>(), s.GetRequiredService<JobBook>(), s.GetRequiredService<TimeProvider>())));
        services.AddSingleton<ISystemdNotifier>(_ => new SystemdNotifier());
        services.AddHostedService<Watchdog>();
        return services.AddHostedService(s => new ControlService(sockets,
            sockets.IsNone ? null : new ControlSources(s.GetRequiredService<SpoolEngine>(), s.GetRequiredService<LiveStatus>(), s.GetRequiredService<MetricsText>(), s.GetRequiredService<TimeProvider>()),
            loaded.Settings.Control, s.GetRequiredService<ILogger<ControlService>>()));
    }
}
