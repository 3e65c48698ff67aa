using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace SpoolWorker.Spool;

// Small functions on raw bytes that reader, writer and model share. Numbers are taken in their one canonical spelling only, so that writing
// them again gives the same bytes. Nothing here throws on content.
internal static class SpoolBytes
{
    private const int QuotedBytes = 60;

    /// <summary>What no single-line field may hold: it would end the line, or the string in Exim.</summary>
    private static readonly SearchValues<byte> LineBreakers = SearchValues.Create("\0\n"u8);

    public static bool IsOneLine(ReadOnlySpan<byte> field) => !field.ContainsAny(LineBreakers);

    /// <summary>C's <c>isspace</c> in the C locale: what Exim's <c>fscanf</c> skips.</summary>
    public static bool IsSpace(byte b) => b is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');

    public static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';

    /// <summary>A decimal number from 0 to <see cref="long.MaxValue"/> without sign or superfluous zeros.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits.Length > 19 || (digits[0] == '0' && digits.Length > 1))
        {
            return false;
        }

        foreach (var digit in digits)
        {
            if (!IsDigit(digit) || value > (long.MaxValue - (digit - '0')) / 10)
            {
                return false;
            }

            value = value * 10 + (digit - '0');
        }

        return true;
    }

    /// <summary>The same with an optional minus sign in front of anything but zero.</summary>
    public static bool TrySignedNumber(ReadOnlySpan<byte> digits, out long value)
    {
        if (digits.IsEmpty || digits[0] != '-')
        {
            return TryNumber(digits, out value);
        }

        var valid = TryNumber(digits[1..], out value) && value != 0;
        value = -value;
        return valid;
    }

    public static bool TryInt(ReadOnlySpan<byte> digits, out int value)
    {
        var valid = TryNumber(digits, out var wide) && wide <= int.MaxValue;
        value = valid ? (int)wide : 0;
        return valid;
    }

    /// <summary>A value for a log line: quoted, at most 60 bytes of it, everything but printable ASCII escaped.</summary>
    public static string Quote(ReadOnlySpan<byte> value)
    {
        var text = new StringBuilder("'");
        foreach (var b in value[..Math.Min(value.Length, QuotedBytes)])
        {
            _ = b switch
            {
                (byte)'\n' => text.Append("\\n"),
                (byte)'\\' or (byte)'\'' => text.Append('\\').Append((char)b),
                >= 0x20 and < 0x7f => text.Append((char)b),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
            };
        }

        return text.Append(value.Length > QuotedBytes ? "...'" : "'").ToString();
    }
}

/// <summary>Compares addresses as C's <c>strcmp</c> does: by unsigned bytes.</summary>
public sealed class BytesComparer : IComparer<ReadOnlyMemory<byte>>, IEqualityComparer<ReadOnlyMemory<byte>>
{
    /// <summary>The only one: it has no state.</summary>
    public static readonly BytesComparer Instance = new();

    /// <inheritdoc/>
    public int Compare(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceCompareTo(y.Span);

    /// <inheritdoc/>
    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    /// <inheritdoc/>
    public int GetHashCode([DisallowNull] ReadOnlyMemory<byte> obj)
    {
        var hash = new HashCode();
        hash.AddBytes(obj.Span);
        return hash.ToHashCode();
    }
}
