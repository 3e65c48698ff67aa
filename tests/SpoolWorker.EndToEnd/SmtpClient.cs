// A raw SMTP client: what it is given goes over the wire byte for byte. With DATA it only does what the protocol asks for (a dot before
// a line that starts with one, the final dot); with BDAT nothing at all, so NUL bytes and a missing final newline get through.
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.EndToEnd;

internal sealed record SmtpMessage(string Name, string Sender, IReadOnlyList<string> Recipients, byte[] Content)
{
    public bool Chunked { get; init; }

    public string MailParameters { get; init; } = "";

    public string RecipientParameters { get; init; } = "";

    /// <summary>Called when a half of the content is sent, and before the rest is.</summary>
    public Action? Midway { get; init; }
}

internal sealed class SmtpClient : IDisposable
{
    private readonly TcpClient connection;
    private readonly Stream stream;
    private readonly byte[] pending = new byte[4096];
    private int pendingStart;
    private int pendingEnd;

    public SmtpClient(int port)
    {
        connection = new TcpClient { NoDelay = true, ReceiveTimeout = 30_000, SendTimeout = 30_000 };
        connection.Connect(IPAddress.Loopback, port);
        stream = connection.GetStream();
        Expect("220");
        Command("EHLO client.example", "250");
    }

    /// <summary>Sends to one port on one connection; for tests that need only that.</summary>
    public static IReadOnlyList<string> Send(int port, params IEnumerable<SmtpMessage> messages)
    {
        using var client = new SmtpClient(port);
        return [.. messages.Select(client.Send)];
    }

    /// <returns>The id under which Exim took it.</returns>
    public string Send(SmtpMessage message)
    {
        Command($"MAIL FROM:<{message.Sender}>{message.MailParameters}", "250");
        foreach (var recipient in message.Recipients)
        {
            Command($"RCPT TO:<{recipient}>{message.RecipientParameters}", "250");
        }

        string reply;
        if (message.Chunked)
        {
            // two chunks: the border between them must not show
            var half = message.Content.Length / 2;
            Write($"BDAT {half}\r\n", message.Content.AsSpan(0, half));
            Expect("250");
            Write($"BDAT {message.Content.Length - half} LAST\r\n", message.Content.AsSpan(half));
            reply = Expect("250");
        }
        else
        {
            Command("DATA", "354");
            var stuffed = Stuffed(message.Content);
            var half = message.Midway is null ? 0 : stuffed.Length / 2;
            Write("", stuffed.AsSpan(0, half));
            message.Midway?.Invoke();
            Write("", stuffed.AsSpan(half));
            reply = Expect("250");
        }

        return reply.Split("id=")[1].Trim();
    }

    public void Dispose() => connection.Dispose();

    private static byte[] Stuffed(byte[] content)
    {
        var wire = new MemoryStream(content.Length + 1024);
        var lineStart = true;
        foreach (var octet in content)
        {
            if (lineStart && octet == '.')
            {
                wire.WriteByte((byte)'.');
            }

            wire.WriteByte(octet);
            lineStart = octet == '\n';
        }

        wire.Write(lineStart ? ".\r\n"u8 : "\r\n.\r\n"u8);
        return wire.ToArray();
    }

    private void Command(string line, string code)
    {
        Write(line + "\r\n", []);
        Expect(code);
    }

    private void Write(string line, ReadOnlySpan<byte> octets)
    {
        stream.Write([.. Encoding.UTF8.GetBytes(line), .. octets]);
        stream.Flush();
    }

    private string Expect(string code)
    {
        string line;
        do
        {
            line = ReadLine();
        }
        while (line.Length > 3 && line[3] == '-');

        return line.StartsWith(code, StringComparison.Ordinal) ? line : throw new IOException($"expected {code}, got: {line}");
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (pendingStart == pendingEnd)
            {
                pendingStart = 0;
                pendingEnd = stream.Read(pending);
                if (pendingEnd == 0)
                {
                    throw new EndOfStreamException($"Exim closed the connection after: {line}");
                }
            }

            var octet = pending[pendingStart++];
            if (octet == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)octet);
        }
    }
}
