// A bounce as its text and the header lines that help to read it. The lines end where the returned message starts, and there is a
// limit to their number and length: a text is a stranger's.
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Texts;

/// <summary>What the forms of bounce texts are read from. Text is bytes as Latin-1.</summary>
internal sealed class BounceLetter
{
    // The longest text of a real bounce that was seen has some 1,200 lines. Exim takes 16,384 recipients, and writes up to five lines for
    // each: address, command, answer and a blank one.
    private const int MostLines = 100_000;

    // Exim writes lines of any length, a host's answer may have 512 octets.
    private const int MostLine = 4000;

    /// <summary>Lines of one recipient's reason that are joined.</summary>
    public const int MostReason = 30;

    private static readonly string[] ReturnedMarks =
    [
        "--- Below this line", "------ This is a copy", "--- Original message", "--- The header of the original", "--- Message header",
        "Original message headers:", "--- Enclosed are",
        "--- Undelivered message follows", "--- Unsent message", "--- Returned message", "--- The returned message", "--- Begin message",
        "--- Original header", "--- Message text follows",
        "--- The body of the message", "------ The body of the message", "--- Returned mail", "--- Forwarded message", "--- Received message",
        "--- Original mail",
    ];

    // As a whole line, or its start: in the middle of one they are words like others.
    private static readonly string[] ReturnedStarts =
    [
        "Message headers follow", "Original message follows", "Message header follows", "The first 50 lines of the original message", "Received: from",
        "Received:from", "Return-Path: <", "The header of the original message", "A copy of the original message",
        "Original mail as follows", "Your original message", "The original message headers", "Original message attached", "The following is a copy of",
        "The message headers follow", "The text of your message", "Content-Type: message/rfc822", "Content-Type: text/rfc822-headers",
    ];

    private static readonly string[] MailerWords =
    [
        "mailer-daemon", "mailer_daemon", "postmaster", "post_master", "mail delivery", "mail administrator", "system administrator", "mail system", "mmdf",
        "mail daemon", "mailsystem", "mailer", "mdaemon",
    ];

    private static readonly string[] SubjectWords =
    [
        "undeliver", "not deliver", "deliver", "returned mail", "return mail", "mail failure", "failed mail", "failure notice", "mail system error",
        "nondeliverable", "returning to sender", "return to sender", "mail error", "unable to send", "error sending",
        "rejected", "bounce", "mail failed", "notice of failure", "unzustellbar", "non remis", "could not be", "could not send", "problem", "mail status",
        "send failed", "user unknown", "unknown user",
    ];

    private static readonly string[] DelayWords =
    [
        "this is a warning message only", "warning message only", "do not need to resend", "don't need to resend", "do not need to retransmit",
        "not yet been delivered", "will be retried", "will keep trying", "will continue to try", "will continue trying", "is still being tried",
        "still being retried", "delivery is delayed", "has been delayed", "delivery delayed", "no action is required", "gmail will retry", "will retry for",
        "temporary problem delivering", "delivery incomplete", "could not be delivered for more than", "transient non-fatal",
        "delivery attempts will continue", "i'm still trying", "will try again for", "will attempt to deliver", "this is only a warning",
        "will be attempted again", "still trying to deliver", "has not been delivered yet", "not been delivered yet", "need to re-send",
        "message is delayed", "temporary failure report", "is kept in the queue",
    ];

    private static readonly string[] DelaySubjects =
    [
        "(delay)", "delayed", "could not send message for past", "delivery delay", "still being retried", "warning: message",
    ];

    private readonly Lazy<bool> _isDelayed;

    public BounceLetter(string text)
    {
        Lines = Split(text);
        _isDelayed = new Lazy<bool>(() => DelaySubjects.Any(w => Subject.Says(w))
            || Lines.Any(l => !SmtpAnswers.Has(l) && DelayWords.Any(w => l.Says(w))));
    }

    /// <summary>Lines up to the returned message.</summary>
    public IReadOnlyList<string> Lines { get; }

    public string From { get; init; } = "";

    public string Subject { get; init; } = "";

    /// <summary>Whom it was sent to: seldom who failed.</summary>
    public string ReturnedTo { get; init; } = "";

    /// <summary>From X-Failed-Recipients, no more than <see cref="StatusFields.MostRecipients"/>.</summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>Exim made it, by its header: its layout is there whatever bounce_message_file says.</summary>
    public bool IsExim { get; init; }

    /// <summary>The null sender (Return-Path), or MIME that says it is a report.</summary>
    public bool IsReport { get; init; }

    /// <summary>The same header with another text.</summary>
    public BounceLetter With(string text) => new(text)
    {
        From = From,
        Subject = Subject,
        ReturnedTo = ReturnedTo,
        Failed = Failed,
        IsExim = IsExim,
        IsReport = IsReport,
    };

    /// <summary>The text says that delivery is still being tried.</summary>
    public bool IsDelayed => _isDelayed.Value;

    /// <summary>delayed or failed.</summary>
    public string Action => IsDelayed ? "delayed" : "failed";

    /// <summary>A mail system wrote it, by its From or its subject.</summary>
    public bool IsFromMailer => IsReport || From.Contains("<>", StringComparison.Ordinal) || Any(MailerWords, From) || Any(SubjectWords, Subject);

    /// <summary>The subject speaks of a failure.</summary>
    public bool HasFailureSubject => Any(SubjectWords, Subject);

    /// <summary>The first line with a text, at or behind a line; -1 without one.</summary>
    public int Find(string part, int from = 0)
    {
        for (var i = from; i < Lines.Count; i++)
        {
            if (Lines[i].Says(part)) return i;
        }
        return -1;
    }

    /// <summary>The first of these texts that stands anywhere.</summary>
    public int FindAny(params ReadOnlySpan<string> parts)
    {
        foreach (var part in parts)
        {
            if (Find(part) is >= 0 and var at) return at;
        }
        return -1;
    }

    /// <summary>The lines from one on that belong together, trimmed.</summary>
    public List<string> Following(int from, Func<string, bool> belongs)
    {
        var lines = new List<string>();
        for (var i = from; i < Lines.Count && lines.Count < MostReason && belongs(Lines[i]); i++) lines.Add(Lines[i].Trimmed());
        return lines;
    }

    private static bool Any(string[] words, string text) => words.Any(w => text.Says(w));

    private static List<string> Split(string text)
    {
        var lines = new List<string>();
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan()[range].TrimEnd("\r \t").ToString();
            if (lines.Count == MostLines || IsReturned(line)) break;
            lines.Add(line.Length > MostLine ? line[..MostLine] : line);
        }
        return lines;
    }

    private static bool IsReturned(string line) =>
        (line.Contains("--", StringComparison.Ordinal) || line.EndsWith(':')) && ReturnedMarks.Any(m => line.Says(m))
        || ReturnedStarts.Any(m => line.AsSpan().TrimStart(" \t-|*").StartsWith(m, StringComparison.OrdinalIgnoreCase));
}
