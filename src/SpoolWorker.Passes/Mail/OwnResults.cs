// All Authentication-Results lines of one ADMD as one list of results, for the ARC-Authentication-Results field: RFC 8617,
// 4.1.1, wants every one of them in it, however many lines they came in. Results keep their bytes but for line breaks, so a
// quoted string stays what it was. A line of an unknown version (RFC 8601, 2.2) is passed over, and so are empty results.
using System.Buffers;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Mail;

/// <summary>The authentication results of one authserv-id.</summary>
internal static class OwnResults
{
    // 1,000 results are far more than one ADMD finds out about a message.
    private const int MaxResults = 1000;

    private static readonly SearchValues<byte> EndsOfToken = SearchValues.Create(" \t\r\n;("u8);

    /// <summary>The results, top line first; empty when the lines say "none"; null when no line is of that authserv-id.</summary>
    public static List<ReadOnlyMemory<byte>>? Collect(ReadOnlySpan<HeaderLine> headers, ReadOnlySpan<byte> authservId)
    {
        List<ReadOnlyMemory<byte>>? results = null;
        foreach (var line in headers)
        {
            if (line.IsDeleted || !line.Is("Authentication-Results"u8)) continue;
            var value = line.Text[^line.Value.Length..];
            if (!TryReadId(value.Span, authservId, out var at)) continue;
            results ??= [];
            Split(value[at..], results);
        }
        return results;
    }

    /// <summary>RFC 8601, 2.2: <c>[CFWS] authserv-id [CFWS authres-version]</c>; <paramref name="at"/> is behind it.</summary>
    private static bool TryReadId(ReadOnlySpan<byte> value, ReadOnlySpan<byte> wanted, out int at)
    {
        at = CommentSkipper.Skip(value, 0);
        if (at >= value.Length) return false;
        bool isWanted;
        if (value[at] == '"')
        {
            // Only quotes and backslashes need a quoted pair, and no authserv-id in use has one.
            var end = value[(at + 1)..].IndexOf((byte)'"');
            if (end < 0) return false;
            isWanted = Ascii(value.Slice(at + 1, end), wanted);
            at += end + 2;
        }
        else
        {
            var end = value[at..].IndexOfAny(EndsOfToken);
            if (end < 0) end = value.Length - at;
            isWanted = Ascii(value.Slice(at, end), wanted);
            at += end;
        }
        if (!isWanted) return false;
        at = CommentSkipper.Skip(value, at);
        var version = at;
        while (at < value.Length && value[at] is >= (byte)'0' and <= (byte)'9') at++;
        if (at > version && !value[version..at].SequenceEqual("1"u8)) return false;
        at = CommentSkipper.Skip(value, at);
        // A line that ends here has no result at all: the same as "none".
        return at == value.Length || value[at] == ';';
    }

    private static void Split(ReadOnlyMemory<byte> value, List<ReadOnlyMemory<byte>> results)
    {
        var text = value.Span;
        var start = 0;
        for (var at = 0; at <= text.Length; at++)
        {
            if (at == text.Length || text[at] == ';')
            {
                Add(value[start..at], results);
                start = at + 1;
            }
            else if (text[at] == '"') at = EndOfQuoted(text, at);
            else if (text[at] == '(') at = CommentSkipper.Skip(text, at) - 1;
        }
    }

    private static void Add(ReadOnlyMemory<byte> result, List<ReadOnlyMemory<byte>> results)
    {
        var trimmed = result.Trim(" \t\r\n"u8);
        // RFC 8601, 2.2: no-result = ";" "none". Beside other results it says nothing.
        if (trimmed.IsEmpty || Ascii(trimmed.Span, "none"u8) || results.Count == MaxResults) return;
        results.Add(trimmed);
    }

    private static int EndOfQuoted(ReadOnlySpan<byte> text, int at)
    {
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\') at++;
        }
        return Math.Min(at, text.Length - 1);
    }

    private static bool Ascii(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => System.Text.Ascii.EqualsIgnoreCase(one, other);
}
