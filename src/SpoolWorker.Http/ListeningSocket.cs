// Binds the sockets that are served. A socket file that a dead process has left is replaced; one that somebody listens on is not, and
// neither is anything that is no socket. Nobody can connect before the mode is right: listening begins after it.
using System.Net;
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Http;

/// <summary>Why a socket cannot be had.</summary>
public enum SocketFault
{
    /// <summary>It can.</summary>
    None,

    /// <summary>Its directory is not there.</summary>
    NoDirectory,

    /// <summary>Not permitted.</summary>
    NotPermitted,

    /// <summary>Somebody listens there.</summary>
    Taken,

    /// <summary>It cannot be made so: a name too long, a file that is no socket, an address that is not ours.</summary>
    Impossible,
}

/// <summary>Sockets to listen on.</summary>
public static class ListeningSocket
{
    // unix(7), sun_path with its final zero.
    private const int MostPath = 107;

    /// <summary>Binds a Unix socket.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="mode">Of its file.</param>
    /// <param name="socket">Bound, and listening: who asks waits until it is served.</param>
    /// <param name="fault">Why not; a sentence.</param>
    public static SocketFault TryBindUnix(string path, uint mode, out Socket? socket, out string fault)
    {
        (socket, fault) = (null, "");
        if (Encoding.UTF8.GetByteCount(path) > MostPath) return Say(SocketFault.Impossible, $"{path} is longer than the {MostPath} bytes a socket's path may have", out fault);
        if (!Posix.Exists(Path.GetDirectoryName(path)!)) return Say(SocketFault.NoDirectory, $"its directory {Path.GetDirectoryName(path)} is not there", out fault);
        if (Clear(path, out fault) is var cleared and not SocketFault.None) return cleared;
        var made = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            made.Bind(new UnixDomainSocketEndPoint(path));
            // By name, as a socket has no descriptor to a file: nobody else may change the directory (the caller has seen to that).
            File.SetUnixFileMode(path, (UnixFileMode)mode);
            // At once: a socket nobody listens on counts as left by one that died, and the recovery before it is served may take long.
            made.Listen();
            socket = made;
            return SocketFault.None;
        }
        catch (SocketException e)
        {
            made.Dispose();
            return Say(e.SocketErrorCode == SocketError.AccessDenied ? SocketFault.NotPermitted : SocketFault.Impossible, $"{path} cannot be made: {e.Message}", out fault);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            made.Dispose();
            return Say(SocketFault.NotPermitted, e.Message, out fault);
        }
    }

    /// <summary>Binds a TCP socket.</summary>
    public static SocketFault TryBindTcp(IPEndPoint endPoint, out Socket? socket, out string fault)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        fault = "";
        socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            return SocketFault.None;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            socket = null;
            return Say(e.SocketErrorCode == SocketError.AddressAlreadyInUse ? SocketFault.Taken : SocketFault.Impossible, $"{endPoint} cannot be listened on: {e.Message}", out fault);
        }
    }

    // What is in the way, if it may go.
    private static SocketFault Clear(string path, out string fault)
    {
        fault = "";
        if (Posix.TryStatus(path, out var status) != 0) return SocketFault.None;
        if (!status.IsSocket) return Say(SocketFault.Impossible, $"{path} is there and is no socket; move it away", out fault);
        using (var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false })
        {
            try
            {
                probe.Connect(new UnixDomainSocketEndPoint(path));
                return Say(SocketFault.Taken, $"another process listens on {path}", out fault);
            }
            catch (SocketException e) when (e.SocketErrorCode != SocketError.ConnectionRefused)
            {
                // Its queue is full, or it is another user's.
                return Say(e.SocketErrorCode == SocketError.AccessDenied ? SocketFault.NotPermitted : SocketFault.Taken, $"{path} is there, and cannot be asked whether anybody listens: {e.Message}", out fault);
            }
            catch (SocketException)
            {
                // Left by one that died.
            }
        }
        using var folder = SpoolFolder.Open(Path.GetDirectoryName(path)!);
        return folder.TryUnlink(Path.GetFileName(path)) is 0 or Errno.ENOENT ? SocketFault.None : Say(SocketFault.NotPermitted, $"{path}, left by a process that died, cannot be removed", out fault);
    }

    private static SocketFault Say(SocketFault kind, string sentence, out string fault)
    {
        fault = sentence;
        return kind;
    }
}
