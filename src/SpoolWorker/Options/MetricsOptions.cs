using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Section <c>Metrics</c>.</summary>
[NeedsRestart]
internal sealed class MetricsOptions
{
    /// <summary>A file for node_exporter's textfile collector, written anew again and again; its name has to end in <c>.prom</c>. Empty: none.</summary>
    [PathSetting]
    public string TextFile { get; set; } = "";

    /// <summary>How often that file is written.</summary>
    [TimeRange("1s", "1h")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Most messages that are counted in one place; of one that holds more that is said. They are counted anew every 10 s at most, and only for
    /// somebody who asks.</summary>
    [NumberRange(1, 100_000_000, Unit = "messages")]
    public int CountAtMost { get; set; } = 100_000;
}
