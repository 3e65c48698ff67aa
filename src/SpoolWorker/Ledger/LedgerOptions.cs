using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Ledger;

/// <summary>Section <c>Ledger</c>.</summary>
internal sealed class LedgerOptions
{
    /// <summary>Directory of the ledger; made when it is not there.</summary>
    public string Path { get; set; } = "/var/lib/spoolworker/ledger";

    /// <summary>How long (id, recipients) of a finished message are remembered. Longer than Exim retries a queuefile hand-over (4 days).</summary>
    [TimeRange("1m", "3650d")]
    public TimeSpan Keep { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Most bytes the ledger may grow to. Address space, not disk: the file grows as it fills. About 500 bytes a message.</summary>
    [NumberRange(1 << 20, 1L << 46)]
    public long MapSize { get; set; } = 16L << 30;
}
