// The settings of ARC as a whole, section "Arc". RFC 8617 is on its way to Historic, so one switch turns verifying off, and naming the pass arc-seal turns sealing on.
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Arc;

/// <summary>What is done about ARC.</summary>
public enum ArcMode
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>Chains are verified.</summary>
    Verify,

    /// <summary>As verify; and arc-seal has to be among Passes, which alone makes it seal.</summary>
    Seal,
}

/// <summary>Settings of section Arc.</summary>
public sealed class ArcOptions
{
    /// <summary>What is done about ARC.</summary>
    public ArcMode Mode { get; set; } = ArcMode.Verify;

    /// <summary>Sets a chain may have; longer ones fail.</summary>
    [NumberRange(1, ArcInstance.Max, Unit = "sets")]
    public int MaxSets { get; set; } = ArcInstance.Max;

    /// <summary>Smallest RSA key that counts (RFC 8301, 3.2).</summary>
    [NumberRange(1024, 4096, Unit = "bits")]
    public int MinKeyBits { get; set; } = 1024;

    /// <summary>How long all lookups for one message may take together; what is not known then is <c>temperror</c>.</summary>
    [TimeRange("10ms", "10m")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(20);
}
