// The names that are the same for every message: envelope, client, -H's variables, and what the worker knows. Where a value comes from stands
// beside its name; docs/conditions.md has the same list.
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Conditions;

/// <summary>What has to be known of a message to answer a condition.</summary>
[Flags]
public enum ConditionNeeds
{
    /// <summary>What the id alone tells.</summary>
    Id = 0,

    /// <summary>Each recipient.</summary>
    Recipient = 1,

    /// <summary>Variables and header lines: the whole -H.</summary>
    Header = 2,

    /// <summary>The size of -D.</summary>
    Body = 4,

    /// <summary>Where the message lies, and the worker's record of it.</summary>
    Place = 8,

    /// <summary>The number of the attempt: what passes and the worker's record know.</summary>
    Attempt = 16,

    /// <summary>What passes found.</summary>
    Results = 32,

    /// <summary>Why, and how far the worker is with it.</summary>
    Reasons = 64,

    /// <summary>How far its delivery is.</summary>
    Delivery = 128,

    /// <summary>What the message is made of: the body is read through.</summary>
    Parts = 256,

    /// <summary>Why not all of that could be read: who asks for it knows what to do then.</summary>
    PartsError = 512,

    /// <summary>The envelope: what a quick look at -H tells.</summary>
    Envelope = 1024,
}

/// <summary>What kind of value a name has: which units a number may have beside it.</summary>
internal enum ValueKind
{
    /// <summary>A text; a number in it may have any unit.</summary>
    Text,

    /// <summary>A number of things.</summary>
    Count,

    /// <summary>Bytes: K, M, G.</summary>
    Bytes,

    /// <summary>Seconds: s, m, h, d.</summary>
    Time,
}

/// <summary>A name and where its values come from.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">What they are.</param>
/// <param name="Needs">What has to be known for them.</param>
/// <param name="Values">None when it is unset; several for header lines of one name.</param>
internal sealed record ConditionName(string Name, ValueKind Kind, ConditionNeeds Needs, Func<MessageFacts, IEnumerable<string>> Values);

/// <summary>The table.</summary>
internal static class NamesOfMessage
{
    // spool_out.c writes them, spool_in.c reads them; the last is of Exims before.
    private static readonly string[] Variables =
    [
        "received_time_usec", "received_time_complete", "helo_name", "host_name", "host_auth", "host_auth_pubname", "active_hostname", "ident",
        "received_protocol", "debug_selector", "debuglog_name", "spool_file_wireformat", "auth_id", "auth_sender", "allow_unqualified_recipient", "allow_unqualified_sender", "deliver_firsttime", "N",
        "host_lookup_deferred", "host_lookup_failed", "local", "localerror", "local_scan", "spam_bar", "spam_score", "spam_score_int", "manual_thaw",
        "sender_set_untrusted", "tls_certificate_verified", "tls_cipher", "tls_peercert", "tls_peerdn", "tls_sni", "tls_ourcert", "tls_ocsp",
        "tls_resumption", "tls_ver", "smtputf8", "utf8_downcvt", "utf8_optdowncvt", "dsn_envid", "dsn_ret", "bmi_verdicts",
    ];

    // Numbers of Exim's that are 0 where -H has no line of theirs (spool_in.c: spool_clear_header_globals).
    private static readonly string[] Counts = ["body_linecount", "body_zerocount", "max_received_linelength"];

