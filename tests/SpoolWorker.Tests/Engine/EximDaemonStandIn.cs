// Stands in for the daemon of an Exim that Debian does not have: takes datagrams as daemon.c does, compares ids as queue.c
// does, starts at most so many runners and drops what comes meanwhile. A delivery makes a message log, takes its time, and
// removes the pair. What only a real one shows (exec of runners, load) is tried by hand.
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.Tests.Engine;

/// <summary>The daemon of a spool.</summary>
internal sealed class EximDaemonStandIn : IDisposable
{
    private readonly string _spool;
    private readonly int _idBytes;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Lock _lock = new();
    private readonly Random _random = new(1);
    private int _running;

    /// <param name="spool">Its spool directory.</param>
    /// <param name="idBytes">MESSAGE_ID_LENGTH: 16 before 4.97, 23 from then on.</param>
    public EximDaemonStandIn(string spool, int idBytes)
    {
        _spool = spool;
        _idBytes = idBytes;
        Directory.CreateDirectory($"{spool}/msglog");
        _socket.Bind(new UnixDomainSocketEndPoint($"\0{spool}/exim_daemon_notify"));
        _ = Task.Run(ListenAsync);
    }

    /// <summary>Started with -q: else it takes datagrams and does nothing.</summary>
    public bool RunsQueue { get; set; } = true;

    public int RunnersMost { get; init; } = 5;

    /// <summary>Starts its runners by exec, as a daemon does that has given up root: what is no message id is no argument then (exim.c).</summary>
    public bool Execs { get; init; }

    /// <summary>Datagrams to come that are dropped, as if runners were busy.</summary>
    public int Busy { get; set; }

    /// <summary>Datagrams that came while all runners were at work.</summary>
    public int Dropped { get; private set; }

    public int Datagrams { get; private set; }

    /// <summary>Asked for with an empty id.</summary>
    public int WholeQueues { get; private set; }

    public void Dispose() => _socket.Dispose();

    private async Task ListenAsync()
    {
        var buffer = new byte[256];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer);
                lock (_lock) Take(buffer.AsSpan(0, length));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the end
        }
    }

    private void Take(ReadOnlySpan<byte> datagram)
    {
        Datagrams++;
        if (!RunsQueue || datagram[0] != 1) return;
        var text = datagram[1..];
        var end = text.IndexOf((byte)0);
        var id = Encoding.ASCII.GetString(end < 0 ? text : text[..end]);
        if (id.Length == 0) WholeQueues++;
        if (Busy > 0)
        {
            Busy--;
            return;
        }
        if (_running >= RunnersMost)
        {
            Dropped++;
            return;
        }
        _running++;
        _ = Task.Run(() => RunAsync(id, _random.Next(10, 60)));
    }

    private async Task RunAsync(string id, int milliseconds)
    {
        // Compared over the bytes of an id, with the name of the file: strncmp stops at the end of both, not of one.
        if (Execs && id.EndsWith("-H", StringComparison.Ordinal)) id = "";
        var found = Directory.EnumerateFiles($"{_spool}/input", "*-H").Select(p => Path.GetFileName(p)).FirstOrDefault(n => Cut(n) == Cut(id));
        if (found is not null)
        {
            var message = found[..^2];
            await File.WriteAllTextAsync($"{_spool}/msglog/{message}", "");
            // A delivery takes its time.
            await Task.Delay(milliseconds);
            File.Delete($"{_spool}/input/{message}-H");
            File.Delete($"{_spool}/input/{message}-D");
            File.Delete($"{_spool}/msglog/{message}");
        }
        // until the daemon has seen its end
        await Task.Delay(5);
        lock (_lock) _running--;
    }

    private string Cut(string text) => text.Length > _idBytes ? text[.._idBytes] : text;
}
