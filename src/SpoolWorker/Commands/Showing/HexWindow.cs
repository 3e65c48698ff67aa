// The bytes around an error, sixteen a line, as hex and as text, with a mark at the offending one. Cannot fail.
using System.Globalization;
using System.Text;

namespace SpoolWorker.Commands.Showing;

/// <summary>A look at the bytes around an offset.</summary>
internal static class HexWindow
{
    private const int LineBytes = 16, LinesBefore = 3, LinesAfter = 3, LeftWidth = 10;

    public static string Of(ReadOnlySpan<byte> bytes, long offset)
    {
        var text = new StringBuilder();
        var at = (int)Math.Clamp(offset, 0, bytes.Length);
        var middle = at / LineBytes * LineBytes;
        for (var line = Math.Max(0, middle - LinesBefore * LineBytes); line <= middle + LinesAfter * LineBytes && (line < bytes.Length || line == middle); line += LineBytes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{line,8:x}  ");
            for (var i = line; i < line + LineBytes; i++) text.Append(i < bytes.Length ? bytes[i].ToString("x2", CultureInfo.InvariantCulture) : "  ").Append(' ');
            text.Append(' ');
            for (var i = line; i < Math.Min(line + LineBytes, bytes.Length); i++) text.Append(bytes[i] is >= 0x20 and < 0x7f ? (char)bytes[i] : '.');
            text.Append('\n');
            if (line == middle) text.Append(' ', LeftWidth + 3 * (at - line)).Append("^^ offset ").Append(offset).Append('\n');
        }
        return text.ToString();
    }
}
