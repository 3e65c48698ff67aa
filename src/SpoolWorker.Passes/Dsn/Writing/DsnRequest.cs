// What the sender asked for in SMTP (RFC 3461), as Exim keeps it in -H: NOTIFY and ORCPT with each recipient, RET and ENVID
// in option lines. Values nobody defines mean "not asked for". Nothing here fails.
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>NOTIFY, in Exim's bits (macros.h, rf_notify_never to rf_notify_delay).</summary>
[Flags]
public enum Notify
{
    /// <summary>Nothing was asked for: the mail system decides (RFC 3461, 4.1).</summary>
    Unset = 0,

    /// <summary>No notification at all.</summary>
    Never = 0x02,

    /// <summary>When it was delivered or relayed.</summary>
    Success = 0x04,

    /// <summary>When it failed for good.</summary>
    Failure = 0x08,

    /// <summary>When it is late.</summary>
    Delay = 0x10,

    /// <summary>The bits that are NOTIFY's.</summary>
    All = Never | Success | Failure | Delay,
}

/// <summary>RET, in Exim's numbers (macros.h, dsn_ret_full and dsn_ret_hdrs).</summary>
public enum Returned
{
    /// <summary>It was not given.</summary>
    Unset = 0,

    /// <summary>The whole message.</summary>
    Full = 1,

    /// <summary>Its header lines.</summary>
    Headers = 2,
}

/// <summary>Questions about the request.</summary>
public static class DsnRequest
{
    /// <summary>NOTIFY of a recipient.</summary>
    public static Notify NotifyOf(Recipient recipient) => (Notify)recipient.DsnFlags & Notify.All;

    /// <summary>Whether the sender of a message to this recipient is to be told. Without a NOTIFY failures and delays are told,
    /// successes are not.</summary>
    public static bool Wants(Notify notify, DsnAction action) => !notify.HasFlag(Notify.Never) && action switch
    {
        DsnAction.Failed => notify == Notify.Unset || notify.HasFlag(Notify.Failure),
        DsnAction.Delayed => notify == Notify.Unset || notify.HasFlag(Notify.Delay),
        _ => notify.HasFlag(Notify.Success),
    };

    /// <summary>NOTIFY as it is written in SMTP.</summary>
    public static string Text(Notify notify) => notify.HasFlag(Notify.Never) ? "NEVER"
        : string.Join(',', new[] { Notify.Success, Notify.Failure, Notify.Delay }.Where(n => notify.HasFlag(n)).Select(n => n.ToString().ToUpperInvariant()));

    /// <summary>What is left to ask the next host for once success has been reported: an empty NOTIFY would ask for failures.</summary>
    public static Notify WithoutSuccess(Notify notify) => notify == Notify.Success ? Notify.Never : notify & ~Notify.Success;

    /// <summary>RET of a message.</summary>
    public static Returned RetOf(HeaderFile message) => message.Find("dsn_ret")?.Text switch
    {
        "1" => Returned.Full,
        "2" => Returned.Headers,
        _ => Returned.Unset,
    };

    /// <summary>ENVID of a message as the report shows it, decoded; null for none.</summary>
    public static string? EnvidOf(HeaderFile message) => message.Find("dsn_envid") is { Value.IsEmpty: false } envid ? XText.ForField(envid.Value.Span) : null;
}