    /// <summary>What Exim, or exipick, calls by another name.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sender_address"] = "sender",
        ["sender_address_domain"] = "sender_domain",
        ["message_size"] = "size",
        ["message_body_size"] = "body_size",
        ["message_age"] = "age",
        ["message_id"] = "id",
        ["message_exim_id"] = "id",
        ["deliver_freeze"] = "frozen",
        ["deliver_frozen_at"] = "frozen",
        ["recipients_count"] = "recipients",
        ["recipients_undel_count"] = "pending",
        ["each_recipients"] = "recipient",
        ["recipients_undel"] = "pending_recipient",
        ["sender_host_address"] = "host_address",
        ["sender_host_name"] = "host_name",
        ["sender_helo_name"] = "helo_name",
        ["sender_host_authenticated"] = "host_auth",
        ["authenticated_id"] = "auth_id",
        ["authenticated_sender"] = "auth_sender",
        ["manually_thawed"] = "manual_thaw",
        ["local_error_message"] = "localerror",
        ["local_scan_data"] = "local_scan",
        ["dont_deliver"] = "N",
        ["first_delivery"] = "deliver_firsttime",
        ["smtp_active_hostname"] = "active_hostname",
        ["received_ip_address"] = "interface_address",
        ["sender_address_local_part"] = "sender",
        ["sender_ident"] = "ident",
        ["sender_local"] = "local",
        ["message_body_missing"] = "state",
        ["received_time"] = "age",
        ["shown_message_size"] = "size",
        ["deliver_manual_thaw"] = "manual_thaw",
        ["reply_address"] = "h_reply-to",
    };

    private static readonly Dictionary<string, ConditionName> Known = Make();

    /// <summary>All of them.</summary>
    public static IEnumerable<string> All => Known.Keys;

    /// <summary>What a name of Exim's is called here; null when nothing is.</summary>
    public static string? CalledHere(string name) => Elsewhere.GetValueOrDefault(name);

    /// <summary>A name of the table, an ACL variable or a header line; null for anything else.</summary>
    public static ConditionName? Find(string name)
    {
        if (Known.TryGetValue(name, out var known)) return known;
        if (name.Length > 2 && name.StartsWith("h_", StringComparison.Ordinal))
        {
            var bytes = Encoding.ASCII.GetBytes(name[2..]);
            return new ConditionName(name, ValueKind.Text, ConditionNeeds.Header, facts => HeaderLines(facts.Header, bytes));
        }
        // acl_m_x is Exim's $acl_m_x: -aclm _x
        if (name.Length <= 5 || !name.StartsWith("acl_", StringComparison.Ordinal) || name[4] is not ('c' or 'm')) return null;
        var (kind, tail) = (name[4], name[5..]);
        return new ConditionName(name, ValueKind.Text, ConditionNeeds.Header, facts => Value(facts.Header.AclVariable(kind, tail)));
    }

    private static Dictionary<string, ConditionName> Make()
    {
        var names = new Dictionary<string, ConditionName>(StringComparer.Ordinal);
        void Add(string name, ConditionNeeds needs, Func<MessageFacts, IEnumerable<string>> values, ValueKind kind = ValueKind.Text) =>
            names.Add(name, new ConditionName(name, kind, needs, values));
        void AddNumber(string name, ValueKind kind, ConditionNeeds needs, Func<MessageFacts, long> number) =>
            Add(name, needs, facts => [number(facts).ToString(CultureInfo.InvariantCulture)], kind);
        Add("id", ConditionNeeds.Id, facts => [facts.Id.ToString()]);
        Add("sender", ConditionNeeds.Envelope, facts => [MessageFacts.Text(facts.Sender)]);
        Add("sender_domain", ConditionNeeds.Envelope, facts => [MessageFacts.DomainOf(facts.Sender)]);
        Add("recipient", ConditionNeeds.Recipient, facts => facts.Recipients.Select(r => MessageFacts.Text(r.Address)));
        Add("recipient_domain", ConditionNeeds.Recipient, facts => facts.Recipients.Select(r => MessageFacts.DomainOf(r.Address)));
        Add("pending_recipient", ConditionNeeds.Recipient, facts => facts.Recipients.Where(facts.IsPending).Select(r => MessageFacts.Text(r.Address)));
        Add("pending_recipient_domain", ConditionNeeds.Recipient,
            facts => facts.Recipients.Where(facts.IsPending).Select(r => MessageFacts.DomainOf(r.Address)));
        AddNumber("recipients", ValueKind.Count, ConditionNeeds.Envelope, facts => facts.RecipientCount);
        AddNumber("pending", ValueKind.Count, ConditionNeeds.Delivery, facts => facts.PendingCount);
        AddNumber("age", ValueKind.Time, ConditionNeeds.Id, facts => Math.Max(0, facts.Now.ToUnixTimeSeconds() - facts.ReceivedTime));
        Add("frozen", ConditionNeeds.Delivery, facts => facts.IsFrozen ? [facts.Header.Find("frozen") is { Value.Length: > 0 } at ? at.Text : "1"] : []);
        AddNumber("size", ValueKind.Bytes, ConditionNeeds.Body, facts => facts.Size);
        Add("body_size", ConditionNeeds.Body, facts => facts.BodySize < 0 ? [] : [facts.BodySize.ToString(CultureInfo.InvariantCulture)], ValueKind.Bytes);
        AddNumber("attempt", ValueKind.Count, ConditionNeeds.Attempt, facts => facts.Attempt);
        Add("attachment_name", ConditionNeeds.Parts, facts => facts.Parts.Names);
        Add("attachment_type", ConditionNeeds.Parts, facts => facts.Parts.Types);
        Add("attachment_size", ConditionNeeds.Parts, facts => facts.Parts.Sizes.Select(s => s.ToString(CultureInfo.InvariantCulture)), ValueKind.Bytes);
        Add("archive_member", ConditionNeeds.Parts, facts => facts.Parts.Members);
        Add("archive_encrypted", ConditionNeeds.Parts, facts => facts.Parts.IsEncrypted ? ["1"] : []);
        Add("mime_error", ConditionNeeds.Parts | ConditionNeeds.PartsError, facts => facts.Parts.Error is { } error ? [error] : []);
        Add("place", ConditionNeeds.Place, facts => [facts.Place]);
        Add("state", ConditionNeeds.Reasons, facts => [facts.State]);
        Add("reason", ConditionNeeds.Reasons, facts => facts.Reason.Length > 0 ? [facts.Reason] : []);
        Add("pass", ConditionNeeds.Place, facts => facts.Passes);
        // Due is 0, which is a value: "next_try" alone asks for that there is one.
        Add("next_try", ConditionNeeds.Place, facts => facts.NextTry is { } next ? [Seconds(next - facts.Now)] : [], ValueKind.Time);
        Add("host_address", ConditionNeeds.Header, facts => facts.Header.ClientAddress is { } host ? [host.ToString()] : []);
        Add("interface_address", ConditionNeeds.Header, facts => facts.Header.InterfaceAddress is { } own ? [own.ToString()] : []);
        Add("originator_login", ConditionNeeds.Header, facts => [MessageFacts.Text(facts.Header.Login)]);
        AddNumber("originator_uid", ValueKind.Text, ConditionNeeds.Header, facts => facts.Header.Uid);
        AddNumber("originator_gid", ValueKind.Text, ConditionNeeds.Header, facts => facts.Header.Gid);
        AddNumber("warning_count", ValueKind.Count, ConditionNeeds.Header, facts => facts.Header.WarningCount);
        // Exim's number and its highest bit; -H's letter is tls_resumption.
        Add("tls_in_resumption", ConditionNeeds.Header, facts => facts.Header.Resumption is { } how ? [how.Bits.ToString(CultureInfo.InvariantCulture)] : [], ValueKind.Count);
        Add("tls_resumed", ConditionNeeds.Header, facts => facts.Header.Resumption is { IsResumed: true } ? ["1"] : []);
        foreach (var name in Counts) Add(name, ConditionNeeds.Header, facts => facts.Header.Find(name) is { HasValue: true } line ? Value(line) : ["0"]);
        foreach (var name in Variables) Add(name, ConditionNeeds.Header, facts => facts.Own(name) is { } own ? [own] : Value(facts.Header.Find(name)));
        return names;
    }

    private static string Seconds(TimeSpan left) => Math.Max(0, (long)Math.Ceiling(left.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    // A line that is a name alone says yes.
    private static IEnumerable<string> Value(SpoolVariable? variable) =>
        variable is null ? [] : [variable.HasValue ? ByteText.ToText(variable.Value.Span) : "1"];

    private static IEnumerable<string> HeaderLines(HeaderFile header, byte[] name)
    {
        foreach (var line in header.Headers)
        {
            if (!line.IsDeleted && line.Is(name)) yield return HeaderLine.Unfold(ByteText.ToText(line.Value)).Trim();
        }
    }
}
