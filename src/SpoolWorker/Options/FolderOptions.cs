using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Section <c>Corrupt</c>, and what <c>Held</c> has of it.</summary>
internal class FolderOptions
{
    /// <summary>Directory.</summary>
    [PathSetting]
    [NeedsRestart]
    public string Path { get; set; } = "";

    /// <summary>How long something may lie here; then it is thrown away, and <c>audit</c> tells of it. 0s: until an operator decides.</summary>
    [TimeRange("1m", "3650d", OrZero = true)]
    public TimeSpan Keep { get; set; }

    /// <summary>Most that may lie here; what has lain longest is thrown away, and <c>audit</c> tells of it. <c>0</c>: no limit. Looked at as often
    /// as <c>Schedule:Expire</c> says.</summary>
    [NumberRange(0, 1L << 46, Unit = "bytes")]
    public long MaxBytes { get; set; }
}

/// <summary>Section <c>Held</c>.</summary>
internal sealed class HeldOptions : FolderOptions
{
    /// <summary>Name or number of a group that may look at held messages: <c>list --held</c> and <c>show</c> need no secret. Empty: the group of the target's
    /// files.</summary>
    [NeedsRestart]
    public string Group { get; set; } = "";
}
