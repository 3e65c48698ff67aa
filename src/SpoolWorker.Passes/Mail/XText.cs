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
