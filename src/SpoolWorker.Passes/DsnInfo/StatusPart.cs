// Finds the machine-readable part of a multipart/report in a body that is only streamed through: its offset and bytes, and the
// beginning of the part behind it (the returned message). Guarantees bounded memory: only those two are kept, each up to a limit.
// A report that is encoded, larger than the limit, or not where RFC 6522 has it gives null: then nothing is changed.
using System.Text;

namespace SpoolWorker.Passes.DsnInfo;

/// <summary>The delivery status part.</summary>
/// <param name="Offset">Where its content begins in the body.</param>
/// <param name="Content">Its content, without the line break that belongs to the delimiter.</param>
/// <param name="Returned">The first bytes of the returned message; empty without one.</param>
public sealed record StatusPart(long Offset, byte[] Content, byte[] Returned)
{
    // 16,384 recipients with everything Exim says of one come to less.
    private const int MostContent = 32 * 1024 * 1024;

    // Its Received: line comes first.
    private const int MostReturned = 16 * 1024;
    private const int MostPartHeader = 64 * 1024;

    // A delimiter line: "--", 70 characters (RFC 2046, 5.1.1), "--", blanks.
    private const int MostDelimiter = 1024;
    private const int PieceBytes = 64 * 1024;

    private enum Section
    {
        Outside,
        PartHeader,
        Report,
        Returned,
    }

    /// <param name="body">The body.</param>
    /// <param name="boundary">The boundary of the multipart/report.</param>
    public static StatusPart? Find(IMessageBody body, ReadOnlySpan<byte> boundary)
    {
        byte[] delimiter = [(byte)'-', (byte)'-', .. boundary];
        using var stream = body.OpenRead();
        var scan = new Scan(delimiter);
        var piece = new byte[PieceBytes];
        var line = new List<byte>();
        long lineStart = 0, at = 0;
        var isLong = false;
        for (int n; (n = stream.Read(piece)) > 0;)
        {
            var rest = piece.AsSpan(0, n);
            while (!rest.IsEmpty)
            {
                var end = rest.IndexOf((byte)'\n');
                var take = end < 0 ? rest.Length : end + 1;
                // Within the report every byte counts; elsewhere only the beginning of a line does.
                var most = scan.KeepsLines ? MostContent : MostDelimiter;
                if (line.Count + take <= most) line.AddRange(rest[..take]);
                else
                {
                    isLong = true;
                    if (scan.KeepsLines) return null;
                    line.AddRange(rest[..Math.Max(0, most - line.Count)]);
                }
                at += take;
                rest = rest[take..];
                if (end < 0) continue;
                if (!scan.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(line), lineStart, isLong)) return scan.Result;
                line.Clear();
                (lineStart, isLong) = (at, false);
            }
        }
        if (line.Count > 0) scan.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(line), lineStart, isLong);
        return scan.Result;
    }

    private sealed class Scan(byte[] delimiter)
    {
        private readonly List<byte> _header = [], _content = [], _returned = [];
        private Section _section = Section.Outside;
        private long _offset = -1;
        private bool _ended, _isReport, _found;

        public bool KeepsLines => _section is Section.PartHeader or Section.Report;

        public StatusPart? Result => _found && _ended ? new StatusPart(_offset, WithoutLastBreak(), [.. _returned]) : null;

        /// <summary>Takes a line; false when nothing more is wanted.</summary>
        public bool Add(ReadOnlySpan<byte> line, long start, bool isLong)
        {
            if (!isLong && line.StartsWith(delimiter) && IsDelimiter(line[delimiter.Length..], out var isLast)) return Delimiter(isLast);
            switch (_section)
            {
                case Section.PartHeader when line.TrimEnd("\r\n"u8).IsEmpty:
                    _isReport = !_found && IsPlainReport([.. _header]);
                    _section = _isReport ? Section.Report : _found ? Section.Returned : Section.Outside;
                    if (_isReport) _offset = start + line.Length;
                    return true;
                case Section.PartHeader:
                    _header.AddRange(line);
                    return _header.Count <= MostPartHeader;
                case Section.Report:
                    _content.AddRange(line);
                    return _content.Count <= MostContent;
                case Section.Returned:
                    _returned.AddRange(line);
                    return _returned.Count < MostReturned;
                default:
                    return true;
            }
        }

        private bool Delimiter(bool isLast)
        {
            if (_section == Section.Report) _found = _ended = true;
            // Behind the returned message there is nothing of use.
            if (isLast || _section == Section.Returned) return false;
            _header.Clear();
            _section = Section.PartHeader;
            return true;
        }

        private static bool IsDelimiter(ReadOnlySpan<byte> rest, out bool isLast)
        {
            isLast = rest.StartsWith("--"u8);
            if (isLast) rest = rest[2..];
            return rest.Trim(" \t\r\n"u8).IsEmpty;
        }

        // RFC 3464, 2.1; RFC 6533, 4. An encoded part would have to be written anew: left alone.
        private static bool IsPlainReport(byte[] header)
        {
            var type = FieldReader.Value(header, "Content-Type"u8);
            var semicolon = type.IndexOf((byte)';');
            var name = (semicolon < 0 ? type : type[..semicolon]).Trim(" \t"u8);
            if (!Ascii.EqualsIgnoreCase(name, "message/delivery-status"u8) && !Ascii.EqualsIgnoreCase(name, "message/global-delivery-status"u8)) return false;
            var encoding = FieldReader.Value(header, "Content-Transfer-Encoding"u8).Trim(" \t"u8);
            return encoding.IsEmpty || Ascii.EqualsIgnoreCase(encoding, "7bit"u8) || Ascii.EqualsIgnoreCase(encoding, "8bit"u8) || Ascii.EqualsIgnoreCase(encoding, "binary"u8);
        }

        private byte[] WithoutLastBreak()
        {
            var content = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_content);
            if (content.EndsWith("\r\n"u8)) content = content[..^2];
            else if (content.EndsWith("\n"u8)) content = content[..^1];
            return content.ToArray();
        }
    }
}
