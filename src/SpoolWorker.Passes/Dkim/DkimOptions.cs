// Limits of DKIM verification, and what can be wrong with them.
namespace SpoolWorker.Passes.Dkim;

/// <summary>Section <c>Dkim</c>.</summary>
public sealed class DkimOptions
{
    /// <summary>Signatures looked at in one message, from the top.</summary>
    public int MaxSignatures { get; set; } = 10;

    /// <summary>Keys looked up for one message's DKIM signatures.</summary>
    public int MaxLookups { get; set; } = 10;

    /// <summary>After this time no further key is looked up for a message.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Shortest RSA key that counts (RFC 8301, 3.2: never below 1024).</summary>
    public int MinRsaBits { get; set; } = 1024;

    /// <summary>Longest RSA key that is worked with (RFC 8301, 3.2: at least 4096).</summary>
    public int MaxRsaBits { get; set; } = 8192;

    /// <summary>How far a signer's clock may be off when <c>x=</c> is looked at.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Keys kept in memory.</summary>
    public int KeyCache { get; set; } = Core.KeyCache.DefaultCapacity;

    /// <summary>What is wrong, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(DkimOptions options)
    {
        if (options.MaxSignatures is < 1 or > 100) yield return $"MaxSignatures = '{options.MaxSignatures}': must be 1 to 100";
        if (options.MaxLookups is < 1 or > 100) yield return $"MaxLookups = '{options.MaxLookups}': must be 1 to 100";
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > TimeSpan.FromMinutes(10)) yield return $"Timeout = '{options.Timeout}': must be above zero, at most ten minutes";
        if (options.MinRsaBits is < 1024 or > 4096) yield return $"MinRsaBits = '{options.MinRsaBits}': must be 1024 to 4096";
        if (options.MaxRsaBits is < 4096 or > Core.PrivateKey.MaxRsaBits) yield return $"MaxRsaBits = '{options.MaxRsaBits}': must be 4096 to {Core.PrivateKey.MaxRsaBits}";
        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > TimeSpan.FromDays(1)) yield return $"ClockSkew = '{options.ClockSkew}': must be 0 to one day";
        if (options.KeyCache is < 1 or > 1_000_000) yield return $"KeyCache = '{options.KeyCache}': must be 1 to 1000000";
    }
}
