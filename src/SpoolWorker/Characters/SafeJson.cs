// Escapes in JSON: '<' and letters of all languages stay readable, as standard output is no HTML page; but JSON is looked at on
// terminals too, so C1 controls, characters that reorder or hide text and those without a meaning are written \uXXXX. A program reads
// the same string. Cannot fail.
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace SpoolWorker.Characters;

/// <summary>The encoder of all JSON the program prints.</summary>
internal sealed class SafeJson : JavaScriptEncoder
{
    private const int UnitLength = 6;

    /// <summary>The only one.</summary>
    public static readonly SafeJson Encoder = new();

    public override int MaxOutputCharactersPerInputCharacter => 2 * UnitLength;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar < 0x7f ? UnsafeRelaxedJsonEscaping.WillEncode(unicodeScalar) : !SafeText.IsHarmless(new Rune(unicodeScalar));

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var span = new ReadOnlySpan<char>(text, textLength);
        for (var at = 0; at < span.Length;)
        {
            if (Rune.DecodeFromUtf16(span[at..], out var rune, out var length) != System.Buffers.OperationStatus.Done || WillEncode(rune.Value)) return at;
            at += length;
        }
        return -1;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        if (unicodeScalar < 0x7f) return UnsafeRelaxedJsonEscaping.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);
        numberOfCharactersWritten = 0;
        foreach (var unit in new Rune(unicodeScalar).ToString())
        {
            if (!((int)unit).TryFormat(new Span<char>(buffer + numberOfCharactersWritten + 2, Math.Max(0, bufferLength - numberOfCharactersWritten - 2)), out _, "x4", CultureInfo.InvariantCulture)) return false;
            buffer[numberOfCharactersWritten] = '\\';
            buffer[numberOfCharactersWritten + 1] = 'u';
            numberOfCharactersWritten += UnitLength;
        }
        return true;
    }
}
