// show --headers, --body, --raw: the message itself. Byte for byte where a program reads it; on a terminal what that would obey is escaped, line by line.
using System.Text;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Showing;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Showing;

/// <summary>What of a message is printed.</summary>
[Flags]
internal enum MessagePart
{
    None = 0,
    Headers = 1,
    Body = 2,
}

/// <summary>Prints parts of messages.</summary>
internal static class MessageParts
{
    private const int Buffer = 64 * 1024;

    /// <summary>Prints a message. False when the part is not there.</summary>
    /// <exception cref="IOException">It cannot be read, or printed.</exception>
    public static bool Print(FoundMessage message, MessagePart parts)
    {
        if (message.Header is not { } header || (parts.HasFlag(MessagePart.Body) && message.BodySize < 0)) return false;
        using var output = Terminal.IsTerminal ? (Stream)new EscapingStream(Console.OpenStandardOutput()) : new BufferedStream(Console.OpenStandardOutput(), Buffer);
        if (parts.HasFlag(MessagePart.Headers))
        {
            foreach (var line in header.Headers.Where(l => !l.IsDeleted)) output.Write(line.Text.Span);
        }
        if (parts == (MessagePart.Headers | MessagePart.Body)) output.Write("\n"u8);
        if (parts.HasFlag(MessagePart.Body))
        {
            using var file = Posix.Open(message.BodyPath, Posix.O_RDONLY);
            var buffer = new byte[Buffer];
            long at = header.Id.BodyOffset;
            for (int n; (n = Posix.Read(file, buffer, at, message.BodyPath)) > 0; at += n) output.Write(buffer.AsSpan(0, n));
        }
        output.Flush();
        return true;
    }

    // Whole lines at a time: a character may be several bytes.
    private sealed class EscapingStream(Stream inner) : MemoryStream
    {
        private const int LongestLine = 64 * 1024;
        private readonly List<byte> _line = [];

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            foreach (var octet in buffer)
            {
                if (octet == '\n' || _line.Count == LongestLine) End(octet == '\n');
                if (octet != '\n') _line.Add(octet);
            }
        }

        public override void Flush()
        {
            if (_line.Count > 0) End(withNewline: false);
            inner.Flush();
        }

        private void End(bool withNewline)
        {
            if (withNewline && _line is [.., (byte)'\r']) _line.RemoveAt(_line.Count - 1);
            inner.Write(Encoding.UTF8.GetBytes(string.Join('\t', Encoding.Latin1.GetString([.. _line]).Split('\t').Select(part => Printable.Text(Encoding.Latin1.GetBytes(part)))) + (withNewline ? "\n" : "")));
            _line.Clear();
        }
    }
}
