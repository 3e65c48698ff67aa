// Lines that the ACL of `spoolworker exim-config dsn-info` writes into the main log at Exim's events (manual, "Events"):
//   spoolworker smtp:connect [192.0.2.1]:25 <bob@r.example> 220 mx.r.example ESMTP
// Read leniently, since an operator may have an ACL of his own: one word may stand before the event's name, address and port
// may be `[ip]:port` or `ip port`, the recipient may be missing, and each may have its name in front (`port=25`). Only at the head of the text, never within it: what a remote
// host answered stands further right and must not pass for an event. Line breaks in the data are written \n. Nothing throws.
namespace SpoolWorker.Passes.EximLog;

/// <summary>The events that are of use.</summary>
public enum EximEventKind
{
    /// <summary>smtp:connect, the greeting.</summary>
    Greeting,

    /// <summary>smtp:ehlo, the answer to EHLO.</summary>
    Ehlo,

    /// <summary>msg:host:defer, msg:rcpt:host:defer and msg:rcpt:defer: one host failed for now.</summary>
    HostDeferral,

    /// <summary>msg:fail:delivery: the address failed.</summary>
    Failure,
}

/// <summary>An event.</summary>
public readonly ref struct EximEvent
{
    private static readonly (byte[] Name, EximEventKind Kind)[] Names =
    [
        ("smtp:connect"u8.ToArray(), EximEventKind.Greeting), ("smtp:ehlo"u8.ToArray(), EximEventKind.Ehlo),
        ("msg:host:defer"u8.ToArray(), EximEventKind.HostDeferral), ("msg:rcpt:host:defer"u8.ToArray(), EximEventKind.HostDeferral),
        ("msg:rcpt:defer"u8.ToArray(), EximEventKind.HostDeferral), ("msg:fail:delivery"u8.ToArray(), EximEventKind.Failure),
    ];

    private static readonly System.Buffers.SearchValues<byte> AddressText = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF:.%"u8);

    /// <summary>Which event the line tells of.</summary>
    public EximEventKind Kind { get; private init; }

    /// <summary>Address of the remote host.</summary>
    public ReadOnlySpan<byte> Ip { get; private init; }

    /// <summary>Its port; 0 when Exim does not know it any more (msg:fail:delivery tells -1).</summary>
    public int Port { get; private init; }

    /// <summary>The recipient, empty when the event is about several or none.</summary>
    public ReadOnlySpan<byte> Recipient { get; private init; }

    /// <summary>$event_data.</summary>
    public ReadOnlySpan<byte> Data { get; private init; }

    /// <summary>Reads the text of a line without mark; false when it is no event.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out EximEvent parsed)
    {
        parsed = default;
        if (!TryName(text, out var kind, out var rest) && !(text.IndexOf((byte)' ') is > 0 and var word && TryName(text[(word + 1)..].TrimStart((byte)' '), out kind, out rest))) return false;
        SkipKey(ref rest);
        var ip = TakeHost(ref rest, out var port);
        var recipient = SkipKey(ref rest).StartsWith("rcpt"u8) ? TakeWord(ref rest) : TakeRecipient(ref rest);
        SkipKey(ref rest, "data"u8);
        parsed = new EximEvent { Kind = kind, Ip = ip, Port = port, Recipient = recipient, Data = rest.Trim((byte)' ') };
        return true;
    }

    // Blanks, and "name=" where there is one of that name, or of any name but the data's.
    private static ReadOnlySpan<byte> SkipKey(scoped ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> wanted = default)
    {
        rest = rest.TrimStart((byte)' ');
        var length = rest.IndexOfAnyExceptInRange((byte)'a', (byte)'z');
        if (length is < 1 or > 16 || rest[length] != '=') return default;
        var key = rest[..length];
        if (wanted.IsEmpty ? key.SequenceEqual("data"u8) : !key.SequenceEqual(wanted)) return default;
        rest = rest[(length + 1)..];
        return key;
    }

    private static ReadOnlySpan<byte> TakeWord(scoped ref ReadOnlySpan<byte> rest)
    {
        // A local part without quotes may hold blanks: up to the data's name, else one word.
        var end = rest.IndexOf(" data="u8);
        if (end < 0) end = rest.IndexOf((byte)' ');
        var word = end < 0 ? rest : rest[..end];
        rest = rest[word.Length..];
        return word;
    }

    private static bool TryName(ReadOnlySpan<byte> text, out EximEventKind kind, out ReadOnlySpan<byte> rest)
    {
        SkipKey(ref text, "event"u8);
        foreach (var (name, known) in Names)
        {
            if (!text.StartsWith(name)) continue;
            rest = text[name.Length..];
            if (rest.StartsWith(": "u8) || rest.StartsWith(", "u8)) rest = rest[1..];
            if (!rest.IsEmpty && rest[0] != ' ') continue;
            kind = known;
            return true;
        }
        kind = default;
        rest = default;
        return false;
    }

    private static ReadOnlySpan<byte> TakeHost(scoped ref ReadOnlySpan<byte> rest, out int port)
    {
        port = 0;
        ReadOnlySpan<byte> ip;
        if (rest.Length > 0 && rest[0] == '[' && rest.IndexOf((byte)']') is > 0 and var close)
        {
            ip = rest[1..close];
            rest = rest[(close + 1)..];
            if (rest.Length > 0 && rest[0] == ':') rest = rest[1..];
        }
        else
        {
            var end = rest.IndexOf((byte)' ');
            ip = end < 0 ? rest : rest[..end];
            // No host at all: what stands here is something else.
            if (ip.IsEmpty || ip.ContainsAnyExcept(AddressText)) return default;
            rest = rest[ip.Length..];
            SkipKey(ref rest, "port"u8);
        }
        var blank = rest.IndexOf((byte)' ');
        var number = blank < 0 ? rest : rest[..blank];
        if (System.Buffers.Text.Utf8Parser.TryParse(number, out int value, out var used) && used == number.Length)
        {
            rest = rest[number.Length..];
            if (value is > 0 and <= ushort.MaxValue) port = value;
        }
        return ip;
    }

    // <bob@r.example>, <"a > b"@r.example>, <> for none
    private static ReadOnlySpan<byte> TakeRecipient(scoped ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] != '<') return default;
        var quoted = false;
        for (var i = 1; i < rest.Length; i++)
        {
            if (quoted && rest[i] == '\\') i++;
            else if (rest[i] == '"') quoted = !quoted;
            else if (rest[i] == '>' && !quoted)
            {
                var recipient = rest[1..i];
                rest = rest[(i + 1)..];
                return recipient;
            }
        }
        return default;
    }
}
