// Finds the most exact status code of a recipient. Order of trust: the reporter's code when it says more than x.0.0; the enhanced
// code in the host's answer (RFC 2034); what the words say. The class follows the action: what failed for good is 5, whatever the
// last host answered. Nothing here throws.
using System.Buffers;
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Reports;

/// <summary>Status of a recipient.</summary>
internal static partial class BounceStatus
{
    // The first that matches: the more exact ones stand first. Words of real hosts, in lower case.
    private static readonly (StatusDetail Detail, string[] Words)[] Phrases =
    [
        (StatusDetail.MailboxFull, ["mailbox full", "mailbox is full", "over quota", "overquota", "quota exceeded", "exceeded storage", "out of storage", "insufficient storage", "storage quota", "mailbox exceeded", "inbox is full", "exceeds allowed size", "mail quota", "quota violation"]),
        (StatusDetail.MessageTooBig, ["message too large", "message too big", "size limit", "message size exceeds", "exceeds fixed maximum", "exceeds maximum", "too large for this"]),
        (StatusDetail.NullMx, ["null mx", "nullmx", "domain does not accept mail", "does not accept email"]),
        (StatusDetail.HostUnknown, ["host or domain name not found", "unrouteable", "unroutable", "domain not found", "host not found", "no such domain", "nxdomain", "couldn't find any host", "domain does not exist", "name service error", "host unknown", "unknown host", "all relevant mx records point to non-existent"]),
        (StatusDetail.SpfFailed, ["spf fail", "spf check", "spf validation", "not permitted by spf", "does not designate"]),
        (StatusDetail.ReverseDnsFailed, ["reverse dns", "ptr record", "no rdns", "rdns"]),
        (StatusDetail.MailboxDisabled, ["mailbox disabled", "account disabled", "account has been disabled", "account is disabled", "account inactive", "account is inactive", "user disabled", "account suspended", "mailbox inactive", "no longer active"]),
        (StatusDetail.MailboxUnknown, ["user unknown", "unknown user", "no such user", "no such recipient", "no such mailbox", "no mailbox", "user not found", "recipient not found", "recipnotfound", "not found by smtp address lookup",
            "does not exist", "doesn't exist", "unknown recipient", "unknown address", "invalid recipient", "invalid mailbox", "mailbox not found", "mailbox unavailable", "no account by that name", "doesn't have a yahoo",
            "address rejected", "recipient rejected", "recipient address rejected", "unknown local part", "address not found", "not a known user", "no such address", "user doesn't", "unknown or illegal alias", "not a valid user", "invalid final delivery userid", "not listed in", "user not known", "recipient name is not recognized", "no valid recipient", "invalid user", "invalid address", "address couldn't be found", "no users here by that name", "not our customer", "unknown or invalid recipient"]),
        (StatusDetail.Loop, ["mail loop", "too many hops", "too many \"received\"", "routing loop", "loops back"]),
        (StatusDetail.TimeExpired, ["retry timeout exceeded", "delivery time expired", "retry time not reached", "queue too long", "message expired", "could not be delivered for"]),
        (StatusDetail.NoAnswer, ["connection refused", "connection timed out", "no route to host", "network is unreachable", "connect to", "couldn't establish an smtp connection", "operation timed out", "connection reset", "lost connection"]),
        (StatusDetail.Congestion, ["too many connections", "server busy", "try again later", "rate limit", "throttl"]),
        (StatusDetail.Refused, ["spam", "blocked", "blacklist", "blocklist", "block list", "black list", "listed in", "listed at", "policy", "relay", "access denied", "not permitted", "prohibited", "denied", "reputation", "rejected for", "banned", "unsolicited", "content rejected", "dmarc"]),
    ];

    public static EnhancedStatus? Of(BouncedRecipient recipient)
    {
        var statusClass = recipient.Action switch
        {
            "failed" => 5,
            "delayed" => 4,
            "delivered" or "relayed" or "expanded" => 2,
            _ => recipient.Written?.Class ?? (recipient.SmtpCode is var code and >= 200 ? code / 100 : 5),
        };
        if (recipient.Written is { } written && (written.Subject, written.Number) != (0, 0)) return written with { Class = written.Class == 2 ? 2 : statusClass };
        if (InAnswer(recipient.Reason) is { } told && (told.Subject, told.Number) != (0, 0)) return told with { Class = statusClass };
        if (statusClass == 2) return recipient.Written;
        if (InWords(recipient) is { } detail) return EnhancedStatus.Of(statusClass, detail);
        return recipient.Written is { } known ? known with { Class = statusClass }
            : recipient.Reason.Length + recipient.EximDiagnostic.Length > 0 ? EnhancedStatus.Of(statusClass, StatusDetail.Undefined) : null;
    }

    /// <summary>What a recipient's status means. Exchange gives two codes of the registry to recipients it does not know: there its
    /// words count.</summary>
    public static string? Meaning(BouncedRecipient recipient)
    {
        if (recipient.Status is not { } status) return null;
        return (status.Subject, status.Number) is (1, 10) or (4, 1) && InWords(recipient) is { } detail ? StatusTable.Meaning(detail) : status.Meaning;
    }

    private static readonly (StatusDetail Detail, SearchValues<string> Words)[] Searches = [.. Phrases.Select(p => (p.Detail, SearchValues.Create(p.Words, StringComparison.OrdinalIgnoreCase)))];

    private static readonly SearchValues<string> AnyWords = SearchValues.Create([.. Phrases.SelectMany(p => p.Words).Where(w => w.Length > LeastPhrase)], StringComparison.OrdinalIgnoreCase);

    // "spam" or "policy" alone is a word of any text.
    private const int LeastPhrase = 7;

    /// <summary>Whether a line has words that a failure is told with.</summary>
    public static bool HasWords(string line) => line.AsSpan().ContainsAny(AnyWords);

    private static StatusDetail? InWords(BouncedRecipient recipient)
    {
        foreach (var (detail, words) in Searches)
        {
            if (recipient.Reason.AsSpan().ContainsAny(words) || recipient.EximDiagnostic.AsSpan().ContainsAny(words)) return detail;
        }
        return null;
    }

    /// <summary>The reply code in an answer: at its start, or behind what a reporter wrote in front of it.</summary>
    /// <param name="reason">The answer.</param>
    /// <param name="isSuccess">A 2xx counts, too.</param>
    public static int SmtpCode(string reason, bool isSuccess) =>
        (isSuccess ? Reply() : NegativeReply()).Match(reason) is { Success: true } reply ? int.Parse(reply.Groups["code"].ValueSpan, provider: null) : 0;

    /// <summary>The enhanced code in an answer, behind the reply code or alone.</summary>
    public static EnhancedStatus? InAnswer(string reason)
    {
        foreach (Match match in Enhanced().Matches(reason))
        {
            if (EnhancedStatus.TryParse(match.Groups["status"].Value, out var status)) return status;
        }
        return null;
    }

    [GeneratedRegex(@"(?<![\d.#/])(?<code>[45][0-5][0-9])(?=[ \-#:;,]|$)(?!-\d{3}\b)", RegexOptions.CultureInvariant)]
    private static partial Regex NegativeReply();

    [GeneratedRegex(@"(?<![\d.#/])(?<code>[245][0-5][0-9])(?=[ \-#]|$)(?!-\d{3}\b)", RegexOptions.CultureInvariant)]
    private static partial Regex Reply();

    [GeneratedRegex(@"(?<![\d.\[])(?<status>[245]\.\d{1,3}\.\d{1,3})(?![\d.\]])", RegexOptions.CultureInvariant)]
    private static partial Regex Enhanced();
}
