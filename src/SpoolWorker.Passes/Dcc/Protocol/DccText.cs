// Bytes that came from a stranger or a daemon, made fit for one line of a log or a result. Cannot fail.
using System.Globalization;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dcc.Protocol;

internal static class DccText
{
    private const int QuotedBytes = 60;

    /// <summary>For reasons: quoted, cut, everything but printable ASCII escaped.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("'");
        foreach (var b in bytes[..Math.Min(bytes.Length, QuotedBytes)])
        {
            if (b is >= 0x20 and < 0x7f) text.Append((char)b);
            else text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }
        return text.Append(bytes.Length > QuotedBytes ? "...'" : "'").ToString();
    }

    /// <summary>A header line on one line, without its newline; each byte one Latin-1 character, control characters as '?'.</summary>
    public static string Unfolded(HeaderLine line)
    {
        var text = new StringBuilder();
        foreach (var part in Encoding.Latin1.GetString(line.Text.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append(text.Length > 0 ? " " : "").Append(text.Length > 0 ? part.TrimStart(' ', '\t') : part);
        }
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i])) text[i] = text[i] == '\t' ? ' ' : '?';
        }
        return text.ToString();
    }
}
