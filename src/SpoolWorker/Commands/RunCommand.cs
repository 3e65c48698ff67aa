// spoolworker run: the worker. Stays until SIGTERM or SIGINT, and reads its configuration again at SIGHUP; --once works the intakes empty and ends.
using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SpoolWorker.Commands.Output;
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

/// <summary>What a worker is started with.</summary>
/// <param name="Current">Its configuration.</param>
/// <param name="Source">Where that is read again.</param>
/// <param name="HangUp">SIGHUP.</param>
internal sealed record WorkerStart(CurrentConfiguration Current, ConfigurationSource Source, HangUp HangUp);

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
        command.SetAction(async (parsed, _) =>
        {
            using var stop = new StopSignals();
            using var hangUp = new HangUp();
            // Kept nowhere but there: its secrets are to go when it is read again.
            if (Current(common, parsed, out var exitCode) is not { } current) return exitCode;
            var source = new ConfigurationSource(() => common.Read(parsed), CommonOptions.Known());
            return await RunAsync(new WorkerStart(current, source, hangUp), parsed.GetValue(once), parsed.GetValue(now), stop.Token).ConfigureAwait(false);
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

    private static CurrentConfiguration? Current(CommonOptions common, ParseResult parsed, out int exitCode) =>
        common.Load(parsed, out exitCode) is { } loaded ? new CurrentConfiguration(loaded) : null;

    private static async Task<int> RunAsync(WorkerStart start, bool once, bool now, CancellationToken cancellationToken)
    {
        var (fault, kind) = ("", SocketFault.None);
        var settings = start.Current.Loaded.Settings;
        try
        {
            Places.MakePrivate(settings.Ledger.Path);
            // First: a command that executes verbs is the worker for that while.
            using var recovery = await LedgerLocks.ForRecoveryAsync(settings.Ledger.Path, cancellationToken).ConfigureAwait(false);
            if (recovery is null)
            {
                Console.Error.WriteLine("spoolworker: another worker has been starting, or a command been at work, for too long; see who runs it");
                return ExitCode.TemporaryFailure;
            }
            using var alone = LedgerLocks.TryWorker(settings.Ledger.Path);
            if (alone is null)
            {
                Console.Error.WriteLine($"spoolworker: another worker runs with the ledger {Places.Full(settings.Ledger.Path)}");
                return ExitCode.TemporaryFailure;
            }
            if (SourceChecks.All(settings).FirstOrDefault(f => f.Severity == Severity.Error) is { } lost)
            {
                Console.Error.WriteLine($"spoolworker: {lost.Subject}: {lost.Text}. {lost.Cure}");
                return ExitCode.Config;
            }
            using var sockets = once ? ControlSockets.None : ControlSockets.Bind(start.Current.Loaded, out fault, out kind);
            if (sockets is null) return Told(fault, kind);
            using var host = BuildHost(start, sockets, once);
            var log = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RunCommand).FullName!);
            var reloader = host.Services.GetService<Reloader>();
            // Its outcome is in the log.
            start.HangUp.Then(reloader is null ? log.HangUpIgnored : () => _ = reloader.HangUpAsync());
            var engine = host.Services.GetRequiredService<SpoolEngine>();
            engine.IgnoresHours = now;
            await host.StartAsync(cancellationToken).ConfigureAwait(false);
            recovery.Dispose();
            if (once) return await DrainAsync(host, engine).ConfigureAwait(false);
            await host.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            return engine.FatalReason is null ? ExitCode.Ok : ExitCode.InputOutput;
        }
        catch (OperationCanceledException)
        {
            // Asked to stop before it had begun: by that token, or by the host's own lifetime, which takes the same signals.
            return ExitCode.Ok;
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

    internal static IHost BuildHost(WorkerStart start, ControlSockets sockets, bool once)
    {
        var current = start.Current;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddConfiguration(LoggingOf(current.Loaded));
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning)
            // It tells of a start that failed with a stack, and throws: what is thrown is told below, in a sentence.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        // Standard output is for data; the log goes to standard error.
        // Logging:Console:FormatterName=json gives one JSON object a line; under systemd the journal's form is used.
        builder.Logging.AddLogOutput();
        builder.Services.Configure<SimpleConsoleFormatterOptions>(o => { o.SingleLine = true; o.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff "; });
        // Without a format JSON lines carry no time at all.
        builder.Services.Configure<JsonConsoleFormatterOptions>(o => { o.UseUtcTimestamp = true; o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ"; });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = StopTime);
        AddSystemd(builder.Services);
        PassCatalog.AddAll(builder.Services);
        builder.Services.AddEngine(current, watch: !once);
        builder.Services.AddHostedService<EngineService>();
        if (!once) builder.Services.AddSchedule(current).AddReload(start.Source).AddControl(current, sockets);
        return builder.Build();
    }

    // A copy: it outlives the configuration it is of.
    private static IConfigurationSection LoggingOf(LoadedConfiguration loaded) => new ConfigurationBuilder().AddInMemoryCollection(loaded.Logging).Build().GetSection(nameof(loaded.Logging));

    // .NET's own AddSystemd asks whether the parent is called systemd, which the unit's ProtectProc=invisible hides: the start would time out.
    private static void AddSystemd(IServiceCollection services)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 }) return;
        services.Configure<ConsoleLoggerOptions>(o => o.FormatterName = ConsoleFormatterNames.Systemd);
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton<IHostLifetime, SystemdLifetime>();
    }
}
