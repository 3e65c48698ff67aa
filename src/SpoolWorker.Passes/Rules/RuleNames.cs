// The names a condition may ask for, and where their values come from.
using System.Globalization;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Rules;

/// <summary>Names in conditions.</summary>
public static class RuleNames
{
    // What passes put into PassResult.Results.
    private static readonly string[] Results =
    [
        "spf_result", "spf_header_comment", "spf_received", "spf_smtp_comment", "spf_guess", "dkim_result", "dkim_domains", "dmarc_result", "dmarc_policy", "dmarc_domain",
        "arc_state", "arc_state_reason", "arc_domains", "arc_oldest_pass", "arc_seal", "dcc_result", "dcc_recipients", "dcc_header", "dcc_skipped", "dcc_note",
        "dsn_info", "srs_orig_sender", "srs_orig_recipient", "srs_recipient", "srs_db_key", "srs_db_address", "srs_status",
    ];

    private static readonly string[] OfMessage = ["sender", "sender_domain", "recipient", "recipient_domain", "host_address", "host_name", "helo_name", "auth_id", "received_protocol", "size", "attempt"];

    /// <summary>For an error text.</summary>
    public static string Listing => string.Join(", ", [.. OfMessage, .. Results, "acl_c…", "acl_m…", "h_… (header line)"]);

    /// <summary>Whether a condition may ask for it.</summary>
    public static bool IsKnown(string name) => Results.Contains(name) || OfMessage.Contains(name)
        || (name.Length > 5 && name.StartsWith("acl_", StringComparison.Ordinal) && name[4] is 'c' or 'm') || (name.Length > 2 && name.StartsWith("h_", StringComparison.Ordinal));

    /// <summary>Whether its value differs between the recipients of a message.</summary>
    public static bool IsOfRecipient(string name) => name.StartsWith("recipient", StringComparison.Ordinal);

    /// <summary>Exim's words for SPF results (experimental-spec.txt) mean those of RFC 7208.</summary>
    public static string Word(string value) => value.ToUpperInvariant() switch
    {
        "ERR_PERM" => "permerror",
        "ERR_TEMP" => "temperror",
        _ => value,
    };
}

/// <summary>What is known of a message, by name. Bytes outside ASCII are Latin-1, so that every byte is a character.</summary>
internal sealed class RuleValues(PassContext context, Recipient? recipient, PatternClock clock)
{
    /// <summary>The time for patterns.</summary>
    public PatternClock Clock => clock;

    /// <summary>The values of a name: none when it is unset, several for header lines of one name.</summary>
    public IEnumerable<string> Of(string name)
    {
        if (context.Results.TryGetValue(name, out var result)) return [result];
        var header = context.Message;
        return name switch
        {
            "sender" => [Text(header.Sender.Span)],
            "sender_domain" => [DomainOf(header.Sender.Span)],
            "recipient" => recipient is null ? [] : [Text(recipient.Address.Span)],
            "recipient_domain" => recipient is null ? [] : [DomainOf(recipient.Address.Span)],
            "host_address" => header.ClientAddress is { } host ? [host.ToString()] : [],
            "host_name" or "helo_name" or "auth_id" or "received_protocol" => header.Find(name) is { } variable ? [variable.Text] : [],
            "size" => [context.Body.Length.ToString(CultureInfo.InvariantCulture)],
            "attempt" => [context.Attempt.ToString(CultureInfo.InvariantCulture)],
            _ when name.StartsWith("h_", StringComparison.Ordinal) => HeaderLines(header, name[2..]),
            // acl_m_x is Exim's $acl_m_x: -aclm _x
            _ when name.StartsWith("acl_", StringComparison.Ordinal) => header.AclVariable(name[4], name[5..]) is { } acl ? [acl.Text] : [],
            _ => [],
        };
    }

    private static IEnumerable<string> HeaderLines(HeaderFile header, string name)
    {
        var bytes = Encoding.ASCII.GetBytes(name);
        foreach (var line in header.Headers)
        {
            if (!line.IsDeleted && line.Is(bytes)) yield return HeaderLine.Unfold(Text(line.Value)).Trim();
        }
    }

    private static string DomainOf(ReadOnlySpan<byte> address) => address.LastIndexOf((byte)'@') is var at and >= 0 ? Text(address[(at + 1)..]) : "";

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
