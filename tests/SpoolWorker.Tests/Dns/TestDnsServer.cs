// A DNS server for tests: UDP and TCP over real sockets on 127.0.0.1, both on one free port, answers from a Zone that may be
// changed while it runs. What a zone says about faults it does: late, truncated, wrong, garbage, never.
// Linked into the other test projects.
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.Tests.Dns;

/// <summary>A question that came in.</summary>
public sealed record AskedQuestion(string Name, string Type, bool Tcp);

/// <summary>The server; ends when disposed.</summary>
public sealed class TestDnsServer : IDisposable
{
    private static readonly Dictionary<int, string> Types = new() { [1] = "A", [5] = "CNAME", [6] = "SOA", [12] = "PTR", [15] = "MX", [16] = "TXT", [28] = "AAAA", [99] = "SPF" };

    private readonly Zone _zone;
    private readonly Socket _udp;
    private readonly TcpListener _tcp;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<AskedQuestion> _asked = new();

    public TestDnsServer(Zone zone)
    {
        _zone = zone;
        (_udp, _tcp) = Bind();
        Port = ((IPEndPoint)_udp.LocalEndPoint!).Port;
        _ = Task.Run(UdpAsync);
        _ = Task.Run(TcpAsync);
    }

    public int Port { get; }

    /// <summary>As an entry of Dns:Servers, or for --dns.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>All questions so far.</summary>
    public IReadOnlyList<AskedQuestion> Asked => [.. _asked];

    /// <summary>How many questions came so far.</summary>
    public int Queries => _asked.Count;

    public void Dispose()
    {
        _end.Cancel();
        _udp.Dispose();
        _tcp.Dispose();
        _end.Dispose();
    }

    // The port a TCP socket was given may be taken for UDP.
    private static (Socket Udp, TcpListener Tcp) Bind()
    {
        for (var attempt = 0; ; attempt++)
        {
            var tcp = new TcpListener(IPAddress.Loopback, 0);
            tcp.Start();
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                udp.Bind(tcp.LocalEndpoint);
                return (udp, tcp);
            }
            catch (SocketException) when (attempt < 50)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    private async Task UdpAsync()
    {
        var buffer = new byte[4096];
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var from = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _end.Token);
                var question = buffer.AsSpan(0, from.ReceivedBytes).ToArray();
                _ = Task.Run(async () =>
                {
                    var answer = await AnswerAsync(question, tcp: false);
                    if (answer is not null) await _udp.SendToAsync(answer, SocketFlags.None, from.RemoteEndPoint, _end.Token);
                });
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // disposed, or a client that has closed its socket
            }
        }
    }

    private async Task TcpAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var client = await _tcp.AcceptTcpClientAsync(_end.Token);
                _ = Task.Run(() => ServeAsync(client));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // disposed
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var length = new byte[2];
                while (true)
                {
                    await stream.ReadExactlyAsync(length, _end.Token);
                    var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                    await stream.ReadExactlyAsync(question, _end.Token);
                    var answer = await AnswerAsync(question, tcp: true);
                    if (answer is null)
                    {
                        await Task.Delay(Timeout.Infinite, _end.Token);
                        return;
                    }
                    BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                    await stream.WriteAsync((byte[])[.. length, .. answer], _end.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // the client has gone, or the test is over
            }
        }
    }

    private async Task<byte[]?> AnswerAsync(byte[] query, bool tcp)
    {
        var (name, type, end) = Question(query);
        var typeName = Types.GetValueOrDefault(type, $"TYPE{type}");
        _asked.Enqueue(new AskedQuestion(name, typeName, tcp));
        if (_zone.DelayOf(name) is { Ticks: > 0 } delay)
        {
            // Late on purpose: this is what is tested.
            if (_zone.TimeGoesBy is { } goBy) goBy(delay);
            else await Task.Delay(delay, _end.Token);
        }
        var fault = _zone.TakeFault(name, typeName);
        if (fault == ZoneFault.Silent)
        {
            _zone.TimeGoesBy?.Invoke(Zone.Silence);
            return null;
        }
        if (fault == ZoneFault.Garbage) return [.. query.AsSpan(0, 2), 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, 0xff, 0xfe, 0xfd, 0x3f];
        var (records, exists) = fault is ZoneFault.ServerFailure or ZoneFault.Refused or ZoneFault.Bogus ? ([], true) : _zone.Find(name, type);
        var answers = records.Select(r => RecordBytes(r.Owner, r.Type, _zone.Ttl, r.Data)).ToList();
        var negative = !records.Any(r => r.Type == type) && _zone.NegativeTtl is not null && fault == ZoneFault.None;
        byte[] authority = negative ? RecordBytes("", 6, _zone.NegativeTtl!.Value, [0, 0, .. new byte[16], .. Number(_zone.NegativeTtl.Value)]) : [];
        var limit = tcp ? 65535 : UdpLimit(query, end);
        byte[] body = [.. query.AsSpan(12, end - 12), .. answers.SelectMany(a => a), .. authority];
        var truncated = fault == ZoneFault.TruncatedAlways || (!tcp && (fault == ZoneFault.Truncated || 12 + body.Length > limit));
        if (truncated) (body, answers, authority) = ([.. query.AsSpan(12, end - 12)], [], []);
        var code = fault switch
        {
            ZoneFault.ServerFailure or ZoneFault.Bogus => 2,
            ZoneFault.Refused => 5,
            _ => exists ? 0 : 3,
        };
        // OPT with one option: extended DNS error, code 6
        byte[] additional = fault == ZoneFault.Bogus ? [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 6, 0, 15, 0, 2, 0, 6] : [];
        byte[] header = [query[0], query[1], (byte)(0x84 | (query[2] & 1) | (truncated ? 2 : 0)), (byte)(0x80 | code), 0, 1,
            (byte)(answers.Count >> 8), (byte)answers.Count, 0, (byte)(authority.Length > 0 ? 1 : 0), 0, (byte)(additional.Length > 0 ? 1 : 0)];
        byte[] message = [.. header, .. body, .. additional];
        if (fault == ZoneFault.WrongId) message[1] ^= 0x55;
        if (fault == ZoneFault.WrongQuestion) message[13] ^= 1;
        return fault == ZoneFault.CutOff ? message[..^3] : message;
    }

    private static (string Name, int Type, int End) Question(byte[] query)
    {
        var labels = new List<string>();
        var at = 12;
        for (; query[at] != 0; at += query[at] + 1) labels.Add(Encoding.Latin1.GetString(query, at + 1, query[at]));
        return (string.Join('.', labels), BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(at + 1)), at + 5);
    }

    // The OPT record of the question says how large an answer may be (RFC 6891, 6.2.3).
    private static int UdpLimit(byte[] query, int end) =>
        query.Length >= end + 5 && query[end] == 0 && query[end + 2] == 41 ? Math.Max(512, (int)BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(end + 3))) : 512;

    private static byte[] RecordBytes(string owner, int type, int ttl, byte[] data) =>
        [.. Zone.NameBytes(owner), (byte)(type >> 8), (byte)type, 0, 1, .. Number(ttl), (byte)(data.Length >> 8), (byte)data.Length, .. data];

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
