// What stands in tags: numbers, base64, lists with colons, quoted-printable, domains. All of it bounded, none of it throws.
using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace SpoolWorker.Passes.Signing.Tags;

/// <summary>Readers of tag values.</summary>
public static class TagValues
{
    /// <summary>RFC 6376, 3.5 lets l= have 76 digits; no number here needs more.</summary>
    private const int MaxDigits = 76;

    /// <summary>RFC 1035, 2.3.4, in presentation form.</summary>
    private const int MaxDomain = 253, MaxLabel = 63;

    /// <summary>Digits only. A number beyond 64 bits becomes the largest: no body is so long and no clock so late.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> value, out long number)
    {
        number = 0;
        if (value.IsEmpty || value.Length > MaxDigits || value.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return false;
        foreach (var digit in value)
        {
            if (number > (long.MaxValue - 9) / 10)
            {
                number = long.MaxValue;
                return true;
            }
            number = number * 10 + (digit - '0');
        }
        return true;
    }

    /// <summary>Base64 with white space anywhere. Padding is required: whoever changed a signature's end must not pass.</summary>
    public static bool TryBase64(ReadOnlySpan<byte> value, Span<byte> destination, out int written) =>
        Base64.DecodeFromUtf8(value, destination, out var read, out written) == OperationStatus.Done && read == value.Length && written > 0;

    /// <summary>Base64 of a published key: padding that got lost on the way into the zone is forgiven.</summary>
    public static byte[]? Base64OfKey(ReadOnlySpan<byte> value)
    {
        var digits = 0;
        var text = new byte[value.Length + 3];
        foreach (var b in value)
        {
            if (!TagList.IsSpace(b)) text[digits++] = b;
        }
        if (digits % 4 == 1) return null;
        while (digits % 4 != 0) text[digits++] = (byte)'=';
        var bytes = new byte[digits / 4 * 3];
        return TryBase64(text.AsSpan(0, digits), bytes, out var written) ? bytes[..written] : null;
    }

    /// <summary>The items of a list with colons, white space around each left out.</summary>
    public static ColonList Items(ReadOnlySpan<byte> value) => new(value);

    /// <summary>Whether a list with colons holds a word, whatever its case.</summary>
    public static bool ListHas(ReadOnlySpan<byte> value, ReadOnlySpan<byte> word)
    {
        foreach (var item in Items(value))
        {
            if (Ascii.EqualsIgnoreCase(item, word)) return true;
        }
        return false;
    }

    /// <summary>dkim-quoted-printable (RFC 6376, 2.11): white space goes, =XX is a byte. Null when an equals sign has no two
    /// hexadecimal digits behind it.</summary>
    public static byte[]? QuotedPrintable(ReadOnlySpan<byte> value)
    {
        var bytes = new byte[value.Length];
        var length = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (TagList.IsSpace(value[i])) continue;
            if (value[i] != '=')
            {
                bytes[length++] = value[i];
                continue;
            }
            if (i + 2 >= value.Length || !char.IsAsciiHexDigit((char)value[i + 1]) || !char.IsAsciiHexDigit((char)value[i + 2])) return null;
            bytes[length++] = byte.Parse(value.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            i += 2;
        }
        return bytes[..length];
    }

    /// <summary>A domain or selector as DNS wants it: labels of letters, digits, hyphens and underscores. UTF-8 labels
    /// become A-labels (RFC 8616, 5). Null when it is none.</summary>
    public static string? DomainName(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.Length > 4 * MaxDomain) return null;
        string text;
        if (Ascii.IsValid(value))
        {
            text = Encoding.ASCII.GetString(value);
        }
        else
        {
            try
            {
                text = new IdnMapping().GetAscii(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(value));
            }
            catch (ArgumentException)
            {
                // not UTF-8, or no label of IDNA
                return null;
            }
        }
        return IsDomainName(text) ? text : null;
    }

    /// <summary>Whether a text can be looked up: labels of 1 to 63 letters, digits, hyphens, underscores, 253 in all.</summary>
    public static bool IsDomainName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length > MaxDomain) return false;
        foreach (var part in text.Split('.'))
        {
            var label = text[part];
            if (label.IsEmpty || label.Length > MaxLabel) return false;
            foreach (var c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
            }
        }
        return true;
    }

    /// <summary>Whether a domain is another one or below it.</summary>
    public static bool IsSameOrBelow(ReadOnlySpan<char> domain, ReadOnlySpan<char> parent) =>
        domain.EndsWith(parent, StringComparison.OrdinalIgnoreCase) && (domain.Length == parent.Length || domain[^(parent.Length + 1)] == '.');

    /// <summary>Goes through a list with colons.</summary>
    public ref struct ColonList(ReadOnlySpan<byte> value)
    {
        private ReadOnlySpan<byte> _rest = value;
        private bool _atEnd;

        /// <summary>The item without white space around it.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>For <c>foreach</c>.</summary>
        public readonly ColonList GetEnumerator() => this;

        /// <summary>On to the next item; false at the end.</summary>
        public bool MoveNext()
        {
            if (_atEnd) return false;
            var colon = _rest.IndexOf((byte)':');
            _atEnd = colon < 0;
            Current = (_atEnd ? _rest : _rest[..colon]).Trim(" \t\r\n"u8);
            if (!_atEnd) _rest = _rest[(colon + 1)..];
            return true;
        }
    }
}
