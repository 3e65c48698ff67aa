// Header lines as they are hashed (RFC 6376, 3.4.1 and 3.4.2). The spool holds them with LF; on the wire, and so in the
// hash, each LF is a CRLF. A CR is content like any other byte. Nothing can fail, nothing is allocated.
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Passes.Signing;

/// <summary>Writes header fields into a hash.</summary>
public static class HeaderCanonicalizer
{
    private static ReadOnlySpan<byte> Crlf => "\r\n"u8;

    /// <summary>One field with its final line end.</summary>
    public static void Append(ref HashInput hash, ReadOnlySpan<byte> field, Canonicalization form)
    {
        Append(ref hash, field, default, form);
        hash.Append(Crlf);
    }

    /// <summary>The field that holds the signature: the value of <c>b=</c> cut out, and no final line end (RFC 6376, 3.7).</summary>
    /// <param name="hash">Where it goes.</param>
    /// <param name="field">The whole field.</param>
    /// <param name="holeStart">Where the value of <c>b=</c> begins in the field, white space included.</param>
    /// <param name="holeEnd">Where it ends.</param>
    /// <param name="form">The canonicalization.</param>
    public static void AppendSignature(ref HashInput hash, ReadOnlySpan<byte> field, int holeStart, int holeEnd, Canonicalization form) =>
        Append(ref hash, field[..holeStart], field[holeEnd..], form);

    private static void Append(ref HashInput hash, ReadOnlySpan<byte> field, ReadOnlySpan<byte> rest, Canonicalization form)
    {
        if (form == Canonicalization.Simple)
        {
            AppendSimple(ref hash, rest.IsEmpty ? WithoutEnd(field) : field);
            AppendSimple(ref hash, WithoutEnd(rest));
        }
        else
        {
            AppendRelaxed(ref hash, field, rest);
        }
    }

    private static ReadOnlySpan<byte> WithoutEnd(ReadOnlySpan<byte> field) => field is [.., (byte)'\n'] ? field[..^1] : field;

    private static void AppendSimple(ref HashInput hash, ReadOnlySpan<byte> text)
    {
        for (int end; (end = text.IndexOf((byte)'\n')) >= 0; text = text[(end + 1)..])
        {
            hash.Append(text[..end]);
            hash.Append(Crlf);
        }
        hash.Append(text);
    }

    private static void AppendRelaxed(ref HashInput hash, ReadOnlySpan<byte> field, ReadOnlySpan<byte> rest)
    {
        var colon = field.IndexOf((byte)':');
        if (colon >= 0)
        {
            hash.AppendLower(field[..colon].TrimEnd(" \t"u8));
            hash.Append((byte)':');
            field = field[(colon + 1)..];
        }
        // white space behind the colon goes, white space elsewhere waits: it goes too when nothing follows
        var begun = false;
        var space = false;
        AppendWords(ref hash, field, ref begun, ref space);
        AppendWords(ref hash, rest, ref begun, ref space);
    }

    private static void AppendWords(ref HashInput hash, ReadOnlySpan<byte> text, ref bool begun, ref bool space)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOfAny((byte)' ', (byte)'\t', (byte)'\n');
            if (end != 0)
            {
                if (space && begun) hash.Append((byte)' ');
                space = false;
                begun = true;
                hash.Append(end < 0 ? text : text[..end]);
                if (end < 0) return;
            }
            // unfolding takes the line end alone: the white space behind it stays (3.4.2)
            if (text[end] != '\n') space = true;
            text = text[(end + 1)..];
        }
    }
}
