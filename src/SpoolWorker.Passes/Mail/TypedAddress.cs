// Values with a type in front, as report fields hold them (RFC 3464, 2.1.2; RFC 6533, 3 for addresses outside ASCII), and the ORCPT
// of SMTP that becomes one. Nothing here fails.
using System.Globalization;
using System.Text;

namespace SpoolWorker.Passes.Mail;

/// <summary>A value with a type in front: <c>rfc822; bob@r.example</c>.</summary>
/// <param name="Type">In lower case; empty without one.</param>
/// <param name="Text">Behind the semicolon, comments and all.</param>
internal readonly record struct TypedValue(string Type, string Text)
{
    /// <summary>Splits at the first semicolon, when an atom (RFC 5322, 3.2.3) and comments are all there is before it.</summary>
    public static TypedValue Of(string value)
    {
        var isOpen = false;
        for (var at = 0; at < value.Length; at++)
        {
            if (value[at] == '(' && !isOpen)
            {
                var end = FieldSyntax.EndOfComment<char>(value, at);
                isOpen = end == 0;
                if (end > 0) at = end - 1;
            }
            else if (value[at] == ';' && TypeOf(FieldComments.Without(value[..at])) is { } type) return new TypedValue(type, value[(at + 1)..].Trimmed());
            else if (value[at] is '<' or '@' or '"' or ';') break;
        }
        return new TypedValue("", value.Trimmed());
    }

    // "550 5.1.1 user unknown; sorry" has no type, and "550; x" none either.
    private static string? TypeOf(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && !text.Any(Blanks.Is) ? text.ToLowerInvariant() : null;
}

/// <summary>Addresses with their type, as report fields hold them.</summary>
public static class TypedAddress
{
    private const string Ascii = "rfc822", Utf8 = "utf-8";

    // RFC 6533, 3: \x{HEXPOINT}, two to six digits; more zeros are nobody's.
    private const int MostEscape = 12;

    /// <summary>An address of the envelope: <c>rfc822; a@b.example</c>; outside ASCII <c>utf-8; …</c>.</summary>
    /// <param name="address">The address.</param>
    /// <param name="global">The report may hold UTF-8 (message/global-delivery-status).</param>
    public static string Of(ReadOnlySpan<byte> address, bool global)
    {
        // A local part of blanks alone is an address to Exim; a field without a value is none to anybody.
        if (address.Trim(" \t"u8).IsEmpty) return $"{Ascii}; <>";
        if (System.Text.Ascii.IsValid(address)) return $"{Ascii}; {Encoding.ASCII.GetString(address)}";
        var text = ByteText.ToText(address);
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
        var text = Unescaped(ByteText.ToText(address));
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
    public static string Shown(ReadOnlySpan<byte> address) => FieldText.Clean(ByteText.ToText(address), global: true);
}
