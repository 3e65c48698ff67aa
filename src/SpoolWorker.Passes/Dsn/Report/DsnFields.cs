// The field names of a delivery status notification's report part (RFC 3464, 2.2 and 2.3), those that an Exim built with
// EXPERIMENTAL_DSN_INFO adds, and the values of Action. Whoever writes or reads a report takes them from here.
using System.Globalization;

namespace SpoolWorker.Passes.Dsn.Report;

/// <summary>What was done for a recipient (RFC 3464, 2.3.3).</summary>
public enum DsnAction
{
    /// <summary>It could not be delivered and will not be tried again.</summary>
    Failed,

    /// <summary>It has not been delivered yet and is tried on.</summary>
    Delayed,

    /// <summary>It is in the mailbox.</summary>
    Delivered,

    /// <summary>It was passed on to where no reports come from.</summary>
    Relayed,

    /// <summary>It was delivered to an alias with several addresses.</summary>
    Expanded,
}

/// <summary>The words of <see cref="DsnAction"/>.</summary>
public static class DsnActions
{
    /// <summary>The word in the field Action.</summary>
    public static string Token(DsnAction action) => action switch
    {
        DsnAction.Failed => "failed",
        DsnAction.Delayed => "delayed",
        DsnAction.Delivered => "delivered",
        DsnAction.Relayed => "relayed",
        DsnAction.Expanded => "expanded",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "not an action"),
    };

    /// <summary>Reads the word, whatever its case.</summary>
    public static bool TryParse(ReadOnlySpan<char> token, out DsnAction action)
    {
        foreach (var known in Enum.GetValues<DsnAction>())
        {
            if (!token.Trim().Equals(Token(known), StringComparison.OrdinalIgnoreCase)) continue;
            action = known;
            return true;
        }
        action = default;
        return false;
    }
}

/// <summary>Field names.</summary>
public static class DsnFields
{
    // of the message (RFC 3464, 2.2)
    /// <summary>For the whole message (RFC 3464, 2.2).</summary>
    public const string OriginalEnvelopeId = "Original-Envelope-Id", ReportingMta = "Reporting-MTA", ArrivalDate = "Arrival-Date";

    // of a recipient (RFC 3464, 2.3)
    /// <summary>For each recipient (RFC 3464, 2.3).</summary>
    public const string OriginalRecipient = "Original-Recipient", FinalRecipient = "Final-Recipient", Action = "Action", Status = "Status",
        RemoteMta = "Remote-MTA", DiagnosticCode = "Diagnostic-Code", LastAttemptDate = "Last-Attempt-Date",
        WillRetryUntil = "Will-Retry-Until";

    // of a recipient, Exim's own (experimental-spec, "DSN extra information")
    /// <summary>Those of Exim's EXPERIMENTAL_DSN_INFO.</summary>
    public const string Greeting = "X-Remote-MTA-smtp-greeting", HeloResponse = "X-Remote-MTA-helo-response", EximDiagnostic = "X-Exim-Diagnostic";

    /// <summary>Type of an address of the remote MTA.</summary>
    public const string IpType = "X-ip";

    /// <summary>Type of a text that no RFC gives a type to.</summary>
    public const string TextType = "X-str";

    private const int SmtpPort = 25;

    /// <summary>The remote MTA's address as Exim writes it, with the port only where it is not the usual one: <c>X-ip; [127.0.0.1]:587</c>.</summary>
    public static string RemoteMtaIp(string address, int port) =>
        port is SmtpPort or 0 ? $"{IpType}; [{address}]" : string.Create(CultureInfo.InvariantCulture, $"{IpType}; [{address}]:{port}");

    /// <summary>A text in a field of Exim's own: <c>X-str; 220 mx.example ESMTP</c>.</summary>
    public static string ExtraText(string text) => $"{TextType}; {text}";
}
