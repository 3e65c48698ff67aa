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

    /// <summary>Daemons, tried in turn: /path/of/socket, or a host and a port with a space between.</summary>
    public List<string> Address { get; set; } = ["/var/dcc/dccifd"];

    public DccMode Mode { get; set; } = DccMode.Report;

    /// <summary>Words for the daemon's first line besides header, such as grey-off, log, spam.</summary>
    public List<string> Options { get; set; } = [];

    [TimeRange("10ms", "1d")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the daemon may take nothing of a message that is sent.</summary>
    [TimeRange("10ms", "1d")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the daemon may take to answer. It asks DCC servers, some seconds each.</summary>
    [TimeRange("10ms", "1d")]
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(30);

    public DccAction OnAccept { get; set; } = DccAction.Accept;

    /// <summary>For the rejected recipients when the first letter is S.</summary>
    public DccAction OnSome { get; set; } = DccAction.AsReject;

    public DccAction OnReject { get; set; } = DccAction.Hold;

    public DccAction OnGreylist { get; set; } = DccAction.Defer;

    public DccAction OnTemporary { get; set; } = DccAction.Defer;

    /// <summary>When a greylisted message is tried again; zero leaves it to the engine's back-off. dccd's own embargo is 270 s (dccd(8), -G).</summary>
    [TimeRange("0s", "7d")]
    public TimeSpan GreylistRetry { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether the X-DCC header, and those in <see cref="AddHeaderVariable"/>, are added to the message.</summary>
    public bool DirectAddHeader { get; set; } = true;

    /// <summary>ACL variable with header lines to add.</summary>
    public string AddHeaderVariable { get; set; } = "acl_m_dcc_add_header";

    /// <summary>ACL variable with an IP address to send in place of the client's.</summary>
    public string OverrideClientIpVariable { get; set; } = "acl_m_dcc_override_client_ip";

    /// <summary>The same by the client's HELO name: entries name: address, or a table.</summary>
    public List<string> OverrideClientIpByHelo { get; set; } = [];

    /// <summary>Larger messages are not asked about; 0: all are.</summary>
    [NumberRange(0, 1L << 40)]
    public long MaxSize { get; set; }

    public bool SkipLocal { get; set; } = true;

    public bool SkipAuthenticated { get; set; } = true;

    /// <summary>Clients whose mail is not asked about.</summary>
    public List<string> ExemptHosts { get; set; } = [];

    /// <summary>Envelope senders whose mail is not asked about.</summary>
    public List<string> ExemptSenders { get; set; } = [];

    /// <summary>Recipients that the daemon is not told of.</summary>
    public List<string> ExemptRecipients { get; set; } = [];
}
