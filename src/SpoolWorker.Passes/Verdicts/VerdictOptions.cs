using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Verdicts;

/// <summary>What the passes with a content engine behind them have in common.</summary>
public abstract class VerdictOptions : PassOptions
{
    /// <summary>Longer than that of other passes: several daemons may be tried in turn, and some are asked once for each group of recipients.</summary>
    protected VerdictOptions() => Timeout = TimeSpan.FromMinutes(5);

    /// <summary>How long connecting to one daemon may take.</summary>
    [TimeRange("10ms", "1d")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a daemon may take nothing of a message that is sent.</summary>
    [TimeRange("10ms", "1d")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a daemon may take to answer, from the end of the message to the end of the answer.</summary>
    [TimeRange("10ms", "1d")]
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Messages that are larger on the wire are not sent; 0: all are.</summary>
    [NumberRange(0, 1L << 40, Unit = "bytes")]
    public long MaxSize { get; set; }

    /// <summary>What is done with messages above <c>MaxSize</c>.</summary>
    public PolicyAction OnTooLarge { get; set; } = PolicyAction.Accept;

    /// <summary>Add header lines with what was found. Lines of their names that came with the message are removed.</summary>
    public bool AddHeaders { get; set; } = true;

    /// <summary>Do not ask about mail without a client address.</summary>
    public bool SkipLocal { get; set; } = true;

    /// <summary>Do not ask about mail of authenticated senders.</summary>
    public bool SkipAuthenticated { get; set; } = true;

    /// <summary>List of clients whose mail is not asked about.</summary>
    public List<string> ExemptHosts { get; set; } = [];

    /// <summary>List of envelope senders whose mail is not asked about.</summary>
    public List<string> ExemptSenders { get; set; } = [];

    /// <summary>List of recipients for whom nothing is done, whatever is found.</summary>
    public List<string> ExemptRecipients { get; set; } = [];
}
