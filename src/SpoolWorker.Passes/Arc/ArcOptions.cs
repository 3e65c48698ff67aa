// The settings of ARC as a whole, section "Arc". RFC 8617 is on its way to Historic, so one switch turns all of it off.
namespace SpoolWorker.Passes.Arc;

/// <summary>What is done about ARC.</summary>
public enum ArcMode
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>Chains are verified.</summary>
    Verify,

    /// <summary>Chains are verified, and the pass arc-seal adds to them.</summary>
    Seal,
}

/// <summary>Settings of section Arc.</summary>
public sealed class ArcOptions
{
    public ArcMode Mode { get; set; } = ArcMode.Verify;

    /// <summary>Sets a chain may have; longer ones fail.</summary>
    public int MaxSets { get; set; } = ArcInstance.Max;

    /// <summary>Smallest RSA key that counts, in bits (RFC 8301, 3.2).</summary>
    public int MinKeyBits { get; set; } = 1024;

    /// <summary>How long all lookups for one message may take together; what is not known then is temperror.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>What is wrong with the settings.</summary>
    public static IEnumerable<string> Faults(ArcOptions options)
    {
        if (options.MaxSets is < 1 or > ArcInstance.Max) yield return $"MaxSets = '{options.MaxSets}': must be 1 to {ArcInstance.Max} (RFC 8617, 4.2.1)";
        if (options.MinKeyBits is < 1024 or > 4096) yield return $"MinKeyBits = '{options.MinKeyBits}': must be 1024 (RFC 8301, 3.2) to 4096";
        if (options.Deadline <= TimeSpan.Zero || options.Deadline > TimeSpan.FromMinutes(10)) yield return $"Deadline = '{options.Deadline}': must be above zero, to ten minutes";
    }
}
