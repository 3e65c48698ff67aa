// The exact bytes of a TXT record. DnsClient 1.8 gives them in two forms, and neither is exact alone: Text is decoded as
// UTF-8, so that octets which are none become U+FFFD; EscapedText writes such octets as \DDD, but leaves a backslash of the
// record as it is. Where Text has no U+FFFD it is exact; where it has no backslash, EscapedText is; else both are aligned.
using System.Text;
using DnsClient.Protocol;

#pragma warning disable RS0030 // undoes the UTF-8 decoding of DnsClient

namespace SpoolWorker.Passes.Dns;

/// <summary>Reads TXT records.</summary>
internal static class DnsText
{
    private const char Replacement = '\uFFFD';

    /// <summary>All strings of a record, joined.</summary>
    public static ReadOnlyMemory<byte> Joined(TxtRecord record)
    {
        if (record.Text.Count == 1) return Bytes(record.Text.First(), record.EscapedText.First());
        return record.Text.Zip(record.EscapedText, Bytes).SelectMany(b => b).ToArray();
    }

    /// <summary>The bytes of one string.</summary>
    public static byte[] Bytes(string text, string escaped) =>
        !text.Contains(Replacement, StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(text)
        : !text.Contains('\\', StringComparison.Ordinal) ? DnsName.Unescape(escaped)
        : Aligned(text, escaped);

    private static byte[] Aligned(string text, string escaped)
    {
        var bytes = new List<byte>();
        for (int i = 0, at = 0; i < text.Length;)
        {
            var plain = PlainLength(text.AsSpan(i));
            if (plain > 0)
            {
                bytes.AddRange(Encoding.ASCII.GetBytes(text, i, plain));
                at += Escape(text.AsSpan(i, plain)).Length;
                i += plain;
                continue;
            }
            var odd = 1;
            while (i + odd < text.Length && PlainLength(text.AsSpan(i + odd, 1)) == 0) odd++;
            var octets = Octets(escaped, at);
            var behind = Escape(text.AsSpan(i + odd, PlainLength(text.AsSpan(i + odd))));
            var count = octets.Length;
            // Of the octets that stand here, some may be backslash and digits of the record itself: then Text shows them behind.
            while (count > 0 && !(escaped.AsSpan(at + 4 * count).StartsWith(behind) && Encoding.UTF8.GetString(octets, 0, count) == text.Substring(i, odd))) count--;
            if (count == 0) return DnsName.Unescape(escaped);
            bytes.AddRange(octets.AsSpan(0, count));
            at += 4 * count;
            i += odd;
        }
        return [.. bytes];
    }

    // What EscapedText does not write as \DDD.
    private static int PlainLength(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange(' ', '~');
        return end < 0 ? text.Length : end;
    }

    private static string Escape(ReadOnlySpan<char> plain) => plain.ToString().Replace("\"", "\\\"", StringComparison.Ordinal);

    private static byte[] Octets(string escaped, int at)
    {
        var end = at;
        while (end + 3 < escaped.Length && escaped[end] == '\\' && char.IsAsciiDigit(escaped[end + 1]) && char.IsAsciiDigit(escaped[end + 2]) && char.IsAsciiDigit(escaped[end + 3])
            && int.Parse(escaped.AsSpan(end + 1, 3), System.Globalization.CultureInfo.InvariantCulture) <= byte.MaxValue) end += 4;
        return DnsName.Unescape(escaped[at..end]);
    }
}
