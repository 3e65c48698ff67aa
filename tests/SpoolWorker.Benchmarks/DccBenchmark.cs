// Throughput of the pass dcc against the number of workers, with a daemon that takes a fixed time for each answer. The whole
// engine runs, durable, in this process; so does the stand-in daemon. Answer time and workers give the most that is
// possible: workers / answer time. What the daemon saw at once tells whether all workers were kept busy.
using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Hosting;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.StandIns;

namespace SpoolWorker.Benchmarks;

/// <summary>The dcc benchmark.</summary>
internal static class DccBenchmark
{
    private static readonly int[] Workers = [1, 2, 4, 8, 16, 32, 64, 128];

    public static Command Create()
    {
        var messages = CommonOptions.Number("--messages", "Pairs in each run; those with few workers get fewer", 1000);
        var answer = CommonOptions.Number("--answer-ms", "How long the daemon takes for an answer", 50);
        var command = new Command("dcc", """
            Throughput of the pass dcc against the number of parallel requests

            Examples:
              dcc                                       1,000 messages, 50 ms an answer
              dcc --messages 300 --answer-ms 10 --json
            """) { messages, answer, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(async (parsed, _) => await RunAsync(parsed.GetValue(messages), TimeSpan.FromMilliseconds(parsed.GetValue(answer)),
            parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep), parsed.GetValue(CommonOptions.Json)).ConfigureAwait(false));
        return command;
    }

    private static async Task<int> RunAsync(int messages, TimeSpan answer, string directory, bool keep, bool json)
    {
        using var work = new WorkDirectory(directory, keep);
        var report = new Report("dcc", $"{messages} messages, {answer.TotalMilliseconds:0} ms an answer", new("workers", "workers", "0"), new("messages", "messages", "0"), new("seconds", "seconds", "0.00"),
            new("messagesPerSecond", "messages/s", "0"), new("possible", "possible", "0"), new("ofPossible", "of possible", "0.00"), new("mostAtOnce", "most at once", "0"), new("fault", "fault"));
        // Compiles everything once.
        await OneAsync(work, 8, 50, TimeSpan.FromMilliseconds(1)).ConfigureAwait(false);
        var faults = false;
        foreach (var workers in Workers)
        {
            // One worker would take a minute for what shows in ten seconds as well.
            var count = Math.Min(messages, (int)(workers * 10 / answer.TotalSeconds));
            var (seconds, most, fault) = await OneAsync(work, workers, count, answer).ConfigureAwait(false);
            var possible = workers / answer.TotalSeconds;
            report.Add((double)workers, (double)count, seconds, count / seconds, possible, count / seconds / possible, (double)most, fault);
            Report.Progress($"{workers} workers  {count / seconds:0} messages/s  {fault}");
            faults |= fault.Length > 0;
        }
        report.Notes.Add("possible: workers / answer time. most at once: requests that waited for the daemon together.");
        report.Print(json, work.Root);
        return faults ? 70 : 0;
    }

    private static async Task<(double Seconds, int MostAtOnce, string Fault)> OneAsync(WorkDirectory work, int workers, int messages, TimeSpan answer)
    {
        var run = new RunDirectory(work.Fresh($"w{workers}"));
        new PairFactory().Fill(run.Intake, messages);
        run.Configure(new { Workers = workers }, passes: ["dcc"]);
        // Not below the run's directory: the path of a socket is short.
        var socket = Path.Combine(Path.GetTempPath(), $"dcc-{Environment.ProcessId}-{workers}");
        await using var daemon = DccStandIn.OnSocket(socket).Says(new DccScript { Delay = answer });
        var services = new ServiceCollection();
        services.AddDccPass();
        var loaded = ConfigurationLoader.Load(run.ConfigurationFile, [$"--Dcc:Address={socket}", "--Dcc:SkipLocal=false", "--Dcc:SkipAuthenticated=false"], Registrations.In(services));
        if (loaded.Faults.Count > 0) throw new InvalidDataException(string.Join("; ", loaded.Faults));
        services.AddLogging();
        services.AddEngine(loaded, watch: false);
        await using var provider = services.BuildServiceProvider();
        var engine = provider.GetRequiredService<SpoolEngine>();
        work.Settle();

        var watch = Stopwatch.StartNew();
        engine.Start();
        await engine.DrainAsync(CancellationToken.None).ConfigureAwait(false);
        var seconds = watch.Elapsed.TotalSeconds;
        await engine.DisposeAsync().ConfigureAwait(false);
        return (seconds, daemon.MostBusy, run.Fault(messages));
    }
}
