// How likely an address in a text is the one that failed, by the words around it on its line. Cannot fail.
using System.Buffers;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>From nothing to certain.</summary>
internal enum AddressWeight
{
    None,

    /// <summary>Somewhere near an answer.</summary>
    Near,

    /// <summary>Alone on its line, or in front.</summary>
    Alone,

    /// <summary>An answer names it.</summary>
    Answered,

    /// <summary>Words say it is the recipient.</summary>
    Named,
}

/// <summary>Weighs addresses.</summary>
internal static class AddressWeights
{
    // Longer words in front of a colon are a sentence.
    private const int MostLabel = 40;

    private static readonly HashSet<string> Recipients = new(StringComparer.OrdinalIgnoreCase)
    {
        "to", "recipient", "recipients", "recipient address", "recipient's address", "rcpt to", "rcpt", "failed recipient", "failed recipients",
        "intended recipient", "original recipient", "final recipient", "e-mail address", "email address", "envelope-to", "failed address",
        "invalid recipient",
        "unknown user", "user unknown", "user", "mailbox", "user mailbox", "original-recipient", "final-recipient", "affected recipient",
        "could not be delivered to", "was not delivered to", "undeliverable address", "for", "failed", "failed to deliver to",
    };

    private static readonly HashSet<string> Others = new(StringComparer.OrdinalIgnoreCase)
    {
        "from", "sender", "mail from", "return-path", "return path", "reply-to", "message-id", "message id", "messageid", "received", "references",
        "in-reply-to", "subject", "cc", "bcc", "date", "errors-to", "envelope-from", "envelope sender", "envelope from", "smtp from", "smtp mail from",
        "by", "id", "msgid", "author", "helo", "ehlo", "sent by", "admin", "administrator", "contact", "postmaster", "help", "list-unsubscribe", "list-id",
    };

    private static readonly HashSet<string> OtherWords =
        new(StringComparer.OrdinalIgnoreCase) { "from", "sender", "by", "contact", "at", "via", "postmaster", "administrator" };

    private static readonly string[] Asking =
    [
        "contact", "question", "assist", "support", "help", "visit", "write to", "mail from", "send mail to", "email to", "reply", "abuse", "unsubscribe",
        "subscribe", "forward to", "please", "from:", "in order to", "message-id",
    ];

    // What was wrong follows on the line: "bob@r.example: …", "bob@r.example ... unknown host", "\"bob@r.example\" <bob@r.example>"
    private static readonly string[] Behind = [":", " -", " ...", "...", "\" <"];

    private static readonly SearchValues<char> Opening = SearchValues.Create(" \t<'\"([*-."), Closing = SearchValues.Create(" \t>'\")].,:;");

    private static readonly string[] Sending = ["deliver", "mail", "message", "rcpt", "sent", "send", "recipient", "address"];

    /// <summary>Weighs an address at a place in a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="address">The address.</param>
    /// <param name="start">Where in the line it begins.</param>
    /// <param name="isNear">An answer is near.</param>
    /// <param name="isAt">The line has an answer, or words that say why.</param>
    /// <param name="isFailure">The line has words that say that something failed.</param>
    public static AddressWeight Of(string line, string address, int start, bool isNear, bool isAt, bool isFailure)
    {
        var before = line.AsSpan(0, start);
        if (before[(before.LastIndexOfAny(' ', '\t') + 1)..].Contains("://", StringComparison.Ordinal)) return AddressWeight.None;
        var label = Label(before);
        if (label is not null && (Others.Contains(label) || label.StartsWith("X-", StringComparison.OrdinalIgnoreCase))) return AddressWeight.None;
        var word = Word(before);
        if (label is not null && (Recipients.Contains(label) || label.TrimEnd('s', 'S').EndsWith(" recipient", StringComparison.OrdinalIgnoreCase))) return AddressWeight.Named;
        if (Contains(before, Asking) || OtherWords.Contains(word)) return AddressWeight.None;
        if (word.Equals("to", StringComparison.OrdinalIgnoreCase) && Contains(before, Sending)) return AddressWeight.Named;
        if (isAt) return AddressWeight.Answered;
        var after = line.AsSpan(start + address.Length);
        var isLast = after.IndexOfAnyExcept(Closing) < 0;
        if (isFailure && isLast && before.TrimEnd(" <\t").EndsWith(":")) return AddressWeight.Answered;
        var behind = line[(start + address.Length)..].TrimStart('>');
        if (before.IndexOfAnyExcept(Opening) < 0 && (isLast || isNear || Array.Exists(Behind, b => behind.StartsWith(b, StringComparison.Ordinal)))) return AddressWeight.Alone;
        return isNear ? AddressWeight.Near : AddressWeight.None;
    }

    // "Recipient: <", ">>> RCPT TO:<"
    private static string? Label(ReadOnlySpan<char> before)
    {
        var colon = before.IndexOf(':');
        if (colon < 0 || colon > MostLabel) return null;
        var label = before[..colon].Trim(" \t<>*-'\"([");
        return label.Length == 0 ? null : label.ToString();
    }

    private static string Word(ReadOnlySpan<char> before)
    {
        var text = before.TrimEnd(" \t<'\"([:");
        return text[(text.LastIndexOfAny(" \t<:") + 1)..].ToString();
    }

    private static bool Contains(ReadOnlySpan<char> text, string[] words)
    {
        foreach (var word in words)
        {
            if (text.Says(word)) return true;
        }
        return false;
    }
}
