using System.Globalization;

namespace SpoolWorker.Spool;

// What Exim has to say of TLS session resumption (RFC 5077, RFC 8446 section 2.2) in the connection a message came by. -H has
// "-tls_resumption", one letter, 'A' plus five bits (spool_out.c; macros.h, RESUME_*); it stands there without TLS as well. The words are
// those that ${listextract{$tls_in_resumption}{_RESUME_DECODE}} gives. Nothing here throws: what is no such letter gives no value.

/// <summary>How a TLS session came about.</summary>
/// <param name="Bits">0 to 31, the number that Exim calls <c>$tls_in_resumption</c>.</param>
public readonly record struct TlsResumption(int Bits)
{
    private const int Built = 1, Requested = 2, Offered = 4, Issued = 8, Used = 16, All = 31;

    /// <summary>Whether this Exim can resume sessions at all.</summary>
    public bool IsBuilt => (Bits & Built) != 0;

    /// <summary>Whether the client asked for a ticket.</summary>
    public bool IsTicketRequested => (Bits & Requested) != 0;

    /// <summary>Whether the client offered a session of before.</summary>
    public bool IsSessionOffered => (Bits & Offered) != 0;

    /// <summary>Whether the server gave out a new ticket.</summary>
    public bool IsTicketIssued => (Bits & Issued) != 0;

    /// <summary>Whether the session was resumed.</summary>
    public bool IsResumed => (Bits & Used) != 0;

    /// <summary>Exim's words for it (<c>_RESUME_DECODE</c>); a number where it has none. 0 is no place in that list.</summary>
    public string Words => Bits switch
    {
        0 => "not built",
        1 => "not requested or offered",
        3 => "client requested, no server ticket",
        7 => "client offered session, no server action",
        9 => "no client request",
        11 => "client requested new ticket, server provided",
        13 => "client offered session, not used",
        15 => "client offered session, server only provided new ticket",
        17 or 19 or 25 or 27 => "session resumed unasked",
        23 or 29 => "session resumed",
        31 => "session resumed, also new ticket",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{Bits:X2}"),
    };

    /// <summary>Reads the variable's letter.</summary>
    public static bool TryParse(ReadOnlySpan<byte> letter, out TlsResumption resumption)
    {
        resumption = default;
        if (letter.Length != 1 || letter[0] is < (byte)'A' or > (byte)('A' + All)) return false;
        resumption = new TlsResumption(letter[0] - 'A');
        return true;
    }
}
