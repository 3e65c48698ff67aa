// Decides to whom no notification is sent, since it would reach somebody who never wrote the message (a forged sender), a
// program, or a whole list. The first reason found is returned, for the log. Header lines are judged as they came in; what
// cannot be parsed counts as absent. Nothing here fails.
using System.Text;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dsn;

/// <summary>Guard against backscatter.</summary>
public static class BackscatterGuard
{
    /// <summary>The reason for which the sender is told nothing; null when there is none.</summary>
    /// <param name="message">-H as received.</param>
    /// <param name="results">What the passes found.</param>
    /// <param name="action">What the sender would be told.</param>
    /// <param name="options">What the operator wants suppressed.</param>
    public static string? ReasonFor(HeaderFile message, IReadOnlyDictionary<string, string> results, DsnAction action, DsnOptions options)
    {
        // RFC 5321, 4.5.5 and RFC 3464, 2: never, whatever the operator says. This ends all loops.
        if (message.IsNullSender) return "null sender";
        if (message.IsLocalError) return "it is a notification itself";
        if (Matches(results, "spf_result", options.SuppressSpf) is { } spf) return $"SPF {spf}";
        if (Matches(results, "dmarc_result", options.SuppressDmarc) is { } dmarc) return $"DMARC {dmarc}";
        if (options.SuppressLists && ListSign(message) is { } list) return $"mail of a list ({list})";
        return options.SuppressAutomatic && AutomaticSign(message, action) is { } automatic ? $"automatic mail ({automatic})" : null;
    }

    private static string? Matches(IReadOnlyDictionary<string, string> results, string name, List<string> suppressed) =>
        results.TryGetValue(name, out var value) && suppressed.Contains(value, StringComparer.OrdinalIgnoreCase) ? value : null;

    private static string? ListSign(HeaderFile message)
    {
        if (Values(message, "List-Id"u8).Count > 0) return "List-Id";
        return Values(message, "Precedence"u8).Select(FirstWord).FirstOrDefault(p => p is "bulk" or "list" or "junk") is { } precedence ? $"Precedence: {precedence}" : null;
    }

    private static string? AutomaticSign(HeaderFile message, DsnAction action)
    {
        // RFC 3834, 5: all values but "no" stand for mail without a human author. Of several lines one is enough.
        if (Values(message, "Auto-Submitted"u8).Select(FirstWord).FirstOrDefault(s => s is not ("no" or "")) is { } submitted) return $"Auto-Submitted: {submitted}";
        if (Values(message, "X-Auto-Response-Suppress"u8).Any(s => Suppresses(s, action))) return "X-Auto-Response-Suppress";
        if (Values(message, "X-Failed-Recipients"u8).Count > 0) return "X-Failed-Recipients";
        if (Values(message, "Content-Type"u8).Any(t => FirstWord(t) == "multipart/report")) return "multipart/report";
        if (Values(message, "Precedence"u8).Any(p => FirstWord(p) == "auto_reply")) return "Precedence: auto_reply";
        var sender = Encoding.Latin1.GetString(message.Sender.Span);
        return sender.StartsWith("mailer-daemon@", StringComparison.OrdinalIgnoreCase) ? "sender mailer-daemon" : null;
    }

    // Microsoft's list (MS-OXCMAIL, 2.2.3.2.14): NDR stands for failures, DR for all other delivery reports.
    private static bool Suppresses(string value, DsnAction action) => value.Split([',', ';', ' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)
        .Any(word => word is "all" || word == (action == DsnAction.Failed ? "ndr" : "dr"));

    // Of all lines with that name; in lower case, unfolded.
    private static List<string> Values(HeaderFile message, ReadOnlySpan<byte> name)
    {
        var values = new List<string>();
        foreach (var line in message.Headers)
        {
            if (!line.IsDeleted && line.Is(name)) values.Add(Encoding.Latin1.GetString(line.Value).Trim().ToLowerInvariant());
        }
        return values;
    }

    // Behind comments (RFC 5322, 3.2.2), up to a parameter.
    private static string FirstWord(string value)
    {
        var words = value.AsSpan(FieldSyntax.SkipComments<char>(value, 0)).TrimStart();
        var end = 0;
        while (end < words.Length && words[end] is not (';' or '(') && !char.IsWhiteSpace(words[end])) end++;
        return words[..end].ToString();
    }
}
