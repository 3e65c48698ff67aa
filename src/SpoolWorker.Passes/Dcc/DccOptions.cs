using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Dcc;

/// <summary>What is asked of the daemon, and whether its answer counts.</summary>
public enum DccMode
{
    /// <summary>Report the message, and do what the policy says.</summary>
    Report,

    /// <summary>Report the message and record the answer; never act on it.</summary>
    ReportOnly,

    /// <summary>Ask without adding to DCC's counts (the daemon's option query), and do what the policy says.</summary>
    Query,
}

/// <summary>Section Dcc.</summary>
public sealed class DccOptions : PassOptions
{
    /// <summary>Longer than that of other passes: two daemons may be tried in turn.</summary>
    public DccOptions() => Timeout = TimeSpan.FromMinutes(2);

    /// <summary>Daemons, tried in turn: <c>/path/of/socket</c>, or <c>host port</c> with a blank between.</summary>
    public List<string> Address { get; set; } = ["/var/dcc/dccifd"];

    /// <summary>What is asked of the daemon, and whether its answer counts.</summary>
    public DccMode Mode { get; set; } = DccMode.Report;

    /// <summary>More words for the daemon's first line, such as <c>grey-off</c>, <c>log</c>, <c>spam</c>.</summary>
    public List<string> Options { get; set; } = [];

    /// <summary>How long connecting to one daemon may take.</summary>
    [TimeRange("10ms", "1d")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a daemon may take nothing of a message that is sent.</summary>
    [TimeRange("10ms", "1d")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a daemon may take to answer. It asks DCC servers, some seconds each.</summary>
    [TimeRange("10ms", "1d")]
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What is done with recipients whose letter is <c>A</c>.</summary>
    public DccAction OnAccept { get; set; } = DccAction.Accept;

    /// <summary>The same for the rejected recipients of an <c>S</c>.</summary>
    public DccAction OnSome { get; set; } = DccAction.AsReject;

    /// <summary>The same for <c>R</c>.</summary>
    public DccAction OnReject { get; set; } = DccAction.Hold;

    /// <summary>The same for <c>G</c>.</summary>
    public DccAction OnGreylist { get; set; } = DccAction.Defer;

    /// <summary>The same for <c>T</c>.</summary>
    public DccAction OnTemporary { get; set; } = DccAction.Defer;

    /// <summary>When a greylisted message is tried again; 0s: by the engine's back-off. dccd's own embargo is 270 s (dccd(8), -G).</summary>
    [TimeRange("0s", "7d")]
    public TimeSpan GreylistRetry { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Add the X-DCC header, and those of <c>AddHeaderVariable</c>. One of its name that came with the message goes.</summary>
    public bool DirectAddHeader { get; set; } = true;

    /// <summary>ACL variable with header lines to add; each is checked.</summary>
    public string AddHeaderVariable { get; set; } = "acl_m_dcc_add_header";

    /// <summary>ACL variable with the address to send as the client's.</summary>
    public string OverrideClientIpVariable { get; set; } = "acl_m_dcc_override_client_ip";

    /// <summary>The same by the client's HELO name: list of <c>name: address</c>, or a table.</summary>
    public List<string> OverrideClientIpByHelo { get; set; } = [];

    /// <summary>Larger messages are not asked about; 0: all are.</summary>
    [NumberRange(0, 1L << 40, Unit = "bytes")]
    public long MaxSize { get; set; }

    /// <summary>Do not ask about mail without a client address.</summary>
    public bool SkipLocal { get; set; } = true;

    /// <summary>Do not ask about mail of authenticated senders.</summary>
    public bool SkipAuthenticated { get; set; } = true;

    /// <summary>List of clients whose mail is not asked about.</summary>
    public List<string> ExemptHosts { get; set; } = [];

    /// <summary>List of envelope senders whose mail is not asked about.</summary>
    public List<string> ExemptSenders { get; set; } = [];

    /// <summary>List of recipients that the daemon is not told of.</summary>
    public List<string> ExemptRecipients { get; set; } = [];
}
