// Whether bytes are one value of DER (X.690), and not deeper than such values are: looked at before a library reads them, as that calls itself for each level of
// what a stranger sends, and a stack that overflows ends the process and the mail with it. Walks in a loop.
namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>The outline of DER.</summary>
internal static class DerShape
{
    // Certificates and responses have some twelve.
    private const int MostDepth = 32;

    private const byte Constructed = 0x20, LongTag = 0x1f, LongLength = 0x80;

    /// <summary>What is wrong, with the offset; null: nothing.</summary>
    public static string? FaultOf(ReadOnlySpan<byte> bytes)
    {
        Span<int> ends = stackalloc int[MostDepth];
        var (depth, at) = (0, 0);
        ends[0] = bytes.Length;
        while (at < bytes.Length)
        {
            var (start, end) = (at, ends[depth]);
            if (!TryHead(bytes[..end], ref at, out var isConstructed, out var length)) return $"no DER at offset {start}";
            // One value at the top, and nothing behind it.
            if (depth == 0 && (start != 0 || at + length != bytes.Length)) return $"more than one value, or less: {bytes.Length} bytes, of which the first value has {(long)at + length}";
            if (isConstructed && length > 0)
            {
                if (++depth == MostDepth) return $"deeper than {MostDepth} levels at offset {start}";
                ends[depth] = at + length;
            }
            else
            {
                at += length;
            }
            while (depth > 0 && at == ends[depth]) depth--;
        }
        return bytes.Length == 0 ? "empty" : null;
    }

    // 8.1: tag and length; a length is at most the rest, and never indefinite (10.1).
    private static bool TryHead(ReadOnlySpan<byte> bytes, ref int at, out bool isConstructed, out int length)
    {
        (isConstructed, length) = (false, 0);
        if (at + 1 >= bytes.Length) return false;
        var tag = bytes[at++];
        isConstructed = (tag & Constructed) != 0;
        // None of the types here has such a tag.
        if ((tag & LongTag) == LongTag) return false;
        var first = bytes[at++];
        if (first < LongLength)
        {
            length = first;
            return length <= bytes.Length - at;
        }
        var count = first - LongLength;
        if (count is 0 or > 3 || count > bytes.Length - at) return false;
        for (var i = 0; i < count; i++) length = (length << 8) | bytes[at++];
        return length <= bytes.Length - at;
    }
}
