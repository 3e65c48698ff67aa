// What DKIM verification finds, in the words of RFC 8601, 2.7.1.
using System.Collections.Immutable;

namespace SpoolWorker.Passes.Dkim;

/// <summary>The result of one signature, or of a message.</summary>
public enum DkimResult
{
    /// <summary>There is no signature.</summary>
    None,

    /// <summary>The signature verifies.</summary>
    Pass,

    /// <summary>The signature was fit to be checked, and the check failed.</summary>
    Fail,

    /// <summary>What the signature says is not acceptable here: expired, a key too short or too long, too many lookups.</summary>
    Policy,

    /// <summary>The signature cannot be read or uses what is not known.</summary>
    Neutral,

    /// <summary>The key could not be had; it may be later.</summary>
    TempError,

    /// <summary>The signature cannot be checked, now or later: From not signed, no key, a revoked or unfit one, rsa-sha1.</summary>
    PermError,
}

/// <summary>The words.</summary>
public static class DkimResults
{
    /// <summary>The word of RFC 8601, 2.7.1.</summary>
    public static string Token(this DkimResult result) => result switch
    {
        DkimResult.None => "none",
        DkimResult.Pass => "pass",
        DkimResult.Fail => "fail",
        DkimResult.Policy => "policy",
        DkimResult.Neutral => "neutral",
        DkimResult.TempError => "temperror",
        DkimResult.PermError => "permerror",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "not a result"),
    };
}

/// <summary>One signature's result.</summary>
/// <param name="Result">The result.</param>
/// <param name="Reason">Why; empty for a pass.</param>
public sealed record DkimSignatureResult(DkimResult Result, string Reason)
{
    /// <summary><c>d=</c> in the form of the DNS; empty when it cannot be read.</summary>
    public string Domain { get; init; } = "";

    /// <summary><c>s=</c>.</summary>
    public string Selector { get; init; } = "";

    /// <summary><c>i=</c>, decoded, its bytes as Latin-1; without that tag an at sign and the domain.</summary>
    public string Identity { get; init; } = "";

    /// <summary><c>a=</c>; empty when it is not known.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>The first 8 characters of <c>b=</c>, for header.b (RFC 6008).</summary>
    public string SignatureStart { get; init; } = "";

    /// <summary>The key is marked as a test (<c>t=y</c>).</summary>
    public bool IsTesting { get; init; }

    /// <summary>It passed only with header lines that have been rewritten or deleted since the message came in.</summary>
    public bool IsAsReceived { get; init; }
}

/// <summary>The results of a message.</summary>
/// <param name="Signatures">From the topmost signature on.</param>
/// <param name="NotLookedAt">Signatures beyond the limit.</param>
public sealed record DkimOutcome(ImmutableArray<DkimSignatureResult> Signatures, int NotLookedAt)
{
    // A pass counts whatever else is there; what may pass later comes before what never will.
    private static readonly DkimResult[] Order = [DkimResult.Pass, DkimResult.TempError, DkimResult.Fail, DkimResult.Policy, DkimResult.PermError, DkimResult.Neutral];

    /// <summary>One word for the message: the best of its signatures.</summary>
    public DkimResult Result
    {
        get
        {
            foreach (var result in Order)
            {
                foreach (var signature in Signatures)
                {
                    if (signature.Result == result) return result;
                }
            }
            return DkimResult.None;
        }
    }

    /// <summary>Domains with a signature that passed, each once.</summary>
    public IEnumerable<string> PassedDomains => Signatures.Where(s => s.Result == DkimResult.Pass).Select(s => s.Domain).Distinct(StringComparer.OrdinalIgnoreCase);
}
