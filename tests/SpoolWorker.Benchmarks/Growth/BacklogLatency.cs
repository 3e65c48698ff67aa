// New mail beside a backlog: one message after another is put into an intake of its own as Exim does it, and the time until its -H is in the
// target is taken, for as long as the backlog lasts.
using System.Diagnostics;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Engine;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks.Growth;

/// <summary>The latency of new mail.</summary>
internal sealed class BacklogLatency(RunDirectory run, SpoolEngine engine, SlowPass pass)
{
    private const int MostSamples = 200;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1), Between = TimeSpan.FromMilliseconds(20);

    /// <summary>Measures it.</summary>
    /// <param name="deferred">The backlog is of deferred messages whose time has come; else of those a scan finds.</param>
    /// <param name="count">Pairs of the backlog.</param>
    /// <returns>p50 and p95 in seconds, and how many were measured.</returns>
    public async Task<Dictionary<string, double>> MeasureAsync(bool deferred, int count)
    {
        var retries = Task.CompletedTask;
        if (deferred)
        {
            await GrowthRun.UntilAsync(() => engine.Waiting.Deferred == count).ConfigureAwait(false);
            pass.IsOpen = true;
            retries = engine.ReprocessAsync(SlowPass.Name, CancellationToken.None);
        }
        await GrowthRun.UntilAsync(() => engine.Busy > 0).ConfigureAwait(false);
        var factory = new PairFactory(only: "4.96");
        var times = new List<double>();
        while (times.Count < MostSamples && (deferred || engine.Committed - times.Count < count))
        {
            times.Add(await OneAsync(factory).ConfigureAwait(false));
            await Task.Delay(Between).ConfigureAwait(false);
        }
        pass.IsOpen = false;
        await retries.ConfigureAwait(false);
        return new() { ["p50"] = Statistics.Median(times), ["p95"] = Statistics.Quantile(times, 0.95), ["samples"] = times.Count };
    }

    private async Task<double> OneAsync(PairFactory factory)
    {
        var (id, header, data) = factory.Next();
        pass.Let(id);
        var intake = GrowthRun.Batch(run, 0);
        factory.Write($"{intake}/{id.BodyName}", data);
        factory.Write($"{intake}/hdr.{id}", header);
        var watch = Stopwatch.StartNew();
        Posix.Rename($"{intake}/hdr.{id}", $"{intake}/{id.HeaderName}");
        while (!Posix.Exists($"{run.Target}/{id.HeaderName}")) await Task.Delay(Look).ConfigureAwait(false);
        return watch.Elapsed.TotalSeconds;
    }
}
