// A dccifd for tests, on a Unix socket or a TCP port of the loopback: it speaks the ASCII protocol (dccifd(8); dccifd.c of
// DCC 2.3.167), says what a script tells it and keeps what it was asked. SpamAssassin's and rspamd's own DCC clients are
// run against it, so that it is not only our client that it pleases.
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.StandIns;

/// <summary>The stand-in daemon.</summary>
public sealed class DccStandIn : IAsyncDisposable
{
    // As print_cks writes them: names right-aligned in 25 columns, so that no line looks like folding with a tab.
    private const string Checksums = "                reported: 0               checksum    server\n                    From: d41d8cd9 8f00b204 e9800998 ecf8427e\n                    Body: 0d1f44a1 5c2d1f00 e9800998 ecf8427e       1\n";

    private readonly EndPoint _endPoint;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<DccAsked> _asked = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private Socket? _listener;
    private Task _serving = Task.CompletedTask;
    private int _connections, _busy, _mostBusy;

    private DccStandIn(EndPoint endPoint) => _endPoint = endPoint;

    /// <summary>What to say; called once for each request, after it was read.</summary>
    public Func<DccAsked, DccScript> Script { get; set; } = _ => new DccScript();

    /// <summary>What to do before reading; for scripts that hang up at once, are deaf or answer early.</summary>
    public DccScript? AtOnce { get; set; }

    /// <summary>Requests that were read whole.</summary>
    public IReadOnlyList<DccAsked> Asked => [.. _asked];

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Most requests that waited for a delayed answer at the same time.</summary>
    public int MostBusy => Volatile.Read(ref _mostBusy);

    public int Port => ((IPEndPoint)_listener!.LocalEndPoint!).Port;

    /// <summary>As settings have it.</summary>
    public string Address => _endPoint is IPEndPoint ip ? $"{ip.Address} {Port}" : _endPoint.ToString()!;

    public static DccStandIn OnSocket(string path) => new DccStandIn(new UnixDomainSocketEndPoint(path)).Listen();

    public static DccStandIn OnPort(IPAddress? ip = null) => new DccStandIn(new IPEndPoint(ip ?? IPAddress.Loopback, 0)).Listen();

    /// <summary>An address where nobody listens.</summary>
    public static string Nowhere(string directory) => $"{directory}/nobody";

    public DccStandIn Says(DccScript script)
    {
        Script = _ => script;
        AtOnce = script;
        return this;
    }

    /// <summary>Stops listening; what is under way is cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener?.Dispose();
        foreach (var socket in _open.Keys) socket.Dispose();
        await _serving;
        if (_endPoint is UnixDomainSocketEndPoint path) File.Delete(path.ToString());
        _stop.Dispose();
    }

    private DccStandIn Listen()
    {
        _listener = _endPoint is IPEndPoint ip ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(_endPoint);
        _listener.Listen(1024);
        _serving = ServeAsync();
        return this;
    }

    private async Task ServeAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener!.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _open[socket] = true;
                serving.RemoveAll(task => task.IsCompleted);
                serving.Add(ServeOneAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeOneAsync(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            await AnswerAsync(stream, socket);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went away, or the test ends.
        }
        finally
        {
            _open.TryRemove(socket, out _);
        }
    }

    private async Task AnswerAsync(NetworkStream stream, Socket socket)
    {
        var asked = new DccAsked();
        if (AtOnce is { HangsUpAtOnce: true }) return;
        if (AtOnce is { IsDeaf: true }) await Task.Delay(Timeout.Infinite, _stop.Token);
        var reader = new LineReader(stream);
        if (!await asked.ReadOptionsAsync(reader)) return;
        var isEarly = AtOnce is { AnswersEarly: true };
        if (!isEarly)
        {
            if (!await asked.ReadRestAsync(reader)) return;
            _asked.Enqueue(asked);
        }
        var script = Script(asked);
        if (script.Delay > TimeSpan.Zero) await ThinkAsync(script.Delay);
        if (script.IsSilent) await Task.Delay(Timeout.Infinite, _stop.Token);
        var answer = script.Raw ?? Encoding.Latin1.GetBytes(Text(asked, script));
        if (script.CutAt >= 0) answer = answer[..Math.Min(script.CutAt, answer.Length)];
        var piece = script.PieceBytes > 0 ? script.PieceBytes : Math.Max(1, answer.Length);
        for (var at = 0; at < answer.Length; at += piece)
        {
            await stream.WriteAsync(answer.AsMemory(at, Math.Min(piece, answer.Length - at)), _stop.Token);
            // Lets the client read each piece apart.
            if (script.PieceBytes > 0) await Task.Delay(1, _stop.Token);
        }
        if (script.StaysOpen) await Task.Delay(Timeout.Infinite, _stop.Token);
        if (!isEarly) socket.Shutdown(SocketShutdown.Send);
    }

    private async Task ThinkAsync(TimeSpan delay)
    {
        var busy = Interlocked.Increment(ref _busy);
        for (int most; busy > (most = MostBusy) && Interlocked.CompareExchange(ref _mostBusy, busy, most) != most;)
        {
        }
        try
        {
            // A daemon that takes long: that is what is played.
            await Task.Delay(delay, _stop.Token);
        }
        finally
        {
            Interlocked.Decrement(ref _busy);
        }
    }

    // ascii_done
    private static string Text(DccAsked asked, DccScript script)
    {
        var letters = script.Letters ?? new string(script.Overall is "S" or "" ? 'A' : script.Overall[0] == 'T' ? 'R' : script.Overall[0], asked.Recipients.Count);
        var text = $"{script.Overall}\n{letters}\n";
        if (asked.Options.Contains("body"))
        {
            var end = asked.Message.IndexOf("\n\n", StringComparison.Ordinal) + 1;
            return text + asked.Message[..end] + script.Header + asked.Message[end..];
        }
        if (!asked.WantsHeader) return text;
        return text + script.Header + (asked.Options.Contains("cksums") ? Checksums : "") + "\n";
    }
}
