using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.Tests.Control;

/// <summary>HTTP as a rude client speaks it: bytes, and what comes back until the other side is done.</summary>
internal sealed class RawHttp : IDisposable
{
    private readonly Socket _socket;

    private RawHttp(Socket socket) => _socket = socket;

    public static RawHttp Unix(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return new RawHttp(socket);
    }

    public static RawHttp Tcp(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect("127.0.0.1", port);
        return new RawHttp(socket);
    }

    public RawHttp Send(string text)
    {
        _socket.Send(Encoding.UTF8.GetBytes(text));
        return this;
    }

    /// <summary>Sends a request and reads the answer.</summary>
    public (int Status, string Body) Ask(string method, string path, string? body = null, string headers = "")
    {
        Send($"{method} {path} HTTP/1.1\r\nHost: worker\r\nConnection: close\r\n{headers}{(body is null ? "" : $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n")}\r\n{body}");
        return Read();
    }

    public (int Status, string Body) Read()
    {
        _socket.ReceiveTimeout = 60_000;
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        int got;
        while ((got = _socket.Receive(buffer)) > 0) bytes.AddRange(buffer[..got]);
        var text = Encoding.UTF8.GetString([.. bytes]);
        var at = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[(at + 4)..]);
    }

    /// <summary>Whether the other side closes the connection without a word.</summary>
    public bool IsClosed()
    {
        _socket.ReceiveTimeout = 60_000;
        return _socket.Receive(new byte[1]) == 0;
    }

    public void Dispose() => _socket.Dispose();
}
