// Cuts header fields of a size that no mail has, in the message's header and in those of its parts and of the returned message. MimeKit takes
// room for a field in steps of a fixed size, so that one field of a megabyte costs gigabytes. A message without such fields is read as it
// is; of one that has some a copy is made, up to a limit. One pass; throws only what reading throws.
namespace SpoolWorker.Passes.BounceReading;

/// <summary>Cuts long header fields.</summary>
internal static class LongFields
{
    // References of hundreds of ids and any signature are shorter.
    private const int MostField = 16 * 1024;

    // A copy is made for what was written to do harm only.
    private const int MostKept = 32 * 1024 * 1024;

    private const int Piece = 64 * 1024;

    /// <summary>The message, from its start, with the ends of long fields left out. The stream must be seekable.</summary>
    public static Stream Cut(Stream message)
    {
        message.Position = 0;
        var scan = new Scan();
        var buffer = new byte[Piece];
        for (int n; (n = message.Read(buffer)) > 0;) scan.Take(buffer.AsSpan(0, n));
        scan.End();
        message.Position = 0;
        if (scan.Cuts.Count == 0) return message;
        var kept = new MemoryStream();
        foreach (var (start, end) in scan.Cuts)
        {
            Copy(message, kept, start - message.Position, buffer);
            message.Position = end;
        }
        Copy(message, kept, long.MaxValue, buffer);
        kept.Position = 0;
        return kept;
    }

    private static void Copy(Stream from, MemoryStream to, long length, byte[] buffer)
    {
        while (length > 0 && to.Length < MostKept && from.Read(buffer, 0, (int)Math.Min(buffer.Length, length)) is > 0 and var n)
        {
            to.Write(buffer, 0, n);
            length -= n;
        }
    }

    // A header is at the start, behind a line of dashes (a boundary, or it does no harm), and behind a header that announces a message.
    private sealed class Scan
    {
        private const int MostHead = 200;
        private readonly byte[] _head = new byte[MostHead];
        private long _at, _lineStart, _fieldStart;
        private int _headLength;
        private bool _isHeader = true, _announces;

        public List<(long Start, long End)> Cuts { get; } = [];

        public void Take(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                var end = bytes.IndexOf((byte)'\n');
                var line = end < 0 ? bytes : bytes[..(end + 1)];
                var some = line[..Math.Min(line.Length, MostHead - _headLength)];
                some.CopyTo(_head.AsSpan(_headLength));
                _headLength += some.Length;
                _at += line.Length;
                if (end >= 0) Line();
                bytes = bytes[line.Length..];
            }
        }

        public void End()
        {
            if (_at > _lineStart) Line();
        }

        private void Line()
        {
            var head = _head.AsSpan(0, _headLength);
            if (!_isHeader)
            {
                _isHeader = head.StartsWith("--"u8);
                _fieldStart = _at;
            }
            else if (head.TrimEnd("\r\n"u8).IsEmpty)
            {
                (_isHeader, _announces, _fieldStart) = (_announces, false, _at);
            }
            else
            {
                if (head[0] is not ((byte)' ' or (byte)'\t')) _fieldStart = _lineStart;
                _announces |= head.IndexOf("message/"u8) >= 0 || head.IndexOf("Message/"u8) >= 0;
                var from = Math.Max(_lineStart, _fieldStart + MostField);
                // The line break of the first line that is cut stays.
                var until = from > _lineStart ? _at - 1 : _at;
                if (from < until && Cuts.Count > 0 && Cuts[^1].End == from) Cuts[^1] = (Cuts[^1].Start, until);
                else if (from < until) Cuts.Add((from, until));
            }
            (_lineStart, _headLength) = (_at, 0);
        }
    }
}
