using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>What was asked.</summary>
internal sealed record OcspAsked(string Method, string Path, byte[] Body)
{
    /// <summary>The request, whichever way it came (RFC 6960, A.1).</summary>
    public byte[] Request => Method == "GET" ? Convert.FromBase64String(Uri.UnescapeDataString(Path[(Path.LastIndexOf('/') + 1)..])) : Body;
}

/// <summary>An HTTP server of the loopback interface in front of `openssl ocsp`, for what that does not do: errors, redirects, nonsense, slowness. Answers one connection after
/// another, byte for byte as it is told.</summary>
internal sealed class OcspFront : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<OcspAsked> _asked = [];

    public OcspFront()
    {
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = Task.Run(ServeAsync);
    }

    public string Url { get; }

    /// <summary>Makes the bytes of an answer.</summary>
    public Func<OcspAsked, byte[]> Answer { get; set; } = _ => Status("500 Internal Server Error");

    /// <summary>Waits so long between its bytes.</summary>
    public TimeSpan Pace { get; set; }

    public IReadOnlyList<OcspAsked> Asked
    {
        get
        {
            lock (_asked) return [.. _asked];
        }
    }

    public static byte[] Ok(byte[] body) => [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), .. body];

    public static byte[] Status(string status, string headers = "") => Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                using var stream = client.GetStream();
                if (await ReadAsync(stream) is not { } asked) continue;
                lock (_asked) _asked.Add(asked);
                var answer = Answer(asked);
                if (Pace == TimeSpan.Zero) await stream.WriteAsync(answer, _stop.Token);
                else
                {
                    foreach (var one in answer)
                    {
                        await stream.WriteAsync(new[] { one }, _stop.Token);
                        await Task.Delay(Pace, _stop.Token);
                    }
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // the client had enough, or the test is over
            }
        }
    }

    private async Task<OcspAsked?> ReadAsync(NetworkStream stream)
    {
        var (buffer, filled, end) = (new byte[65536], 0, -1);
        while ((end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(filled), _stop.Token);
            if (read == 0) return null;
            filled += read;
        }
        var head = Encoding.ASCII.GetString(buffer, 0, end).Split("\r\n");
        var length = head.FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } line ? int.Parse(line.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
        while (filled < end + 4 + length) filled += await stream.ReadAsync(buffer.AsMemory(filled), _stop.Token);
        return new OcspAsked(head[0].Split(' ')[0], head[0].Split(' ')[1], buffer[(end + 4)..(end + 4 + length)]);
    }
}
