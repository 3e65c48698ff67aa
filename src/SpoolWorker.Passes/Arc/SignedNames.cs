// Which header lines our message signature covers. Names are tried in their order; every line of a name is covered, and for
// a name with a plus sign one more that is not there, so that nobody can add one. RFC 8617, 4.1.2: DKIM-Signature should be
// among them; Authentication-Results and the ARC fields must not, and trace fields change on the way (RFC 6376, 5.4.1).
using SpoolWorker.Passes.Signing;

namespace SpoolWorker.Passes.Arc;

/// <summary>Names for h=.</summary>
internal static class SignedNames
{
    /// <summary>Lines of one name at most: a message with more DKIM-Signature lines than this is not ordinary mail.</summary>
    private const int MaxOfOneName = 50;

    /// <summary>RFC 6376, 5.4.1, with the fields that say what a body is, and those of lists.</summary>
    public static IReadOnlyList<string> Default { get; } =
    [
        "+from", "reply-to", "sender", "subject", "date", "message-id", "to", "cc", "mime-version", "content-type", "content-transfer-encoding", "content-id",
        "content-description", "resent-date", "resent-from", "resent-sender", "resent-to", "resent-cc", "resent-message-id", "in-reply-to", "references", "list-id",
        "list-help", "list-unsubscribe", "list-unsubscribe-post", "list-subscribe", "list-post", "list-owner", "list-archive", "dkim-signature",
    ];

    private static readonly string[] Forbidden = ["authentication-results", "arc-authentication-results", "arc-message-signature", "arc-seal", "return-path", "received", "bcc"];

    /// <summary>What is wrong with a name; null when nothing is.</summary>
    public static string? FaultOf(string name)
    {
        var plain = Plain(name);
        if (plain.Length == 0 || plain.Any(c => c is <= ' ' or > '~' or ':' or ';')) return "must be the name of a header field, as in 'subject' or '+from'";
        return Forbidden.Contains(plain, StringComparer.OrdinalIgnoreCase) ? "must not be signed (RFC 8617, 4.1.2; RFC 6376, 5.4.1)" : null;
    }

    /// <summary>The list for h=: a name as often as there are lines of it.</summary>
    public static List<string> Of(SignedMessage message, IReadOnlyList<string> names)
    {
        var list = new List<string>(16);
        Span<byte> bytes = stackalloc byte[80];
        foreach (var name in names)
        {
            var plain = Plain(name);
            if (!System.Text.Encoding.Latin1.TryGetBytes(plain, bytes, out var length)) continue;
            var count = name[0] == '+' ? 1 : 0;
            for (var line = message.Headers.Length; count < MaxOfOneName && (line = message.LastBefore(bytes[..length], line)) >= 0; count++)
            {
            }
            for (; count > 0 && list.Count < HeaderSelection.MaxNames; count--) list.Add(plain);
        }
        return list;
    }

    private static string Plain(string name) => name.StartsWith('+') ? name[1..] : name;
}
