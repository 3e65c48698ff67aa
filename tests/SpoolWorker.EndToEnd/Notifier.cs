// The daemon's wake-up datagram as the facts state it, without the worker's code. One datagram: 1, the message id, 0.
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.EndToEnd;

internal static class Notifier
{
    public static void Send(string spoolDirectory, string messageId)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.SendTo([1, .. Encoding.ASCII.GetBytes(messageId), 0], new UnixDomainSocketEndPoint($"\0{spoolDirectory}/exim_daemon_notify"));
    }
}
