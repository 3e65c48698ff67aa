// One datagram to the daemon of an Exim asks it to start a queue runner for one message (daemon.c, daemon_notification):
// 0x01, the message id, 0x00, to the abstract socket <spool_directory>/exim_daemon_notify. What has to be known:
//
// The runner compares file names with the id over the bytes of a long id (queue.c, MESSAGE_ID_LENGTH: 23 from 4.97 on, 16
// before). So 4.97 and later never find a short id under itself, but under "<id>-H", the name of its file. A daemon that
// starts its runners by a new exec (the usual one, which has given up root) takes no such name for an id: then exim -Mc is all
// there is. An older one copies 17 bytes, so "-H" would leave it without the end of the string.
// From 4.98 on the name of a queue is looked for 25 bytes into the datagram: it is filled up with zeros, or the daemon reads
// there what the datagram before left. An empty id, which 4.96 took for the whole queue, is ignored from 4.98 on.
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Target;

/// <summary>What became of a datagram.</summary>
internal enum NotifyResult
{
    Sent,

    /// <summary>Nobody listens.</summary>
    NoDaemon,
}

/// <summary>Datagrams to the daemon of a spool.</summary>
internal sealed class EximNotifier(string spool, EximVersion? version)
{
    private const byte QueueRunRequest = 1;

    // 0x01, MESSAGE_ID_LENGTH, 0x00: what the daemon copies (4.97 and later).
    private const int DatagramBytes = 1 + 23 + 1;

    // unix(7): an abstract name has at most 108 bytes with its leading zero.
    private const int MostName = 107;

    // Its own, and the name of its file.
    private const int FormsOfShortId = 2;

    // Where the version is not known: as the form that worked tells it.
    private readonly EximVersion? _version = version;
    private EximVersion? _learned = version;
    private readonly UnixDomainSocketEndPoint? _daemon = EndPointOf(spool);

    /// <summary>The socket's name, for messages.</summary>
    public string Name => NameOf(spool);

    /// <summary>Whether another form of a message's id is still to be tried, as the version is not known and nothing has told it.</summary>
    /// <param name="id">The message.</param>
    /// <param name="asks">How often it was asked for.</param>
    public bool HasOtherForm(MessageId id, int asks) => !id.IsLong && _learned is null && asks < FormsOfShortId;

    /// <summary>False: the name is longer than a socket's may be, and the daemon itself could not make it (it says so in its panic log).</summary>
    public bool IsPossible => _daemon is not null;

    /// <summary>Where the daemon of a spool listens; null when no socket can be named so.</summary>
    public static UnixDomainSocketEndPoint? EndPointOf(string spool)
    {
        var name = NameOf(spool);
        var length = Encoding.UTF8.GetByteCount(name);
        if (length > MostName) return null;
        // snprintf into the 107 bytes there are puts a zero where the last one would be.
        return new UnixDomainSocketEndPoint("\0" + (length == MostName && char.IsAscii(name[^1]) ? name[..^1] + '\0' : name));
    }

    /// <summary>The datagram for a message.</summary>
    /// <param name="id">The message.</param>
    /// <param name="version">The daemon's; null: not known, then the two forms of a short id take turns.</param>
    /// <param name="asks">1 for the first time.</param>
    public static byte[] Datagram(MessageId id, EximVersion? version, int asks)
    {
        var datagram = new byte[DatagramBytes];
        datagram[0] = QueueRunRequest;
        var byFile = !id.IsLong && (version is { } known ? known.SeesLongIds : asks % 2 == 0);
        Encoding.ASCII.GetBytes(byFile ? id.HeaderName : id.ToString(), datagram.AsSpan(1));
        return datagram;
    }

    /// <summary>A message was begun after it had been asked for so often: that form of its id is the right one.</summary>
    public void Worked(MessageId id, int asks)
    {
        if (_version is null && !id.IsLong) _learned ??= new EximVersion(4, asks % 2 == 0 ? 97 : 96);
    }

    /// <summary>A message was asked for in vain.</summary>
    public void Failed() => _learned = _version;

    /// <summary>Asks. Throws SocketException for what is neither sent nor a missing daemon.</summary>
    public NotifyResult Ask(MessageId id, int asks)
    {
        if (_daemon is null) return NotifyResult.NoDaemon;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(_daemon);
            socket.Send(Datagram(id, _learned, asks));
            return NotifyResult.Sent;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
        {
            // Its queue of datagrams is full: as if dropped, and asked for again.
            return NotifyResult.Sent;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.NotConnected or SocketError.ConnectionReset)
        {
            return NotifyResult.NoDaemon;
        }
    }

    private static string NameOf(string spool) => $"{spool}/exim_daemon_notify";
}
