// Limits of DKIM verification, and what can be wrong with them.
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Dkim;

/// <summary>Section <c>Dkim</c>.</summary>
public sealed class DkimOptions
{
    /// <summary>Signatures looked at in one message, from the top.</summary>
    [NumberRange(1, 100, Unit = "signatures")]
    public int MaxSignatures { get; set; } = 10;

    /// <summary>Keys looked up for the signatures of one message.</summary>
    [NumberRange(1, 100, Unit = "keys")]
    public int MaxLookups { get; set; } = 10;

    /// <summary>After this no further key is looked up for a message.</summary>
    [TimeRange("10ms", "10m")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Smallest RSA key that counts (RFC 8301, 3.2: never below 1024); others give <c>policy</c>.</summary>
    [NumberRange(1024, 4096, Unit = "bits")]
    public int MinRsaBits { get; set; } = 1024;

    /// <summary>Largest RSA key that is worked with (RFC 8301, 3.2: at least 4096).</summary>
    [NumberRange(4096, Signing.Keys.PrivateKey.MaxRsaBits, Unit = "bits")]
    public int MaxRsaBits { get; set; } = 8192;

    /// <summary>How far a signer's clock may be off when <c>x=</c> is looked at.</summary>
    [TimeRange("0s", "1d")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Imported keys kept in memory.</summary>
    [NumberRange(1, 1000000, Unit = "keys")]
    public int KeyCache { get; set; } = Signing.Keys.KeyCache.DefaultCapacity;
}
