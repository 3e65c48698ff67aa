// The measured process of the growth benchmark: the program's host with engine and schedule. It tells what it found in a file.
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Hosting;
using SpoolWorker.Passes;

namespace SpoolWorker.Benchmarks.Growth;

/// <summary>One case in a process of its own.</summary>
internal static class GrowthRun
{
    public const string Name = "growth-run", Batches = "batches", Deferred = "deferred", Found = "found", ManyIntakes = "intakes";

    /// <summary>Pairs that are worked on before anything counts: by then all is compiled.</summary>
    public const int Warm = 3000;

    /// <summary>Messages of a queue whose cost is taken; enough of them that the scan before them is their part only.</summary>
    public const int MostCounted = 10_000;

    private const int Scans = 20;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5), Calm = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromMinutes(20);

    /// <summary>The directory of a batch that is put in place after what is in the intake was worked on.</summary>
    public static string Batch(RunDirectory run, int number) => $"{run.Root}/batch-{number}/input";

    /// <summary>Where it is until then.</summary>
    public static string Later(RunDirectory run, int number) => Batch(run, number) + ".later";

    /// <summary>The intake and those of the batches, as settings.</summary>
    public static object[] Intakes(RunDirectory run, int batches) =>
        [new { Path = run.Intake, Kind = "named-queue" }, .. Enumerable.Range(0, batches).Select(i => new { Path = Batch(run, i), Kind = "named-queue" })];

    public static Dictionary<string, double> Load(string path) => JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(path)) ?? [];

    public static Command Create()
    {
        var directory = new Argument<string>("directory");
        var kind = new Option<string>("--case");
        var count = new Option<int>("--count");
        var command = new Command(Name, "One case, measured; used by 'growth'") { directory, kind, count };
        command.Hidden = true;
        command.SetAction(async (parsed, _) => await RunAsync(new RunDirectory(parsed.GetValue(directory)!), parsed.GetValue(kind)!, parsed.GetValue(count)).ConfigureAwait(false));
        return command;
    }

    private static async Task<int> RunAsync(RunDirectory run, string kind, int count)
    {
        var start = Stopwatch.StartNew();
        var pass = new SlowPass();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddPass<PassOptions>(SlowPass.Name, "Slow", (_, _) => pass);
        var loaded = EngineRun.Load(run, Registrations.In(builder.Services));
        EngineRun.AddLog(builder.Logging);
        builder.Services.AddEngine(loaded, watch: true);
        builder.Services.AddHostedService<EngineService>();
        // Batches are scanned when they are to be, and not beside that.
        if (kind is Deferred or Found) builder.Services.AddSchedule(loaded);
        using var host = builder.Build();
        var engine = host.Services.GetRequiredService<SpoolEngine>();
        await host.StartAsync().ConfigureAwait(false);
        var started = start.Elapsed;

        var found = kind switch
        {
            Batches => await BatchesAsync(run, engine, count).ConfigureAwait(false),
            ManyIntakes => await IdleScansAsync(engine).ConfigureAwait(false),
            _ => await new BacklogLatency(run, engine, pass).MeasureAsync(kind == Deferred, count).ConfigureAwait(false),
        };
        found["start"] = started.TotalSeconds;
        found["descriptors"] = Descriptors();
        await File.WriteAllTextAsync(run.Result, JsonSerializer.Serialize(found)).ConfigureAwait(false);
        await host.StopAsync().ConfigureAwait(false);
        return 0;
    }

    // CPU a message of each batch, in microseconds.
    private static async Task<Dictionary<string, double>> BatchesAsync(RunDirectory run, SpoolEngine engine, int most)
    {
        var found = new Dictionary<string, double>();
        await engine.DrainAsync(CancellationToken.None).ConfigureAwait(false);
        for (var batch = 0; Directory.Exists(Later(run, batch)); batch++)
        {
            // What was compiled once is compiled better after a while, on another thread.
            await Task.Delay(Calm).ConfigureAwait(false);
            var pairs = Math.Min(most, Directory.EnumerateFiles(Later(run, batch), "*-H").Count());
            var (before, cpu) = (engine.Committed, Resources.Self());
            Directory.Move(Later(run, batch), Batch(run, batch));
            using var stop = new CancellationTokenSource();
            var scan = engine.ScanAsync(stop.Token);
            await UntilAsync(() => engine.Committed - before >= pairs).ConfigureAwait(false);
            found[$"cpu{batch}"] = (Resources.Self() - cpu).Total / (engine.Committed - before) * 1e6;
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)scan).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return found;
    }

    private static async Task<Dictionary<string, double>> IdleScansAsync(SpoolEngine engine)
    {
        await engine.ScanAsync(CancellationToken.None).ConfigureAwait(false);
        await Task.Delay(Calm).ConfigureAwait(false);
        var before = Resources.Self();
        for (var i = 0; i < Scans; i++) await engine.ScanAsync(CancellationToken.None).ConfigureAwait(false);
        return new() { ["scan"] = (Resources.Self() - before).Total / Scans };
    }

    /// <summary>Waits until it is so.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        for (var watch = Stopwatch.StartNew(); !isSo(); await Task.Delay(Look).ConfigureAwait(false))
        {
            if (watch.Elapsed > Patience) throw new TimeoutException($"not so after {Patience.TotalMinutes} minutes; see the log (--keep)");
        }
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
