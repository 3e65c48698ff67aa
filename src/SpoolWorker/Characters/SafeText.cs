// Bytes of a stranger as text that is safe to show: whoever sent the message chose them, so a terminal must not obey
// them. Printable ASCII and printable characters in valid UTF-8 stay, every other byte becomes \xNN; so do characters that
// reorder or hide text (bidirectional controls, zero width). Cannot fail.
using System.Buffers;
using System.Globalization;
using System.Text;

namespace SpoolWorker.Characters;

/// <summary>Escapes what a terminal would obey or an eye would miss.</summary>
internal static class SafeText
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    /// <summary>Whether all of it is printable ASCII, which shows as it is.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(Plain) < 0;

    /// <summary>One line of text.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        if (IsPlain(bytes)) return Encoding.ASCII.GetString(bytes);
        var text = new StringBuilder(bytes.Length + 16);
        Append(text, bytes);
        return text.ToString();
    }

    /// <summary>As <see cref="Of(ReadOnlySpan{byte})"/>, of a string.</summary>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>For JSON, which escapes by itself (<see cref="SafeJson"/>): the exact string when the bytes are UTF-8, else as <see cref="Of(ReadOnlySpan{byte})"/>.</summary>
    public static string Exact(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Of(bytes);

    /// <summary>As <see cref="Of(ReadOnlySpan{byte})"/>, into a builder.</summary>
    public static void Append(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var plain = bytes.IndexOfAnyExcept(Plain);
            if (plain < 0) plain = bytes.Length;
            foreach (var b in bytes[..plain]) text.Append((char)b);
            bytes = bytes[plain..];
            if (bytes.IsEmpty) return;
            var valid = Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done;
            if (valid && IsHarmless(rune)) text.Append(rune.ToString());
            else AppendHex(text, bytes[..length]);
            bytes = bytes[length..];
        }
    }

    /// <summary>Whether a character outside ASCII shows as itself and nothing else.</summary>
    public static bool IsHarmless(Rune rune) => rune.Value >= 0xa0 && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static void AppendHex(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
    }
}
