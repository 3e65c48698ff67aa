// The Authentication-Results lines of one ADMD. Only we write them with our authserv-id, so one that arrives with it is forged or
// from another run of ours, and has to go before we add our own (RFC 8601, 5), whatever its version. As one list of results
// they make the ARC-Authentication-Results field: RFC 8617, 4.1.1, wants every one of them in it, however many lines they
// came in. Results keep their bytes but for line breaks, so a quoted string stays what it was. There a line of an unknown
// version (RFC 8601, 2.2) is passed over, and so are empty results. Never fails.
using System.Buffers;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Mail;

/// <summary>The authentication results of one authserv-id.</summary>
internal static class OwnResults
{
    // 1,000 results are far more than one ADMD finds out about a message.
    private const int MaxResults = 1000;

    private static readonly SearchValues<byte> EndsOfToken = SearchValues.Create(" \t\r\n;("u8);

    /// <summary>The lines that bear one of these ids.</summary>
    public static IEnumerable<HeaderLine> Lines(HeaderFile message, IReadOnlyList<string> ids)
    {
        foreach (var line in message.Headers)
        {
            if (line.IsDeleted || !line.Is("Authentication-Results"u8)) continue;
            var id = ReadId(line.Value, out _);
            if (ids.Any(own => own.Equals(id, StringComparison.OrdinalIgnoreCase))) yield return line;
        }
    }

    /// <summary>The results, top line first; empty when the lines say "none"; null when no line is of that authserv-id.</summary>
    public static List<ReadOnlyMemory<byte>>? Collect(ReadOnlySpan<HeaderLine> headers, string authservId)
    {
        List<ReadOnlyMemory<byte>>? results = null;
        foreach (var line in headers)
        {
            if (line.IsDeleted || !line.Is("Authentication-Results"u8)) continue;
            var value = line.Text[^line.Value.Length..];
            if (!ReadId(value.Span, out var at).Equals(authservId, StringComparison.OrdinalIgnoreCase) || !TrySkipVersion(value.Span, ref at)) continue;
            results ??= [];
            Split(value[at..], results);
        }
        return results;
    }

    /// <summary>RFC 8601, 2.2: <c>[CFWS] authserv-id</c>, a quoted string without its quotes, one char an octet.</summary>
    /// <param name="value">What stands behind the colon.</param>
    /// <param name="end">Behind the id; -1 when it is a quoted string without an end.</param>
    private static string ReadId(ReadOnlySpan<byte> value, out int end)
    {
        var start = FieldSyntax.SkipComments(value, 0);
        if (start < value.Length && value[start] == '"')
        {
            end = FieldSyntax.EndOfQuoted(value, start) is > 0 and var behind ? behind : -1;
            return FieldSyntax.Unescape(Encoding.Latin1.GetString(end < 0 ? value[(start + 1)..] : value[(start + 1)..(end - 1)]));
        }
        end = value[start..].IndexOfAny(EndsOfToken) is >= 0 and var length ? start + length : value.Length;
        return Encoding.Latin1.GetString(value[start..end]);
    }

    /// <summary>Goes behind <c>[CFWS authres-version]</c>; false for a version that nobody knows, and for what is no field.</summary>
    private static bool TrySkipVersion(ReadOnlySpan<byte> value, ref int at)
    {
        if (at < 0) return false;
        at = FieldSyntax.SkipComments(value, at);
        var version = at;
        while (at < value.Length && value[at] is >= (byte)'0' and <= (byte)'9') at++;
        if (at > version && !value[version..at].SequenceEqual("1"u8)) return false;
        at = FieldSyntax.SkipComments(value, at);
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
            else if (text[at] == '"') at = (FieldSyntax.EndOfQuoted(text, at) is > 0 and var quoted ? quoted : text.Length) - 1;
            else if (text[at] == '(') at = FieldSyntax.SkipComments(text, at) - 1;
        }
    }

    private static void Add(ReadOnlyMemory<byte> result, List<ReadOnlyMemory<byte>> results)
    {
        var trimmed = result.Trim(" \t\r\n"u8);
        // RFC 8601, 2.2: no-result = ";" "none". Beside other results it says nothing.
        if (trimmed.IsEmpty || Ascii.EqualsIgnoreCase(trimmed.Span, "none"u8) || results.Count == MaxResults) return;
        results.Add(trimmed);
    }
}
