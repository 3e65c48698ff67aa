// Limits of DKIM verification, and what can be wrong with them.
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Dkim;

/// <summary>Section <c>Dkim</c>.</summary>
public sealed class DkimOptions
{
    /// <summary>Signatures looked at in one message, from the top.</summary>
    [NumberRange(1, 100)]
    public int MaxSignatures { get; set; } = 10;

    /// <summary>Keys looked up for one message's DKIM signatures.</summary>
    [NumberRange(1, 100)]
    public int MaxLookups { get; set; } = 10;

    /// <summary>After this time no further key is looked up for a message.</summary>
    [TimeRange("10ms", "10m")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Shortest RSA key that counts (RFC 8301, 3.2: never below 1024).</summary>
    [NumberRange(1024, 4096)]
    public int MinRsaBits { get; set; } = 1024;

    /// <summary>Longest RSA key that is worked with (RFC 8301, 3.2: at least 4096).</summary>
    [NumberRange(4096, Core.PrivateKey.MaxRsaBits)]
    public int MaxRsaBits { get; set; } = 8192;

    /// <summary>How far a signer's clock may be off when <c>x=</c> is looked at.</summary>
    [TimeRange("0s", "1d")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Keys kept in memory.</summary>
    [NumberRange(1, 1000000)]
    public int KeyCache { get; set; } = Core.KeyCache.DefaultCapacity;
}
