// What a bounce says, whoever wrote it and in whatever form.
using System.Buffers;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.BounceReading.Reports;

/// <summary>The form a report came in.</summary>
public enum BounceForm
{
    /// <summary>No report was recognised.</summary>
    None,

    /// <summary>A part for machines (RFC 3464).</summary>
    DeliveryStatus,

    /// <summary>Exim's text (deliver.c, bounce messages).</summary>
    Exim,

    /// <summary>Text in qmail's form: "Hi. This is the qmail-send program".</summary>
    Qmail,

    /// <summary>Postfix's text without the part for machines.</summary>
    Postfix,

    /// <summary>Transcript of a session, as sendmail writes it.</summary>
    Sendmail,

    /// <summary>Text of Exchange, with its diagnostic information for administrators.</summary>
    Exchange,

    /// <summary>Gmail's text.</summary>
    Gmail,

    /// <summary>Only addresses and answers of hosts were found.</summary>
    Other,
}

/// <summary>Words of <see cref="BounceForm"/>.</summary>
public static class BounceForms
{
    /// <summary>The word in JSON and on the terminal.</summary>
    public static string Token(this BounceForm form) => form switch
    {
        BounceForm.None => "none",
        BounceForm.DeliveryStatus => "delivery-status",
        BounceForm.Exim => "exim-text",
        BounceForm.Qmail => "qmail-text",
        BounceForm.Postfix => "postfix-text",
        BounceForm.Sendmail => "sendmail-text",
        BounceForm.Exchange => "exchange-text",
        BounceForm.Gmail => "gmail-text",
        BounceForm.Other => "other-text",
        _ => throw new ArgumentOutOfRangeException(nameof(form), form, "not a form"),
    };
}

/// <summary>A recipient and what became of it.</summary>
public sealed record BouncedRecipient
{
    private readonly string _reason = "";

    /// <summary>Who failed, without angle brackets. Octets as Latin-1.</summary>
    public required string Address { get; init; }

    /// <summary>The recipient as the sender had it, when it is another.</summary>
    public string Original { get; init; } = "";

    /// <summary>failed, delayed, delivered, relayed or expanded (RFC 3464, 2.3.3); unknown where the report breaks off.</summary>
    public string Action { get; init; } = "failed";

    /// <summary>As written by the reporter; null when it wrote none.</summary>
    public EnhancedStatus? Written { get; init; }

    // Eight full lines of an answer (RFC 5321, 4.5.3.1.5: 512 octets each) are more than anyone reads.
    private const int MostReason = 4000;

    /// <summary>What the remote host or the reporter said, in one line, cut at 4,000 bytes.</summary>
    public string Reason
    {
        get => _reason;
        init => _reason = OneLine(value);
    }

    // Thousands of recipients may share one reason: what is one line already stays the same object.
    internal static string OneLine(string text)
    {
        if (text.Length <= MostReason && !text.AsSpan().ContainsAny(Breaks) && !text.Contains("  ", StringComparison.Ordinal) && text.Trimmed().Length == text.Length) return text;
        return string.Join(' ', Blanks.Words(text.Length > MostReason ? text[..MostReason] : text));
    }

    private static readonly SearchValues<char> Breaks = SearchValues.Create("\t\r\n\v\f");

    /// <summary>Whether digits in the reason can be a reply of SMTP: not in a Diagnostic-Code of another type (RFC 3464, 2.3.6).</summary>
    public bool IsReply { get; init; } = true;

    /// <summary>The host that answered, by name.</summary>
    public string RemoteMta { get; init; } = "";

    /// <summary>Its address and port.</summary>
    public string RemoteAddress { get; init; } = "";

    /// <summary>First line the remote host said (field of EXPERIMENTAL_DSN_INFO); empty: not told.</summary>
    public string Greeting { get; init; } = "";

    /// <summary>What it answered to EHLO (field of EXPERIMENTAL_DSN_INFO); empty: not told.</summary>
    public string HeloResponse { get; init; } = "";

    /// <summary>Exim's own words.</summary>
    public string EximDiagnostic { get; init; } = "";

    /// <summary>When it was tried last, as written; empty: not told.</summary>
    public string LastAttempt { get; init; } = "";

    /// <summary>Until when it will be tried, as written; empty: not told.</summary>
    public string RetryUntil { get; init; } = "";

    /// <summary>The most exact code there is: that of the remote host where the reporter's says nothing (Exim writes 5.0.0), else a
    /// reading of the words. Its class is the reporter's: a host's 4xx that was tried until the end is a failure.</summary>
    public EnhancedStatus? Status => BounceStatus.Of(this);

    /// <summary>What the status means, for people; null without one.</summary>
    public string? Meaning => BounceStatus.Meaning(this);

    /// <summary>Whether trying again is of no use; null when nothing tells.</summary>
    public bool? IsPermanent => Action switch
    {
        "failed" => true,
        "delayed" => false,
        "delivered" or "relayed" or "expanded" => null,
        _ => Status?.IsPermanent,
    };

    /// <summary>The three digits of the host's answer; 0 when there are none. A failure or a delay has no answer of 2xx.</summary>
    public int SmtpCode => IsReply ? BounceStatus.SmtpCode(Reason, Action is "delivered" or "relayed" or "expanded") : 0;
}

/// <summary>A report.</summary>
public sealed record BounceReport
{
    /// <summary>In which form the report was found.</summary>
    public BounceForm Form { get; init; }

    /// <summary>Who wrote it.</summary>
    public string ReportingMta { get; init; } = "";

    /// <summary>When the failed message came, as written; empty: not told.</summary>
    public string ArrivalDate { get; init; } = "";

    /// <summary>The sender's ENVID (RFC 3461, 4.4), as written; empty: not told.</summary>
    public string EnvelopeId { get; init; } = "";

    /// <summary>Whom it was sent to.</summary>
    public string ReturnedTo { get; init; } = "";

    /// <summary>Message-ID of the message that failed.</summary>
    public string FailedMessageId { get; init; } = "";

    /// <summary>Of the returned header lines; empty: not returned.</summary>
    public string FailedSubject { get; init; } = "";

    /// <summary>Exim's id of it on the reporting host.</summary>
    public string FailedEximId { get; init; } = "";

    /// <summary>Those told of, in the order of the report.</summary>
    public IReadOnlyList<BouncedRecipient> Recipients { get; init; } = [];
}
