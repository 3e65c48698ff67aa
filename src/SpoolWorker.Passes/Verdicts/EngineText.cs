// Texts of an engine, which repeat what a stranger wrote: one line of printable ASCII, cut, before they go into a log, a result or a header line.
// Cannot fail.
using System.Text;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts;

internal static class EngineText
{
    /// <summary>Longer names of finds and symbols are cut: those there are have some dozens.</summary>
    public const int MostName = 200;

    /// <summary>Most of a list of symbols: two hundred and more of them.</summary>
    public const int MostList = 8 * 1024;

    private const int MostQuoted = 60;

    /// <summary>On one line, cut; everything but printable ASCII as '?'.</summary>
    public static string Clean(ReadOnlySpan<byte> bytes, int most = MostName)
    {
        var text = new StringBuilder();
        foreach (var b in bytes[..Math.Min(bytes.Length, most)]) text.Append(b is >= 0x20 and < 0x7f ? (char)b : '?');
        return text.Append(bytes.Length > most ? "..." : "").ToString();
    }

    /// <inheritdoc cref="Clean(ReadOnlySpan{byte}, int)"/>
    public static string Clean(string text, int most = MostName) => Clean(Encoding.Latin1.GetBytes(ByteText.FromText(text)), most);

    /// <summary>For reasons.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes) => $"'{Clean(bytes, MostQuoted)}'";

    /// <summary>A header line of ours, folded.</summary>
    public static HeaderLine Line(string name, string value) => HeaderLine.Create(FieldText.Field(name, value));
}
