// Walks over the `NAME=value` fields of a log line. A value ends at a blank or at the ": " before the message, unless it is
// quoted or in angle brackets; of `H=` the value is the host name, and address and port follow it. The walk ends where the
// message begins. Times that Exim appends behind a message (QT=, DT=) are taken off it. Nothing here throws.
namespace SpoolWorker.Passes.EximLog;

/// <summary>Fields of a line, one after another.</summary>
public ref struct EximLogFields(ReadOnlySpan<byte> text)
{
    private static readonly System.Buffers.SearchValues<byte> TimeText = System.Buffers.SearchValues.Create("0123456789.wdhms"u8);
    private ReadOnlySpan<byte> _rest = text;

    /// <summary>The field's name; empty for a word that is none.</summary>
    public string Name { get; private set; } = "";

    /// <summary>What stands behind the equals sign, without quotes.</summary>
    public ReadOnlySpan<byte> Value { get; private set; } = default;

    /// <summary>Of <c>H=</c>: the address in brackets.</summary>
    public ReadOnlySpan<byte> Ip { get; private set; } = default;

    /// <summary>Of <c>H=</c>: the port; 0: not told.</summary>
    public int Port { get; private set; }

    /// <summary>Of <c>H=</c>: a star behind the address, a connection that an earlier delivery had made.</summary>
    public bool IsContinued { get; private set; }

    /// <summary>The number in <c>defer (-44)</c>.</summary>
    public int ErrorNumber { get; private set; }

    /// <summary>What follows the ": " behind the fields; only when <see cref="Next"/> returned false.</summary>
    public ReadOnlySpan<byte> Message { get; private set; } = default;

    /// <summary>On to the next field; false at the end of the line.</summary>
    public bool Next()
    {
        _rest = _rest.TrimStart((byte)' ');
        if (_rest.IsEmpty) return false;
        if (_rest[0] == ':')
        {
            Message = WithoutTimes(_rest[1..].TrimStart((byte)' '));
            _rest = default;
            return false;
        }
        ReadField();
        return true;
    }

    private void ReadField()
    {
        Name = "";
        Value = default;
        if (_rest.StartsWith("defer ("u8))
        {
            var close = _rest.IndexOf((byte)')');
            if (close > 0 && System.Buffers.Text.Utf8Parser.TryParse(_rest[7..close], out int number, out _)) ErrorNumber = number;
            _rest = close < 0 ? default : _rest[(close + 1)..];
            return;
        }
        var equals = _rest.IndexOfAny((byte)'=', (byte)' ', (byte)':');
        if (equals is > 0 and <= 4 && _rest[equals] == '=')
        {
            Name = System.Text.Encoding.Latin1.GetString(_rest[..equals]);
            _rest = _rest[(equals + 1)..];
        }
        Value = TakeValue();
        if (Name == "H") TakeAddress();
    }

    private ReadOnlySpan<byte> TakeValue()
    {
        if (_rest.IsEmpty) return default;
        if (_rest[0] == '"') return TakeQuoted();
        if (_rest[0] == '<' && _rest.IndexOf((byte)'>') is > 0 and var close)
        {
            var inner = _rest[1..close];
            _rest = _rest[(close + 1)..];
            return inner;
        }
        var end = 0;
        while (end < _rest.Length && _rest[end] != ' ' && !_rest[end..].StartsWith(": "u8) && !(_rest[end] == ':' && end == _rest.Length - 1)) end++;
        // A lone ':' is the message's sign and was handled by the caller.
        if (end == 0) end = 1;
        var value = _rest[..end];
        _rest = _rest[end..];
        return value;
    }

    // C="…" with \" and \\ for what would end it (string_printing in transports/smtp.c)
    private ReadOnlySpan<byte> TakeQuoted()
    {
        var end = 1;
        while (end < _rest.Length && _rest[end] != '"') end += _rest[end] == '\\' ? 2 : 1;
        end = Math.Min(end, _rest.Length);
        var value = _rest[1..end];
        _rest = end < _rest.Length ? _rest[(end + 1)..] : default;
        return value;
    }

    // H=name [ip]:port*   H=name DS [ip]   H=name (helo) [ip]
    private void TakeAddress()
    {
        var rest = _rest.TrimStart((byte)' ');
        if (rest.StartsWith("DS "u8)) rest = rest[3..];
        if (rest.Length > 0 && rest[0] == '(' && rest.IndexOf(") "u8) is > 0 and var helo) rest = rest[(helo + 2)..];
        if (rest.IsEmpty || rest[0] != '[') return;
        var close = rest.IndexOf((byte)']');
        if (close < 0) return;
        Ip = rest[1..close];
        rest = rest[(close + 1)..];
        // -1 where nothing was connected to (exim -N)
        if (rest.Length > 1 && rest[0] == ':' && System.Buffers.Text.Utf8Parser.TryParse(rest[1..], out int port, out var used))
        {
            if (port is > 0 and <= ushort.MaxValue) Port = port;
            rest = rest[(used + 1)..];
        }
        if (rest.Length > 0 && rest[0] == '*')
        {
            IsContinued = true;
            rest = rest[1..];
        }
        _rest = rest;
    }

    /// <summary>A message without the ` QT=3s DT=0.1s` that log_selector +queue_time and +deliver_time append.</summary>
    public static ReadOnlySpan<byte> WithoutTimes(ReadOnlySpan<byte> message)
    {
        while (true)
        {
            message = message.TrimEnd((byte)' ');
            var blank = message.LastIndexOf((byte)' ');
            var last = message[(blank + 1)..];
            var isTime = (last.StartsWith("DT="u8) || last.StartsWith("QT="u8)) && last.Length > 4 && last[^1] == 's' && !last[3..].ContainsAnyExcept(TimeText);
            if (!isTime) return message;
            message = message[..Math.Max(0, blank)];
        }
    }
}
