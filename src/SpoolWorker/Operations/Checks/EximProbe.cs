// Asks Exims: their command for settings and version, their daemon's socket for a sign of life. Every question has a time limit;
// no answer is an answer.
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Checks;

/// <summary>Questions to an Exim.</summary>
internal static class EximProbe
{
    private const byte QueueSizeRequest = 2;
    private static readonly TimeSpan CommandTime = TimeSpan.FromSeconds(10), SocketTime = TimeSpan.FromSeconds(2);

    /// <summary>Standard output of the exim command; null when it fails.</summary>
    public static string? Ask(TargetOptions target, params string[] arguments)
    {
        if (EximVersion.Command(target) is not { } command) return null;
        string[] configuration = target.EximConfig.Length > 0 ? ["-C", Path.GetFullPath(target.EximConfig)] : [];
        return AskedCommand.Ask(command, [.. configuration, .. arguments], CommandTime) is { ExitCode: 0 } answer ? answer.Output : null;
    }

    /// <summary>Asks the daemon of a spool for its queue size (exim-facts, part 5); null when none listens.</summary>
    /// <param name="spool">Exim's spool_directory.</param>
    /// <param name="size">The number, -1 when it listens and does not tell.</param>
    public static bool IsListening(string spool, out long size)
    {
        size = -1;
        if (EximNotifier.EndPointOf(spool) is not { } daemon) return false;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = (int)SocketTime.TotalMilliseconds };
        try
        {
            // It answers only an asker that has a name.
            socket.Bind(new UnixDomainSocketEndPoint($"\0spoolworker-check-{Environment.ProcessId}-{Environment.TickCount64}"));
            socket.Connect(daemon);
            socket.Send([QueueSizeRequest]);
            var answer = new byte[32];
            var length = socket.Receive(answer);
            if (!long.TryParse(Encoding.ASCII.GetString(answer, 0, length).TrimEnd('\0', '\n'), NumberStyles.None, CultureInfo.InvariantCulture, out size)) size = -1;
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock;
        }
    }
}
