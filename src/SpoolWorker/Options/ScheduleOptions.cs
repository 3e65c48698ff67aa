using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Section <c>Schedule</c>.</summary>
internal sealed class ScheduleOptions
{
    /// <summary>How often the intakes are read through: the watcher is only a hint.</summary>
    [TimeRange("100ms", "1d")]
    [NeedsRestart]
    public TimeSpan Scan { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often deferred messages are looked at.</summary>
    [TimeRange("100ms", "1d")]
    [NeedsRestart]
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often old ledger records are forgotten.</summary>
    [TimeRange("100ms", "30d")]
    [NeedsRestart]
    public TimeSpan Expire { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The zone whose wall clock schedules and hours of passes go by, such as <c>Europe/Berlin</c>. Empty: this host's.</summary>
    public string TimeZone { get; set; } = "";

    /// <summary>The short form of an element of <c>Reprocess</c>: cron expressions (Quartz, seconds first) by name of a pass. What the pass deferred is tried again then, before its time.</summary>
    public Dictionary<string, string> Passes { get; set; } = [];

    /// <summary>How often jobs beside Exim run, by their names (<c>job list</c> has them): a time such as <c>1h</c>, or a cron expression (Quartz, seconds first). One that is not
    /// named here runs as often as it is made for.</summary>
    public Dictionary<string, string> Jobs { get; set; } = [];

    /// <summary>A run of such a job begins later than that by a random time up to this, so that the hosts of a site do not all ask somebody at once.</summary>
    [TimeRange("1s", "1h", OrZero = true)]
    public TimeSpan Jitter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Mail that is judged again by the clock.</summary>
    public List<ReprocessOptions> Reprocess { get; set; } = [];
}
