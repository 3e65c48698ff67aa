// spoolworker run: the worker. Stays until SIGTERM or SIGINT; --once works the intakes empty and ends.
using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>The worker.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan StopTime = TimeSpan.FromMinutes(2);

    public static Command Create(CommonOptions common)
    {
        var once = new Option<bool>("--once") { Description = "Work on what lies in the intakes now, then end" };
        var command = new Command("run", "Take spool pairs from the intakes, run the passes, requeue the result") { once };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var loaded = common.Load(parsed, out var exitCode);
            return loaded is null ? exitCode : await RunAsync(loaded, parsed.GetValue(once), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(LoadedConfiguration loaded, bool once, CancellationToken cancellationToken)
    {
        Places.MakePrivate(loaded.Settings.Ledger.Path);
        using var alone = Posix.Open(Path.Combine(loaded.Settings.Ledger.Path, "lock"), Posix.O_RDWR | Posix.O_CREAT, 0b110_000_000);
        if (!Posix.TryLockWhole(alone))
        {
            Console.Error.WriteLine($"spoolworker: another worker runs with the ledger {Places.Full(loaded.Settings.Ledger.Path)}");
            return ExitCode.TemporaryFailure;
        }
        try
        {
            using var host = BuildHost(loaded, once);
            var engine = host.Services.GetRequiredService<SpoolEngine>();
            await host.StartAsync(cancellationToken).ConfigureAwait(false);
            if (once)
            {
                var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
                try
                {
                    await engine.DrainAsync(stopping).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    // SIGTERM: what is in hand is finished by the stop below
                }
                var paused = engine.IsPaused;
                await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
                return engine.FatalReason is not null ? ExitCode.InputOutput : paused ? ExitCode.TemporaryFailure : ExitCode.Ok;
            }
            await host.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            return engine.FatalReason is null ? ExitCode.Ok : ExitCode.InputOutput;
        }
        catch (IOException e)
        {
            Console.Error.WriteLine($"spoolworker: {e.Message}");
            return ExitCode.InputOutput;
        }
        catch (UnauthorizedAccessException e)
        {
            Console.Error.WriteLine($"spoolworker: {e.Message}");
            return ExitCode.NoPermission;
        }
    }

    private static IHost BuildHost(LoadedConfiguration loaded, bool once)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddConfiguration(loaded.Root.GetSection("Logging"));
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Quartz", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning);
        // Standard output is for data; the log goes to standard error.
        // Logging:Console:FormatterName=json gives one JSON object a line; under systemd the journal's form is used.
        builder.Logging.AddConsole();
        builder.Services.Configure<SimpleConsoleFormatterOptions>(o => { o.SingleLine = true; o.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff "; });
        builder.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = StopTime);
        builder.Services.AddSystemd();
        PassCatalog.AddAll(builder.Services);
        builder.Services.AddEngine(loaded, watch: !once);
        builder.Services.AddHostedService<EngineService>();
        if (!once) builder.Services.AddSchedule(loaded.Settings);
        return builder.Build();
    }
}
