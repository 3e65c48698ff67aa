using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Section <c>Audit</c>: what operators did with messages (<c>audit</c>), kept in the ledger.</summary>
[NeedsRestart]
internal sealed class AuditOptions
{
    /// <summary>How long it is kept.</summary>
    [TimeRange("1m", "3650d")]
    public TimeSpan Keep { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Most it may take; what is oldest goes first, but for deletions, of which nothing else is left. Where they alone fill it, nothing more is
    /// deleted; mail goes on. Some 400 bytes a verb, and for a deletion its header lines.</summary>
    [NumberRange(1 << 16, 1L << 40, Unit = "bytes")]
    public long MaxBytes { get; set; } = 256L << 20;
}
