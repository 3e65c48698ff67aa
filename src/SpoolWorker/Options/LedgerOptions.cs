using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Section <c>Ledger</c>.</summary>
[NeedsRestart]
internal sealed class LedgerOptions
{
    /// <summary>Directory of the ledger, made when it is not there. One worker a ledger. A worker locks its intakes: a second one with another ledger is
    /// refused by name.</summary>
    [PathSetting]
    public string Path { get; set; } = "/var/lib/spoolworker/ledger";

    /// <summary>Name or number of a group that may look at the ledger: <c>list</c>, <c>show</c> and <c>trace</c> need no secret. It gets no right to write.
    /// Empty: the worker's user alone.</summary>
    public string Group { get; set; } = "";

    /// <summary>How long finished messages are remembered, to the day. Longer than Exim retries a hand-over (4 days).</summary>
    [TimeRange("1m", "3650d")]
    public TimeSpan Keep { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Most the ledger may grow to. Address space, not disk: the file grows as it fills, some 40 bytes a finished
    /// message and 50 a recipient, or a copy by a rule, of <c>queuefile</c>.</summary>
    [NumberRange(1 << 20, 1L << 46, Unit = "bytes")]
    public long MapSize { get; set; } = 16L << 30;
}
