// A requeued message that Exim is to be asked for, and what can be seen of it from outside: a delivery makes a message log
// (unless message_logs is off) and, while it runs, a journal; at its end -H is removed, or written anew when somebody has to
// wait (deliver.c, spool_out.c). Looks go by path: whoever exchanges what lies there changes no more than when Exim is asked, and who
// may do that in an Exim's spool is Exim.
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Target;

/// <summary>What Exim has done about a message since it was asked.</summary>
internal enum WakeState
{
    /// <summary>Nothing that can be seen.</summary>
    Untouched,

    /// <summary>A delivery runs, or ended and changed nothing.</summary>
    Begun,

    /// <summary>Delivered, or put off.</summary>
    Done,
}

/// <summary>One message to be asked for.</summary>
internal sealed class WakeErrand(string input, string folder, MessageId id)
{
    private readonly string _header = $"{folder}/{id.HeaderName}", _journal = $"{folder}/{id.JournalName}";

    // input/X/… in a split spool has msglog/X/… beside it.
    private readonly string _log = $"{Path.GetDirectoryName(input)}/msglog{folder[input.Length..]}/{id}";

    private ulong _inode;
    private bool _hadLog, _isHeard;

    public MessageId Id { get; } = id;

    public int Asks { get; private set; }

    /// <summary>Timestamps of the last time it was asked for, and of the look that found it done.</summary>
    public long AskedAt { get; private set; }

    /// <inheritdoc cref="AskedAt"/>
    public long DoneAt { get; set; }

    /// <summary>Whether a delivery has been tried, or is.</summary>
    public bool IsTried => Posix.Exists(_journal) || Posix.Exists(_log);

    /// <summary>Whether there is nothing to ask for (any more).</summary>
    public bool IsOver() => Asks == 0 ? !Posix.Exists(_header) : Look() != WakeState.Untouched;

    /// <summary>Its delivery has begun: true the first time.</summary>
    public bool TryHear()
    {
        var first = !_isHeard;
        _isHeard = true;
        return first;
    }

    /// <summary>It is asked for now.</summary>
    public void Ask(long now)
    {
        if (Asks++ == 0)
        {
            _inode = Posix.TryStatus(_header, out var status) == 0 ? status.Inode : 0;
            // An earlier life under the same id may have left one.
            _hadLog = Posix.Exists(_log);
        }
        AskedAt = now;
    }

    public WakeState Look()
    {
        if (Posix.TryStatus(_header, out var status) != 0 || status.Inode != _inode) return WakeState.Done;
        return Posix.Exists(_journal) || (!_hadLog && Posix.Exists(_log)) ? WakeState.Begun : WakeState.Untouched;
    }
}
