// The messages every wiring must carry unchanged. Each names itself in X-Sample:, has its own Message-ID: and Date: (Exim adds none to mail from SMTP),
// and is one thing that a program between two spools can get wrong.
using System.Globalization;
using System.Text;

namespace SpoolWorker.EndToEnd;

internal static class MessageSamples
{
    private const string Sender = "sender@from.example";

    public static IReadOnlyList<SmtpMessage> All { get; } =
    [
        Message("plain", "Hello.\r\n"),
        Message("several lines", "one\r\n\r\ntwo  \r\n\tthree\r\n\r\n\r\n"),
        Message("leading dots", ".one\r\n..two\r\n...\r\nmiddle . dot\r\n"),
        Message("lone dots", ".\r\n\r\n.\r\n..\r\n.\r\n"),
        Message("8-bit", "Gr\u00fc\u00dfe \u0080\u00ff\r\n") with { MailParameters = " BODY=8BITMIME" },
        Message("NUL bytes", "before\0after\r\n\0\r\n\0\0end\r\n") with { Chunked = true },
        Message("no final newline", "first\r\nlast without end") with { Chunked = true },
        Message("bare CR and LF", "cr\rlf\ncrlf\r\nend\r\n") with { Chunked = true },
        Message("chunked dots", ".\r\n.one\r\n..\r\n") with { Chunked = true },
        Message("empty body", ""),
        Message("only a newline", "\r\n"),
        Message("5 MB", Lines(5_000_000)),
        Message("20 kB line", new string('x', 20_000) + "\r\nend\r\n"),
        Message("from line", "From somebody\r\n>From else\r\n"),
        Message("three recipients", "To three.\r\n") with { Recipients = ["a@to.example", "b@to.example", "c@other.example"] },
        Message("null sender", "A bounce.\r\n") with { Sender = "" },
        Message("odd addresses", "Odd.\r\n") with { Sender = "\"a b\"@from.example", Recipients = ["\"x y\"@to.example", "o'neil+tag@to.example"] },
        Message("dsn", "Tell me.\r\n") with { MailParameters = " RET=HDRS ENVID=env-4711", RecipientParameters = " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;asked+2Bfor@to.example" },
        Message("smtputf8", "utf-8\r\n") with { Sender = "j\u00f6rg@from.example", Recipients = ["m\u00fcller@to.example"], MailParameters = " SMTPUTF8 BODY=8BITMIME" },
    ];

    /// <summary>How many deliveries these messages lead to: one a recipient, and Exim's own success notice for each recipient that asks for it.</summary>
    public static int Deliveries(IEnumerable<SmtpMessage> messages) =>
        messages.Sum(m => m.Recipients.Count * (m.RecipientParameters.Contains("SUCCESS", StringComparison.Ordinal) ? 2 : 1));

    /// <summary>A small message, for tests that send many.</summary>
    public static SmtpMessage Numbered(int number, params string[] recipients) =>
        Message($"number {number}", $"Body of {number}.\r\n") with { Recipients = recipients };

    /// <summary>The body is text whose characters are bytes (Latin-1).</summary>
    public static SmtpMessage Message(string name, string body)
    {
        var text = $"From: Sender <{Sender}>\r\nTo: somebody@to.example\r\nSubject:  folded\r\n\tand  spaced \r\nX-Sample: {name}\r\n"
            + $"Message-ID: <{name.Replace(' ', '-')}@from.example>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nX-8bit: \u00e9\r\n\r\n{body}";
        return new SmtpMessage(name, Sender, ["somebody@to.example"], Encoding.Latin1.GetBytes(text));
    }

    private static string Lines(int size)
    {
        var text = new StringBuilder(size + 100);
        for (var line = 0; text.Length < size; line++)
        {
            text.Append(CultureInfo.InvariantCulture, $"line {line} 0123456789012345678901234567890123456789012345678901234567\r\n");
        }

        return text.ToString();
    }
}
