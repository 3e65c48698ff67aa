// The sockets of the control door, bound before anything else of the worker starts. What was configured has to be had; the usual socket is
// done without, with a line in the log, where its directory is not there, is not ours or belongs to another worker.
using System.Net;
using System.Net.Sockets;
using SpoolWorker.Configuration;
using SpoolWorker.Http;
using SpoolWorker.Spool;

namespace SpoolWorker.Control;

/// <summary>Bound sockets.</summary>
internal sealed class ControlSockets : IDisposable
{
    private const uint OwnerOnly = 0b110_000_000, Everybody = 0b110_110_110;

    private ControlSockets()
    {
    }

    /// <summary>No sockets: for a run that ends by itself.</summary>
    public static ControlSockets None => new();

    /// <summary>Null: none.</summary>
    public Socket? Unix { get; private set; }

    /// <inheritdoc cref="Unix"/>
    public Socket? Tcp { get; private set; }

    /// <summary>Why there is no Unix socket though one is usual; empty: there is, or none is wanted.</summary>
    public string Missing { get; private set; } = "";

    public bool IsNone => Unix is null && Tcp is null;

    /// <summary>Binds them.</summary>
    /// <param name="loaded">The configuration.</param>
    /// <param name="fault">What keeps the worker from starting; empty: nothing.</param>
    /// <param name="kind">What kind that is.</param>
    /// <returns>Null with a fault.</returns>
    public static ControlSockets? Bind(LoadedConfiguration loaded, out string fault, out SocketFault kind)
    {
        var options = loaded.Settings.Control;
        var sockets = new ControlSockets();
        (fault, kind) = ("", SocketFault.None);
        if (options.Socket.Length > 0)
        {
            var path = Path.GetFullPath(options.Socket);
            kind = TryBind(path, new PeerLevels(options, Posix.EffectiveUser).HasOthers ? Everybody : OwnerOnly, sockets, out var reason);
            if (kind != SocketFault.None && loaded.Root["Control:Socket"] is not null) fault = $"Control:Socket = '{path}': {reason}";
            else if (kind != SocketFault.None) sockets.Missing = reason;
        }
        if (fault.Length == 0 && options.Listen.Length > 0)
        {
            kind = ListeningSocket.TryBindTcp(IPEndPoint.Parse(options.Listen), out var tcp, out var reason);
            sockets.Tcp = tcp;
            if (kind != SocketFault.None) fault = $"Control:Listen = '{options.Listen}': {reason}";
        }
        if (fault.Length == 0 && !sockets.IsNone && SharedFramework.Prepare() is { } lacking)
        {
            kind = SocketFault.Impossible;
            if (options.Listen.Length > 0 || loaded.Root["Control:Socket"] is not null) fault = $"Control: {lacking}";
            else sockets.Missing = lacking;
            sockets.Dispose();
        }
        if (fault.Length == 0) return sockets;
        sockets.Dispose();
        return null;
    }

    public void Dispose()
    {
        Unix?.Dispose();
        Tcp?.Dispose();
        (Unix, Tcp) = (null, null);
    }

    private static SocketFault TryBind(string path, uint mode, ControlSockets sockets, out string reason)
    {
        // Whoever may change a directory on the way may put a socket of his own there, and be asked in the worker's place.
        if (Trust.FaultOfDirectory(Path.GetDirectoryName(path)!, Posix.EffectiveUser) is { } distrust)
        {
            reason = distrust;
            return SocketFault.NotPermitted;
        }
        var kind = ListeningSocket.TryBindUnix(path, mode, out var socket, out reason);
        sockets.Unix = socket;
        return kind;
    }
}
