// One run of the engine in a process of its own, set up as `spoolworker run --once` sets it up: same registrations, same
// console log. The time counts from the start of the engine (recovery and first scan included) until it has stopped;
// the start of .NET does not count, compiling the engine's own code does.
using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Commands.Output;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Telemetry.Exposition;
using SpoolWorker.Hosting;

namespace SpoolWorker.Benchmarks;

/// <summary>The measured engine process.</summary>
internal static class EngineRun
{
    public const string Name = "engine-run";

    public static Command Create()
    {
        var directory = new Argument<string>("directory");
        var metrics = new Option<bool>("--metrics");
        var command = new Command(Name, "Work an intake empty, measured; used by 'engine'") { directory, metrics };
        command.Hidden = true;
        command.SetAction(async (parsed, _) => await RunAsync(new RunDirectory(parsed.GetValue(directory)!), parsed.GetValue(metrics)).ConfigureAwait(false));
        return command;
    }

    /// <summary>Reads a configuration that this program wrote.</summary>
    public static LoadedConfiguration Load(RunDirectory run, Registrations? known = null)
    {
        var loaded = ConfigurationLoader.Load(run.ConfigurationFile, [], known ?? Registrations.None);
        return loaded.Faults.Count == 0 ? loaded : throw new InvalidDataException(string.Join("; ", loaded.Faults));
    }

    /// <summary>The log as the program writes it.</summary>
    public static void AddLog(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        logging.AddLogOutput();
        logging.Services.Configure<SimpleConsoleFormatterOptions>(o => { o.SingleLine = true; o.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff "; });
    }

    private static async Task<int> RunAsync(RunDirectory run, bool metrics)
    {
        var services = new ServiceCollection();
        services.AddLogging(AddLog);
        services.AddEngine(Load(run), watch: false);
        await using var provider = services.BuildServiceProvider();
        var engine = provider.GetRequiredService<SpoolEngine>();
        var text = metrics ? provider.GetRequiredService<MetricsText>() : null;

        var before = Resources.Self();
        var watch = Stopwatch.StartNew();
        engine.Start();
        await engine.DrainAsync(CancellationToken.None).ConfigureAwait(false);
        var paused = engine.IsPaused;
        text?.Write();
        await engine.DisposeAsync().ConfigureAwait(false);
        var seconds = watch.Elapsed.TotalSeconds;
        var cpu = Resources.Self() - before;

        new RunFigures(seconds, cpu.User, cpu.System, engine.Committed, engine.FatalReason ?? (paused ? "paused" : ""), engine.Groups).Save(run.Result);
        return 0;
    }
}
