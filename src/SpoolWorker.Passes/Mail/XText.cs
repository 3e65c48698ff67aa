// The encodings in which SMTP carries what a notification shows: xtext (RFC 3461, 4) for ENVID and ORCPT, and the two forms of
// an address outside ASCII (RFC 6533, 3). What a stranger encoded may be anything: a control byte that comes out of it is
// shown encoded, so that it never ends a line. Nothing here fails.
using System.Globalization;
using System.Text;

namespace SpoolWorker.Passes.Mail;

/// <summary>xtext.</summary>
public static class XText
{
    /// <summary>Decodes; false when a <c>+</c> is not followed by two hexadecimal digits.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> xtext, out byte[] decoded)
    {
        var bytes = new List<byte>(xtext.Length);
        decoded = [];
        for (var i = 0; i < xtext.Length; i++)
        {
            if (xtext[i] != '+')
            {
                bytes.Add(xtext[i]);
                continue;
            }
            if (i + 2 >= xtext.Length || !byte.TryParse(xtext.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)) return false;
            bytes.Add(value);
            i += 2;
        }
        decoded = [.. bytes];
        return true;
    }

    /// <summary>As a field shows it: decoded, but for bytes that are not printable ASCII, and as it is where it is not xtext.</summary>
    public static string ForField(ReadOnlySpan<byte> xtext)
    {
        var text = new StringBuilder();
        foreach (var b in TryDecode(xtext, out var decoded) ? decoded : xtext)
        {
            if (b is >= (byte)' ' and <= (byte)'~') text.Append((char)b);
            else text.Append(CultureInfo.InvariantCulture, $"+{b:X2}");
        }
        return text.ToString();
    }
}

/// <summary>Addresses with their type, as report fields hold them.</summary>
public static class TypedAddress
{
    private const string Ascii = "rfc822", Utf8 = "utf-8";

    // RFC 6533, 3: \x{HEXPOINT}, two to six digits; more zeros are nobody's.
    private const int MostEscape = 12;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>An address of the envelope: <c>rfc822; a@b.example</c>; outside ASCII <c>utf-8; …</c>.</summary>
    /// <param name="address">The address.</param>
    /// <param name="global">The report may hold UTF-8 (message/global-delivery-status).</param>
    public static string Of(ReadOnlySpan<byte> address, bool global)
    {
        // A local part of blanks alone is an address to Exim; a field without a value is none to anybody.
        if (address.Trim(" \t"u8).IsEmpty) return $"{Ascii}; <>";
        if (System.Text.Ascii.IsValid(address)) return $"{Ascii}; {Encoding.ASCII.GetString(address)}";
        var text = Decoded(address);
        return $"{Utf8}; {(global ? text : Escaped(text))}";
    }

    /// <summary>ORCPT as given in SMTP, <c>type;xtext</c> (RFC 3461, 4.2): decoded, with its own type. Null for what has no type or no address.</summary>
    public static string? OfOrcpt(ReadOnlySpan<byte> orcpt, bool global)
    {
        var semicolon = orcpt.IndexOf((byte)';');
        if (semicolon <= 0 || orcpt[..semicolon].ContainsAnyExceptInRange((byte)'!', (byte)'~')) return null;
        var type = Encoding.ASCII.GetString(orcpt[..semicolon]);
        var address = orcpt[(semicolon + 1)..];
        if (address.Trim((byte)' ').IsEmpty) return null;
        // RFC 6533, 3: the type utf-8 has its own escapes in place of xtext's.
        if (!type.Equals(Utf8, StringComparison.OrdinalIgnoreCase)) return $"{type}; {XText.ForField(address)}";
        var text = Unescaped(Decoded(address));
        return $"{type}; {(global ? text : Escaped(text))}";
    }

    /// <summary>RFC 6533, 3: utf-8-addr-xtext, the form that is safe in ASCII.</summary>
    public static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is > ' ' and <= '~' and not ('+' or '=' or '\\')) escaped.Append((char)rune.Value);
            else escaped.Append(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X2}}}");
        }
        return escaped.ToString();
    }

    /// <summary>The characters behind <see cref="Escaped"/>; what is no escape stays as it is.</summary>
    public static string Unescaped(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var end = text[i] == '\\' && i + 2 < text.Length && text[i + 1] == 'x' && text[i + 2] == '{' ? text.IndexOf('}', i, Math.Min(MostEscape, text.Length - i)) : -1;
            if (end < 0 || !int.TryParse(text.AsSpan(i + 3, end - i - 3), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || !Rune.IsValid(value))
            {
                plain.Append(text[i]);
                continue;
            }
            plain.Append(new Rune(value));
            i = end;
        }
        return plain.ToString();
    }

    /// <summary>An address for people, on one line.</summary>
    public static string Shown(ReadOnlySpan<byte> address) => FieldText.Clean(Decoded(address), global: true);

    // For people and reports only. Bytes that are not UTF-8 are shown as Latin-1.
    internal static string Decoded(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }
}
