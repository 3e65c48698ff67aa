// Serves the control door while the worker runs. It is made before the engine starts, so that the metrics see every message, and is served
// after recovery: before that there is nothing to tell.
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpoolWorker.Http;
using SpoolWorker.Operations;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Control;

/// <summary>The door as a hosted service.</summary>
internal sealed class ControlService(ControlSockets sockets, ControlSources? sources, ControlOptions options, ILogger<ControlService> log) : IHostedService
{
    private CallServer? _server;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (sockets.Missing.Length > 0) log.NoSocket(sockets.Missing);
        if (sources is null) return;
        var levels = new PeerLevels(options, Posix.EffectiveUser);
        _server = await CallServer.StartAsync(new ServerPlan(ControlCalls.All(sources), ProgramVersion.Text, levels.Of, levels.IsConsole)
        {
            Unix = sockets.Unix,
            Tcp = sockets.Tcp,
            Failed = (e, call) => log.CallFailed(e, call, e.Message),
        }, cancellationToken).ConfigureAwait(false);
        log.Listening(string.Join(", ", new[] { sockets.Unix?.LocalEndPoint, sockets.Tcp?.LocalEndPoint }.Where(e => e is not null)));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
    }
}
