// Arriving lines that claim to be ours. Only we write Authentication-Results with our authserv-id, so one that arrives with it is
// forged or from another run of ours, and has to go before we add our own (RFC 8601, 5). A line with our id and a version
// nobody knows goes too. Never fails.
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Mail;

/// <summary>Finds lines with one of our authserv-ids.</summary>
internal static class OwnResultLines
{
    public static IEnumerable<HeaderLine> In(HeaderFile message, IReadOnlyList<string> ids)
    {
        foreach (var line in message.Headers)
        {
            if (line.IsDeleted || !line.Is("Authentication-Results"u8)) continue;
            var id = IdOf(line.Value);
            if (ids.Any(own => own.Equals(id, StringComparison.OrdinalIgnoreCase))) yield return line;
        }
    }

    /// <summary>The authserv-id of a field: <c>[CFWS] value [CFWS [version]]</c>, a quoted string without its quotes.</summary>
    public static string IdOf(ReadOnlySpan<byte> value)
    {
        var at = CommentSkipper.Skip(value, 0);
        var id = new StringBuilder();
        if (at < value.Length && value[at] == '"')
        {
            for (at++; at < value.Length && value[at] != '"'; at++)
            {
                if (value[at] == '\\' && at + 1 < value.Length) at++;
                id.Append((char)value[at]);
            }
            return id.ToString();
        }
        for (; at < value.Length && value[at] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)';' or (byte)'('); at++) id.Append((char)value[at]);
        return id.ToString();
    }
}
