// The engine as a hosted service. StartAsync does the recovery, so that no job and no worker is ahead of it; StopAsync
// finishes what is in hand.
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine;

namespace SpoolWorker.Hosting;

/// <summary>Runs the engine with the host.</summary>
internal sealed class EngineService(SpoolEngine engine, IHostApplicationLifetime lifetime, ILogger<EngineService> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        engine.Stopped += lifetime.StopApplication;
        engine.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await engine.DisposeAsync().ConfigureAwait(false);
        log.Stopped(engine.Committed, engine.Waiting.Deferred, engine.Waiting.Planned, engine.Waiting.Frozen, engine.Waiting.Partial, engine.WakesIgnored);
        if (engine.Repaired > 0) log.RepairedInAll(engine.Repaired);
    }
}
