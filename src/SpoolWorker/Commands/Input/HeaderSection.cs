// Splits the top of a message as it stands in a file into header lines as -H holds them: LF line ends, folding kept. The
// section ends at the first empty line, at the first line that is no header field (the body begins there, as for Exim), or
// at the end. A first line "From " of an mbox (not "From :") is passed over. Nothing can fail except by length.
using System.Collections.Immutable;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Input;

/// <summary>Header lines of a message file.</summary>
/// <param name="Lines">From the top.</param>
/// <param name="Start">Where they begin: behind an mbox's first line.</param>
/// <param name="BodyStart">Where the body begins.</param>
/// <param name="IsWireFormat">Line ends are CRLF.</param>
internal sealed record HeaderSection(ImmutableArray<HeaderLine> Lines, int Start, int BodyStart, bool IsWireFormat)
{
    /// <summary>Reads the section; null when the bytes given end within it.</summary>
    /// <param name="bytes">The beginning of the file.</param>
    /// <param name="isWhole">The bytes are the whole file.</param>
    public static HeaderSection? Read(ReadOnlyMemory<byte> bytes, bool isWhole)
    {
        var span = bytes.Span;
        var firstEnd = span.IndexOf((byte)'\n');
        var isWire = firstEnd > 0 && span[firstEnd - 1] == '\r';
        var at = IsMbox(span) && firstEnd >= 0 ? firstEnd + 1 : 0;
        var start = at;
        var lines = ImmutableArray.CreateBuilder<HeaderLine>();
        var field = -1;
        while (at < span.Length)
        {
            var end = span[at..].IndexOf((byte)'\n');
            if (end < 0 && !isWhole) return null;
            var next = end < 0 ? span.Length : at + end + 1;
            var line = span[at..next].TrimEnd("\r\n"u8);
            var goesOn = line.Length > 0 && line[0] is (byte)' ' or (byte)'\t' && field >= 0;
            if (!goesOn)
            {
                Add(lines, bytes, field, at);
                field = at;
                if (line.IsEmpty) return new HeaderSection(lines.ToImmutable(), start, next, isWire);
                if (!IsField(line)) return new HeaderSection(lines.ToImmutable(), start, at, isWire);
            }
            at = next;
        }
        if (!isWhole) return null;
        Add(lines, bytes, field, at);
        return new HeaderSection(lines.ToImmutable(), start, at, isWire);
    }

    // An mbox's line has an address behind "From "; with a colon there it is the field in its obsolete form (RFC 5322, 4.5.2: obs-from).
    private static bool IsMbox(ReadOnlySpan<byte> top) => top.StartsWith("From "u8) && !top[4..].TrimStart(" \t"u8).StartsWith(":"u8);

    // RFC 5322, 3.6.8, with the obsolete blanks before the colon.
    private static bool IsField(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        return colon > 0 && line[..colon].TrimEnd(" \t"u8) is { Length: > 0 } name && !name.ContainsAnyInRange((byte)0, (byte)' ');
    }

    private static void Add(ImmutableArray<HeaderLine>.Builder lines, ReadOnlyMemory<byte> bytes, int from, int to)
    {
        if (from < 0 || to <= from) return;
        var raw = bytes[from..to];
        var text = raw.Span.IndexOf("\r\n"u8) < 0 && raw.Span[^1] == '\n' ? raw : WithLineFeeds(raw.Span);
        var line = new HeaderLine(' ', text);
        lines.Add(line with { Flag = HeaderLine.FlagFor(line.Name) });
    }

    private static ReadOnlyMemory<byte> WithLineFeeds(ReadOnlySpan<byte> raw)
    {
        var text = new byte[raw.Length + 1];
        var n = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '\r' && i + 1 < raw.Length && raw[i + 1] == '\n') continue;
            text[n++] = raw[i];
        }
        if (n == 0 || text[n - 1] != '\n') text[n++] = (byte)'\n';
        return text.AsMemory(0, n);
    }
}
