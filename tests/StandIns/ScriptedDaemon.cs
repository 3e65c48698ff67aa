// A daemon that does with each connection what a test says: silence, garbage, an answer byte by byte. What it read is kept.
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.StandIns;

/// <summary>A daemon on a Unix socket.</summary>
public sealed class ScriptedDaemon : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly System.Collections.Concurrent.ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<Socket, CancellationToken, Task> _serve;
    private readonly Task _serving;
    private int _connections;

    public ScriptedDaemon(string path, Func<Socket, CancellationToken, Task> serve)
    {
        (Path, _serve) = (path, serve);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(128);
        _serving = ServeAsync();
    }

    public string Path { get; }

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>One that reads until <paramref name="isWhole"/>, then says this and hangs up.</summary>
    public static ScriptedDaemon Says(string path, string answer, Func<string, bool> isWhole, Action<string>? read = null) => new(path, async (socket, token) =>
    {
        var asked = await ReadAsync(socket, isWhole, token);
        read?.Invoke(asked);
        for (var rest = (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(answer); !rest.IsEmpty;) rest = rest[await socket.SendAsync(rest, token)..];
        // What the client has not read yet must not be lost to a reset.
        socket.Shutdown(SocketShutdown.Send);
    });

    /// <summary>Reads, one character a byte.</summary>
    public static async Task<string> ReadAsync(Socket socket, Func<string, bool> isWhole, CancellationToken token)
    {
        var asked = new StringBuilder();
        var buffer = new byte[64 * 1024];
        int n;
        do asked.Append(Encoding.Latin1.GetString(buffer, 0, n = await socket.ReceiveAsync(buffer, token)));
        while (n > 0 && !isWhole(asked.ToString()));
        return asked.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        foreach (var socket in _open.Keys) socket.Dispose();
        await _serving;
        File.Delete(Path);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var conversations = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _open[socket] = true;
                conversations.Add(Task.Run(() => ConverseAsync(socket)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(conversations);
        }
    }

    private async Task ConverseAsync(Socket socket)
    {
        try
        {
            await _serve(socket, _stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client has hung up, or the test is over.
        }
        _open.TryRemove(socket, out _);
        socket.Dispose();
    }
}
