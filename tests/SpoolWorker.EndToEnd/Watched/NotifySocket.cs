// systemd's side of sd_notify: a datagram socket that keeps what it is told, with the time.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.EndToEnd.Watched;

internal sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly ConcurrentQueue<(string State, long At)> _states = new();

    public NotifySocket(string path)
    {
        Path = path;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        new Thread(Receive) { IsBackground = true }.Start();
    }

    public string Path { get; }

    /// <summary>All states so far, in their order.</summary>
    public string[] States => [.. _states.Select(s => s.State)];

    public int Count(string state) => _states.Count(s => s.State == state);

    /// <summary>Since the last of this state; null: there was none.</summary>
    public TimeSpan? Since(string state) => _states.LastOrDefault(s => s.State == state) is { State: not null } last ? Stopwatch.GetElapsedTime(last.At) : null;

    public void Dispose() => _socket.Dispose();

    private void Receive()
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var length = _socket.Receive(buffer);
                foreach (var line in Encoding.UTF8.GetString(buffer, 0, length).Split('\n')) _states.Enqueue((line, Stopwatch.GetTimestamp()));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the end
        }
    }
}
