// Results and policies of DMARC, with their words, and what an evaluation gives.
namespace SpoolWorker.Passes.Dmarc;

/// <summary>How an evaluation ended (RFC 8601, 2.7; RFC 9989, 9).</summary>
public enum DmarcResult
{
    /// <summary>No policy is published for the author domain.</summary>
    None,

    /// <summary>An aligned identifier passed.</summary>
    Pass,

    /// <summary>None did.</summary>
    Fail,

    /// <summary>The DNS did not answer; later it may.</summary>
    TempError,

    /// <summary>The policy record is wrong, or no one author domain stands in the From field.</summary>
    PermError,
}

/// <summary>What a domain owner wants done with mail that fails (RFC 9989, 4.7, tag p).</summary>
public enum DmarcPolicy
{
    /// <summary>The domain asks for nothing.</summary>
    None,

    /// <summary>The domain asks that it be treated as suspicious.</summary>
    Quarantine,

    /// <summary>The domain asks that it be refused.</summary>
    Reject,
}

/// <summary>Words.</summary>
public static class DmarcWords
{
    private static readonly string[] Results = ["none", "pass", "fail", "temperror", "permerror"];
    private static readonly string[] Policies = ["none", "quarantine", "reject"];

    /// <summary>The word in Authentication-Results and in records.</summary>
    public static string Token(this DmarcResult result) => Results[(int)result];

    /// <summary>The word in Authentication-Results and in records.</summary>
    public static string Token(this DmarcPolicy policy) => Policies[(int)policy];

    /// <summary>A policy in any case (RFC 9989, 4.8).</summary>
    public static bool TryParse(string word, out DmarcPolicy policy)
    {
        var found = Array.FindIndex(Policies, p => p.Equals(word, StringComparison.OrdinalIgnoreCase));
        policy = found < 0 ? DmarcPolicy.None : (DmarcPolicy)found;
        return found >= 0;
    }
}

/// <summary>A DKIM signature, as far as DMARC asks.</summary>
/// <param name="Domain">d=, in ASCII.</param>
/// <param name="Passed">It was verified.</param>
/// <param name="IsTemporary">It was not, for now: its key could not be fetched.</param>
public readonly record struct DmarcSignature(string Domain, bool Passed, bool IsTemporary = false);

/// <summary>What an evaluation gave.</summary>
/// <param name="Result">The result.</param>
/// <param name="Domain">The author domain, in ASCII; empty when there is no one.</param>
/// <param name="Policy">The policy that applies to it: p, sp or np, one step milder while its owner tests (t=y, or pct=0 of old records); null when there is none. It is IANA's policy.dmarc.</param>
/// <param name="PolicyDomain">Where that record was found.</param>
/// <param name="Requested">What the owner asks for with this message: the policy when it failed, else none.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record DmarcOutcome(DmarcResult Result, string Domain, DmarcPolicy? Policy, string? PolicyDomain, DmarcPolicy Requested, string Reason);
