using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Section <c>History</c>: what <c>show</c> and <c>trace</c> tell of finished messages. It lies in <c>history</c> beside the ledger; nothing depends on it, and it
/// may be deleted.</summary>
[NeedsRestart]
internal sealed class HistoryOptions
{
    /// <summary>How long it is kept.</summary>
    [TimeRange("1m", "3650d")]
    public TimeSpan Keep { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Most it may take; what is oldest goes first. Some 500 bytes a message. <c>0</c>: none is kept.</summary>
    [NumberRange(0, 1L << 46, Unit = "bytes")]
    public long MaxBytes { get; set; } = 1L << 30;
}
