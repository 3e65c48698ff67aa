// The head of a question to rspamd: POST /checkv2 with the envelope in header fields (rspamd's protocol.c, rspamd_protocol_handle_headers). HTTP/1.0
// (RFC 1945), so that nobody between answers in chunks. What a stranger wrote stays on its line and is bounded: rspamd hangs up on a head of more
// than 80 kB (http_parser.h, HTTP_MAX_HEADER_SIZE). Cannot fail.
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Services;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Rspamd;

internal static class RspamdRequest
{
    /// <summary>Most of the fields with recipients; those beyond are not named to rspamd, and what is found counts for them all the same.</summary>
    public const int MostRecipients = 48 * 1024;

    // More is no name and no address (RFC 5321, 4.5.3.1): twice its 512 octets of a command line.
    private const int MostValue = 1024;

    /// <summary>The bytes before the message.</summary>
    public static byte[] Head(HeaderFile message, Question question, long length)
    {
        using var head = new MemoryStream();
        Add(head, "POST /checkv2 HTTP/1.0\r\nConnection: close\r\n"u8);
        Add(head, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n")));
        Field(head, "Queue-ID"u8, Encoding.ASCII.GetBytes(message.Id.ToString()));
        Field(head, "From"u8, [.. "<"u8, .. message.Sender.Span, .. ">"u8]);
        if (message.ClientAddress is { } ip) Field(head, "IP"u8, Encoding.ASCII.GetBytes(ip.ToString()));
        Variable(head, "Helo"u8, message, "helo_name");
        Variable(head, "Hostname"u8, message, "host_name");
        // Only of who proved it: see HeaderFile.IsAuthenticated.
        if (message.IsAuthenticated) Variable(head, "User"u8, message, "auth_id");
        // A table may hold anything.
        if (question.Setting.Length > 0) Field(head, "Settings-ID"u8, Encoding.Latin1.GetBytes(ByteText.FromText(question.Setting)));
        var recipientsFrom = head.Length;
        foreach (var recipient in question.Recipients)
        {
            if (head.Length - recipientsFrom + recipient.Address.Length > MostRecipients) break;
            Field(head, "Rcpt"u8, [.. "<"u8, .. recipient.Address.Span, .. ">"u8]);
        }
        Add(head, "\r\n"u8);
        return head.ToArray();
    }

    private static void Variable(MemoryStream head, ReadOnlySpan<byte> name, HeaderFile message, string variable)
    {
        if (message.Find(variable) is { Value.IsEmpty: false } found) Field(head, name, found.Value.Span);
    }

    private static void Field(MemoryStream head, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Add(head, name);
        Add(head, ": "u8);
        Add(head, RequestText.OneLine(value[..Math.Min(value.Length, MostValue)]));
        Add(head, "\r\n"u8);
    }

    private static void Add(MemoryStream head, ReadOnlySpan<byte> bytes) => head.Write(bytes);
}
