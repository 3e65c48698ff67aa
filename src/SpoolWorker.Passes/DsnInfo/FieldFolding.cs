// Folds a field of a delivery status part as Exim does (header.c, wrap_header, with 79 columns and 1,023 bytes in all): at each
// line break of the text, written \n or real; where a line is longer, at the last blank within it that is not among its first
// ten bytes; where there is none, hard. A line is never empty: it would end the block of the recipient. Cannot fail.
namespace SpoolWorker.Passes.DsnInfo;

/// <summary>Folding of long fields.</summary>
public static class FieldFolding
{
    private const int Columns = 79, MostBytes = 1023, Indent = 1, LeastBeforeBlank = 10;

    /// <summary>The field in lines of its own, each ended by <paramref name="lineEnd"/>.</summary>
    /// <param name="field">Name, colon and value in one piece.</param>
    /// <param name="lineEnd">LF, or CRLF for a body in wire format.</param>
    public static byte[] Fold(ReadOnlySpan<byte> field, ReadOnlySpan<byte> lineEnd)
    {
        var folded = new List<byte>(field.Length + 16);
        var used = 0;
        foreach (var piece in Lines(field))
        {
            var rest = piece.AsSpan().Trim((byte)' ');
            while (!rest.IsEmpty && used < MostBytes)
            {
                var column = used == 0 ? 0 : Indent;
                var take = rest.Length + column <= Columns ? rest.Length : BreakIn(rest, Columns - column);
                // The indent and the line break count as Exim counts them: one byte each.
                take = Math.Min(take, MostBytes - used - column);
                if (take <= 0) break;
                if (used > 0)
                {
                    folded.AddRange(lineEnd);
                    folded.Add((byte)' ');
                }
                folded.AddRange(rest[..take].TrimEnd((byte)' '));
                used += take + 1 + column;
                rest = rest[take..].TrimStart((byte)' ');
            }
        }
        folded.AddRange(lineEnd);
        return [.. folded];
    }

    private static int BreakIn(ReadOnlySpan<byte> line, int width)
    {
        for (var i = width; i > LeastBeforeBlank; i--)
        {
            if (line[i] == ' ') return i;
        }
        return width;
    }

    // What is no plain text becomes a blank or is written as Exim's string_printing does: the part is 7-bit.
    private static List<byte[]> Lines(ReadOnlySpan<byte> text)
    {
        var lines = new List<byte[]>();
        var line = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\n' || (c == '\\' && i + 1 < text.Length && text[i + 1] == 'n'))
            {
                if (c == '\\') i++;
                lines.Add([.. line]);
                line.Clear();
            }
            else if (c is (byte)'\t' or (byte)'\r') line.Add((byte)' ');
            else if (c is < 0x20 or >= 0x7f) line.AddRange(System.Text.Encoding.ASCII.GetBytes($"\\{Convert.ToString(c, 8).PadLeft(3, '0')}"));
            else line.Add(c);
        }
        lines.Add([.. line]);
        return lines;
    }
}
