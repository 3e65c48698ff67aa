// Bytes of mail and of tables as text in which each char is one byte of the UTF-8 form. Files are bytes of any
// encoding, and Exim compares bytes; so nothing is decoded to be compared, and bytes that are no UTF-8 survive.
// Letters are lower-cased in ASCII only, as in Exim's C locale.
using System.Text;

#pragma warning disable RS0030 // the one place that decides between UTF-8 and bytes

namespace SpoolWorker.Passes.Mail;

/// <summary>Bytes as text and back.</summary>
internal static class ByteText
{
    /// <summary>C's isspace().</summary>
    public static bool IsBlank(byte b) => b is (byte)' ' or (>= 9 and <= 13);

    public static string FromText(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    public static string FromBytes(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>For people and for patterns: as UTF-8 when it is, else a char a byte.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes) =>
        System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes);

    public static string ToText(string byteText) => Ascii.IsValid(byteText) ? byteText : ToText(Encoding.Latin1.GetBytes(byteText));

    /// <summary>A-Z become a-z.</summary>
    public static string Lower(string byteText) => !byteText.AsSpan().ContainsAnyInRange('A', 'Z') ? byteText : string.Create(byteText.Length, byteText, static (to, from) =>
    {
        for (var i = 0; i < to.Length; i++) to[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] | 0x20) : from[i];
    });
}
