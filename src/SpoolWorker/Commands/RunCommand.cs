// spoolworker run: the worker. Stays until SIGTERM or SIGINT (SIGHUP changes nothing); --once works the intakes empty and ends.
using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Control;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Target;
using SpoolWorker.Hosting;
using SpoolWorker.Http;
using SpoolWorker.Operations.Checks;

namespace SpoolWorker.Commands;

/// <summary>The worker.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan StopTime = TimeSpan.FromMinutes(2);

    public static Command Create(CommonOptions common)
    {
        var once = new Option<bool>("--once") { Description = "Work on what lies in the intakes now, then end" };
        var now = new Option<bool>("--now") { Description = "With --once: past the hours of passes" };
        var command = new Command("run", "Take spool pairs from the intakes, run the passes, requeue the result") { once, now };
        command.Validators.Add(result =>
        {
            if (result.GetValue(now) && !result.GetValue(once)) result.AddError("--now is for --once; a worker that stays keeps to the hours of passes");
        });
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var loaded = common.Load(parsed, out var exitCode);
            return loaded is null ? exitCode : await RunAsync(loaded, parsed.GetValue(once), parsed.GetValue(now), cancellationToken).ConfigureAwait(false);
        });
        return command.WithExamples("""
            spoolworker run                                   work until SIGTERM, with /etc/spoolworker/spoolworker.json
            spoolworker run --once                            work on what is there, then end
            spoolworker run --once --now                      the same, also what waits for the hours of a pass
            spoolworker run --config appsettings.json --Engine:Workers=4
            """, """
            EXIT CODES:
              0 stopped as asked   69 the program's LMDB library is missing   74 disk failed, or the ledger is damaged
              75 another worker runs with the ledger or takes from an intake, the disk or the ledger is full, or (--once) messages
              cannot be handed over now, an intake cannot be read, or what lies in it can be neither taken nor moved to corrupt/
              77 not permitted   78 configuration, or the ledger is of a later version
            """);
    }

    private static async Task<int> RunAsync(LoadedConfiguration loaded, bool once, bool now, CancellationToken cancellationToken)
    {
        var (fault, kind) = ("", SocketFault.None);
        try
        {
            Places.MakePrivate(loaded.Settings.Ledger.Path);
            // First: a command that executes verbs is the worker for that while.
            using var recovery = await LedgerLocks.ForRecoveryAsync(loaded.Settings.Ledger.Path, cancellationToken).ConfigureAwait(false);
            if (recovery is null)
            {
                Console.Error.WriteLine("spoolworker: another worker has been starting, or a command been at work, for too long; see who runs it");
                return ExitCode.TemporaryFailure;
            }
            using var alone = LedgerLocks.TryWorker(loaded.Settings.Ledger.Path);
            if (alone is null)
            {
                Console.Error.WriteLine($"spoolworker: another worker runs with the ledger {Places.Full(loaded.Settings.Ledger.Path)}");
                return ExitCode.TemporaryFailure;
            }
            if (SourceChecks.All(loaded.Settings).FirstOrDefault(f => f.Severity == Severity.Error) is { } lost)
            {
                Console.Error.WriteLine($"spoolworker: {lost.Subject}: {lost.Text}. {lost.Cure}");
                return ExitCode.Config;
            }
            using var sockets = once ? ControlSockets.None : ControlSockets.Bind(loaded, out fault, out kind);
            if (sockets is null) return Told(fault, kind);
            using var host = BuildHost(loaded, sockets, once);
            var log = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RunCommand).FullName!);
            // Its default is to end the process, which systemd takes for a clean stop and does not start again.
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                log.HangUpIgnored();
            });
            var engine = host.Services.GetRequiredService<SpoolEngine>();
            engine.IgnoresHours = now;
            await host.StartAsync(cancellationToken).ConfigureAwait(false);
            recovery.Dispose();
            if (once) return await DrainAsync(host, engine).ConfigureAwait(false);
            await host.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            return engine.FatalReason is null ? ExitCode.Ok : ExitCode.InputOutput;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"spoolworker: {e.Message}");
            return ExitCode.Of(e);
        }
    }

    private static async Task<int> DrainAsync(IHost host, SpoolEngine engine)
    {
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var drained = true;
        try
        {
            drained = await engine.DrainAsync(stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // SIGTERM: what is in hand is finished by the stop below
        }
        var left = !drained || engine.IsPaused || engine.HasUnread || engine.HasStuck;
        await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        return engine.FatalReason is not null ? ExitCode.InputOutput : left ? ExitCode.TemporaryFailure : ExitCode.Ok;
    }

    private static int Told(string fault, SocketFault kind)
    {
        Console.Error.WriteLine($"spoolworker: {fault}");
        return kind switch
        {
            SocketFault.Taken => ExitCode.TemporaryFailure,
            SocketFault.NotPermitted => ExitCode.NoPermission,
            _ => ExitCode.Config,
        };
    }

    private static IHost BuildHost(LoadedConfiguration loaded, ControlSockets sockets, bool once)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddConfiguration(loaded.Root.GetSection("Logging"));
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning)
            // It tells of a start that failed with a stack, and throws: what is thrown is told below, in a sentence.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        // Standard output is for data; the log goes to standard error.
        // Logging:Console:FormatterName=json gives one JSON object a line; under systemd the journal's form is used.
        builder.Logging.AddConsole();
        builder.Services.Configure<SimpleConsoleFormatterOptions>(o => { o.SingleLine = true; o.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff "; });
        // Without a format JSON lines carry no time at all.
        builder.Services.Configure<JsonConsoleFormatterOptions>(o => { o.UseUtcTimestamp = true; o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ"; });
        builder.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = StopTime);
        AddSystemd(builder.Services);
        PassCatalog.AddAll(builder.Services);
        builder.Services.AddEngine(loaded, watch: !once);
        builder.Services.AddHostedService<EngineService>();
        if (!once) builder.Services.AddSchedule(loaded).AddControl(loaded, sockets);
        return builder.Build();
    }

    // .NET's own AddSystemd asks whether the parent is called systemd, which the unit's ProtectProc=invisible hides: the start would time out.
    private static void AddSystemd(IServiceCollection services)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 }) return;
        services.Configure<ConsoleLoggerOptions>(o => o.FormatterName = ConsoleFormatterNames.Systemd);
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton<IHostLifetime, SystemdLifetime>();
    }
}
