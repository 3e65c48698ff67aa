// The control socket and the file with the metrics: can they be had? A worker that does without the usual socket is no error.
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Http;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Checks;

/// <summary>Findings about the control door.</summary>
internal static class ControlChecks
{
    private const string Subject = "Control:Socket";

    public static IEnumerable<Finding> All(Settings settings)
    {
        var (socket, hasDoor) = (settings.Control.Socket, settings.Control.Socket.Length > 0 || settings.Control.Listen.Length > 0);
        if (socket.Length > 0) yield return Socket(Places.Full(socket), isUsual: socket == ControlOptions.UsualSocket);
        if (hasDoor && SharedFramework.Prepare() is { } lacking) yield return ConfigurationKinds.ControlFramework.Warning("Control", $"nothing can be asked of the worker: {lacking}", "install it, or set Control:Socket to nothing");
        if (settings.Metrics.TextFile is { Length: > 0 } file && Path.GetDirectoryName(Places.Full(file)) is { } folder && Directory.Exists(folder) && !Posix.CanWriteInto(folder))
            yield return ConfigurationKinds.MetricsFile.Error("Metrics:TextFile", $"{folder} cannot be written to by uid {Posix.EffectiveUser}", "give the worker's user the right to, or name another directory");
    }

    private static Finding Socket(string path, bool isUsual)
    {
        var folder = Path.GetDirectoryName(path)!;
        var fault = !Posix.Exists(folder) ? $"its directory {folder} is not there" : Trust.FaultOfDirectory(folder, Posix.EffectiveUser) ?? (Posix.CanWriteInto(folder) ? null : $"{folder} cannot be written to by uid {Posix.EffectiveUser}");
        if (fault is null) return Finding.Ok(Subject, path);
        // Whoever checks need not be the worker's user: where that one's socket lies in a directory of its own, it can be had.
        if (Posix.TryStatus(path, out var socket) == 0 && Posix.TryStatus(folder + "/.", out var home) == 0 && socket.Uid == home.Uid && Trust.FaultOfDirectory(folder, home.Uid) is null)
            return Finding.Ok(Subject, $"{path}, of the worker of {Places.UserName(socket.Uid)}");
        return isUsual ? Finding.Ok(Subject, $"none: {fault}. The worker goes on without (RuntimeDirectory=spoolworker in its unit makes it)")
            : ConfigurationKinds.ControlSocket.Error(Subject, $"{path} cannot be made: {fault}", "make the directory, owned by the worker's user and writable by nobody else, or name another");
    }
}
