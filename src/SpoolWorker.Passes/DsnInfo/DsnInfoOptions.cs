// Settings of the pass dsn-info. A bounce without the extra fields is better than a bounce that waits, so a log that cannot be
// read makes the pass be skipped unless the operator says otherwise.
using System.Net;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.DsnInfo;

/// <summary>Section <c>DsnInfo</c>.</summary>
public sealed class DsnInfoOptions : PassOptions
{

    /// <summary>Makes the defaults; without logs the pass is skipped.</summary>
    public DsnInfoOptions() => OnUnavailable = OnUnavailable.Skip;

    /// <summary>Main logs of the Exims that write bounces.</summary>
    [NeedsRestart]
    public List<string> MainLog { get; set; } = ["/var/log/exim4/mainlog"];

    /// <summary>Directory of message logs. Empty: <c>msglog</c> in the target's spool directory.</summary>
    [NeedsRestart]
    public string MessageLogs { get; set; } = "";

    /// <summary>Hosts from which Exim's own bounces reach us by SMTP. Local submission is always believed.</summary>
    public List<string> Relays { get; set; } = ["127.0.0.1", "::1"];

    /// <summary>How often the logs are read on, so that a rotated one is not missed; before each bounce they are read anyway.</summary>
    [TimeRange("100ms", "1d")]
    public TimeSpan Follow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long what the logs told of a message is remembered. Longer than Exim retries (4 days).</summary>
    [TimeRange("1m", "3650d")]
    [NeedsRestart]
    public TimeSpan Keep { get; set; } = TimeSpan.FromDays(8);

    /// <summary>Most of a log that is read to catch up, at the first start and after a long pause.</summary>
    [NumberRange(64 << 10, 1L << 40, Unit = "bytes")]
    [NeedsRestart]
    public long Backlog { get; set; } = 64L << 20;

    /// <summary>Most the store may grow to; address space, not disk.</summary>
    [NumberRange(1 << 20, 1L << 46, Unit = "bytes")]
    [NeedsRestart]
    public long MapSize { get; set; } = 1L << 30;

    /// <summary>What is wrong with them, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(DsnInfoOptions options)
    {
        if (options.MainLog.Count == 0) yield return "MainLog: empty. Name Exim's main log (exim -bP log_file_path)";
        foreach (var path in options.MainLog)
        {
            if (!path.StartsWith('/')) yield return $"MainLog = '{path}': must be an absolute path";
        }
        foreach (var relay in options.Relays)
        {
            if (!IPAddress.TryParse(relay, out _)) yield return $"Relays = '{relay}': must be an IP address";
        }
    }
}
