// What a delivery line says of one address: `=>`, `->`, `>>`, `*>`, `**`, `==` (deliver.c: delivery_log, and post_process_one for
// failures and deferrals). The same text without mark stands in message logs. Order of the fields as Exim writes them, each
// of them may be missing:
//   ADDRESS <ORIGINAL> F=<sender> P=<return path> SRS=<…> R=router T=transport S=size H=host [ip]:port* I=[ip]:port X=tls CV=yes
//   DN="…" A=auth K PRX=… C="confirmation" defer (-44) QT=3s DT=1s: message DT=1s
// The address is logged without the quotes of its local part, so it may hold blanks; it ends where the first field begins.
// Nothing here throws: what is not there is empty.
namespace SpoolWorker.Passes.EximLog;

/// <summary>One address in one delivery attempt. All texts are slices of the line.</summary>
public readonly ref struct EximDelivery
{
    /// <summary>The address as logged: unquoted, for local deliveries only the local part, or a file or command.</summary>
    public ReadOnlySpan<byte> Address { get; private init; }

    /// <summary>The recipient it came from, in angle brackets in the log; empty when it is the address itself.</summary>
    public ReadOnlySpan<byte> Original { get; private init; }

    /// <summary>R=</summary>
    public ReadOnlySpan<byte> Router { get; private init; }

    /// <summary>T=</summary>
    public ReadOnlySpan<byte> Transport { get; private init; }

    /// <summary>Name of the remote host; empty when none was reached.</summary>
    public ReadOnlySpan<byte> Host { get; private init; }

    /// <summary>Its address without brackets.</summary>
    public ReadOnlySpan<byte> Ip { get; private init; }

    /// <summary>Its port (log_selector +outgoing_port), 0 when not logged.</summary>
    public int Port { get; private init; }

    /// <summary>A <c>*</c> behind the host: the connection was made for another message, whose lines have greeting and EHLO.</summary>
    public bool IsContinued { get; private init; }

    /// <summary>The remote host's answer to the message (log_selector +smtp_confirmation).</summary>
    public ReadOnlySpan<byte> Confirmation { get; private init; }

    /// <summary>Version and cipher of TLS (log_selector +tls_cipher), with a star behind it where the session was resumed (+tls_resumption); empty without TLS.</summary>
    public ReadOnlySpan<byte> Cipher { get; private init; }

    /// <summary>Exim's error number of a deferral, in brackets behind "defer".</summary>
    public int ErrorNumber { get; private init; }

    /// <summary>What went wrong; line breaks are written <c>\n</c>.</summary>
    public ReadOnlySpan<byte> Message { get; private init; }

    /// <summary>The address to know the recipient by.</summary>
    public ReadOnlySpan<byte> Recipient => Original.IsEmpty ? Address : Original;

    /// <summary>Reads the text behind the mark.</summary>
    public static EximDelivery Read(ReadOnlySpan<byte> text)
    {
        var end = EndOfAddress(text);
        SplitAddress(text[..end], out var address, out var original);
        var fields = new EximLogFields(text[end..]);
        ReadOnlySpan<byte> router = default, transport = default, host = default, ip = default, confirmation = default, cipher = default;
        var port = 0;
        var continued = false;
        while (fields.Next())
        {
            var value = fields.Value;
            switch (fields.Name)
            {
                case "R" when router.IsEmpty: router = value; break;
                case "T" when transport.IsEmpty: transport = value; break;
                case "C": confirmation = value; break;
                case "X" when cipher.IsEmpty: cipher = value; break;
                case "H" when host.IsEmpty:
                    host = value;
                    ip = fields.Ip;
                    port = fields.Port;
                    continued = fields.IsContinued;
                    break;
            }
        }
        return new EximDelivery
        {
            Address = address,
            Original = original,
            Router = router,
            Transport = transport,
            Host = host,
            Ip = ip,
            Port = port,
            IsContinued = continued,
            Confirmation = confirmation,
            Cipher = cipher,
            ErrorNumber = fields.ErrorNumber,
            Message = fields.Message,
        };
    }

    // "addr", "addr <original>", "addr (parent, parent) <original>" (log_selector +all_parents)
    private static void SplitAddress(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> address, out ReadOnlySpan<byte> original)
    {
        text = text.Trim((byte)' ');
        address = text;
        original = default;
        if (text.Length > 2 && text[^1] == '>' && text.LastIndexOf(" <"u8) is > 0 and var at)
        {
            // <"a <b"@c>: the bracket that opens is the first one whose content is closed by the end
            if (text.IndexOf(" <\""u8) is > 0 and var quoted && quoted < at) at = quoted;
            original = text[(at + 2)..^1];
            address = text[..at].TrimEnd((byte)' ');
        }
        if (address.Length > 2 && address[^1] == ')' && address.LastIndexOf(" ("u8) is > 0 and var parents) address = address[..parents];
    }

    private static int EndOfAddress(ReadOnlySpan<byte> text)
    {
        var quoted = false;
        // ":blackhole: <bob@r.example>"
        var start = text.Length > 0 && text[0] == ':' ? Math.Max(0, text[1..].IndexOf((byte)':')) + 2 : 0;
        for (var i = start; i < text.Length; i++)
        {
            var c = text[i];
            // Only the part in brackets keeps its quotes, and only there do they protect.
            if (c == '"' && (quoted || (i > 0 && text[i - 1] == '<'))) quoted = !quoted;
            else if (quoted && c == '\\') i++;
            else if (!quoted && (text[i..].StartsWith(": "u8) || (c == ' ' && StartsField(text[(i + 1)..])))) return i;
        }
        // A quote that never closes protects nothing.
        if (quoted && text.IndexOf(" R="u8) is > 0 and var router) return router;
        return text.Length;
    }

    private static bool StartsField(ReadOnlySpan<byte> rest) =>
        rest.StartsWith("R="u8) || rest.StartsWith("F=<"u8) || rest.StartsWith("P=<"u8) || rest.StartsWith("T="u8) || rest.StartsWith("SRS=<"u8)
        || rest.StartsWith("defer ("u8) || rest.StartsWith("routing defer ("u8) || rest.StartsWith("H="u8);
}
