// The results of RFC 7208, 2.6, their words, and what a check is asked and answers.
using System.Net;

namespace SpoolWorker.Passes.Spf;

/// <summary>How a check ended (RFC 7208, 2.6).</summary>
public enum SpfResult
{
    /// <summary>No domain to check, or it publishes no record.</summary>
    None,

    /// <summary>The domain says nothing about this client.</summary>
    Neutral,

    /// <summary>The client may send for the domain.</summary>
    Pass,

    /// <summary>It may not.</summary>
    Fail,

    /// <summary>It probably may not.</summary>
    SoftFail,

    /// <summary>The DNS did not answer; later it may.</summary>
    TempError,

    /// <summary>The published records cannot be evaluated.</summary>
    PermError,
}

/// <summary>Words of results.</summary>
public static class SpfResults
{
    private static readonly (SpfResult Result, string Token)[] Tokens =
    [
        (SpfResult.None, "none"), (SpfResult.Neutral, "neutral"), (SpfResult.Pass, "pass"), (SpfResult.Fail, "fail"),
        (SpfResult.SoftFail, "softfail"), (SpfResult.TempError, "temperror"), (SpfResult.PermError, "permerror"),
    ];

    /// <summary>The word in header lines (RFC 7208, 9.1; RFC 8601, 2.7.2) and in JSON.</summary>
    public static string Token(this SpfResult result) => Array.Find(Tokens, t => t.Result == result).Token ?? throw new ArgumentOutOfRangeException(nameof(result), result, "not a result");

    /// <summary>A word in any case; Exim's <c>err_perm</c> and <c>err_temp</c> are known too.</summary>
    public static bool TryParse(string word, out SpfResult result)
    {
        var known = word.ToUpperInvariant() switch
        {
            "ERR_PERM" => "permerror",
            "ERR_TEMP" => "temperror",
            _ => word,
        };
        var found = Array.FindIndex(Tokens, t => t.Token.Equals(known, StringComparison.OrdinalIgnoreCase));
        result = found < 0 ? SpfResult.None : Tokens[found].Result;
        return found >= 0;
    }
}

/// <summary>Whose domain was checked (RFC 7208, 2.3 and 2.4).</summary>
public enum SpfIdentity
{
    /// <summary>The envelope sender's.</summary>
    MailFrom,

    /// <summary>The client's HELO name, because the sender is null.</summary>
    Helo,
}

/// <summary>Words of identities.</summary>
public static class SpfIdentities
{
    /// <summary>The word in Received-SPF (RFC 7208, 9.1).</summary>
    public static string Token(this SpfIdentity identity) => identity switch
    {
        SpfIdentity.MailFrom => "mailfrom",
        SpfIdentity.Helo => "helo",
        _ => throw new ArgumentOutOfRangeException(nameof(identity), identity, "not an identity"),
    };
}

/// <summary>What is checked. Strings hold octets: one char a byte (Latin-1), as they came.</summary>
/// <param name="Client">The client's address; IPv4 mapped into IPv6 counts as IPv4.</param>
/// <param name="Helo">What the client said in HELO or EHLO.</param>
/// <param name="Sender">The envelope sender; empty or &lt;&gt; is the null sender.</param>
/// <param name="Receiver">The checking host's name, for explanations and Received-SPF; empty: "unknown".</param>
public sealed record SpfQuery(IPAddress Client, string Helo, string Sender, string Receiver);

/// <summary>What a check found.</summary>
/// <param name="Result">The result.</param>
/// <param name="Explanation">The domain's own words on a fail (RFC 7208, 6.2), printable ASCII; null: none.</param>
/// <param name="Mechanism">What matched, as published; "default" when nothing did; null when nothing was evaluated.</param>
/// <param name="Problem">What was wrong, for an error; null: nothing.</param>
/// <param name="Identity">Whose domain it was.</param>
/// <param name="Domain">The domain checked, in ASCII form where it has one.</param>
/// <param name="Query">What was asked.</param>
public sealed record SpfOutcome(SpfResult Result, string? Explanation, string? Mechanism, string? Problem, SpfIdentity Identity, string Domain, SpfQuery Query);
