// Blanks of texts that are bytes, each as one character: those of ASCII only. string.Trim takes U+0085 and U+00A0, too, which are
// halves of letters in UTF-8 ("\u00e0" ends with A0).
namespace SpoolWorker.Passes.Mail;

/// <summary>Blanks and words of such texts.</summary>
internal static class Blanks
{
    private static readonly char[] All = [' ', '\t', '\r', '\n', '\v', '\f'];

    public static bool Is(char c) => c is ' ' or (>= '\t' and <= '\r');

    public static string Trimmed(this string text) => text.Trim(All);

    public static ReadOnlySpan<char> Trimmed(this ReadOnlySpan<char> text) => text.Trim(" \t\r\n\v\f");

    /// <summary>Has the words somewhere, in any letters.</summary>
    public static bool Says(this string text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc cref="Says(string, string)"/>
    public static bool Says(this ReadOnlySpan<char> text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);

    /// <summary>The words, without the blanks between them.</summary>
    public static string[] Words(string text) => text.Split(All, StringSplitOptions.RemoveEmptyEntries);
}
