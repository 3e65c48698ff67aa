// What verifying a chain gives: a state in the words of RFC 8617 and RFC 8601, and one reason out of a closed list. Each
// word stands in one table here. TempError is no state of RFC 8617, whose 5.2.1 makes every DNS failure a lasting "fail";
// a worker can wait and ask again, so it says so (RFC 8601, 2.7.1, has the word for other methods).
using System.Globalization;

namespace SpoolWorker.Passes.Arc;

/// <summary>State of a chain.</summary>
public enum ArcState
{
    /// <summary>No ARC header lines at all.</summary>
    None,

    /// <summary>All seals and the newest message signature verify.</summary>
    Pass,

    /// <summary>The chain is broken for good.</summary>
    Fail,

    /// <summary>A key could not be fetched now.</summary>
    TempError,
}

/// <summary>Why a chain is in its state.</summary>
public enum ArcReason
{
    /// <summary>It passed, or there is none.</summary>
    None,

    // The structure of the chain (RFC 8617, 5.2, steps 1 to 3).
    /// <summary>More sets than allowed.</summary>
    TooManySets,

    /// <summary>No instance number.</summary>
    InstanceMissing,

    /// <summary>Instance number out of range.</summary>
    InstanceInvalid,

    /// <summary>Set is missing.</summary>
    InstanceGap,

    /// <summary>Header field occurs twice.</summary>
    DuplicateHeader,

    /// <summary>Header field is missing.</summary>
    HeaderMissing,

    /// <summary>Chain had failed at an earlier hop.</summary>
    ChainFailedBefore,

    /// <summary>cv= does not fit the instance.</summary>
    ChainValueWrong,

    // One header line of a set.
    /// <summary>Tag list cannot be read.</summary>
    TagListInvalid,

    /// <summary>Required tag is missing.</summary>
    TagMissing,

    /// <summary>Tag has an invalid value.</summary>
    TagInvalid,

    /// <summary>Algorithm is not supported.</summary>
    AlgorithmUnsupported,

    /// <summary>h= is not allowed.</summary>
    SealHasHeaderList,

    /// <summary>h= names ARC-Seal.</summary>
    SignatureCoversSeal,

    /// <summary>Signature has expired.</summary>
    Expired,

    // Keys and signatures.
    /// <summary>No key record.</summary>
    KeyNotFound,

    /// <summary>Key record cannot be used.</summary>
    KeyInvalid,

    /// <summary>Key is revoked.</summary>
    KeyRevoked,

    /// <summary>Key does not allow this use.</summary>
    KeyUnsuitable,

    /// <summary>Key is too small.</summary>
    KeyTooSmall,

    /// <summary>Key cannot be fetched now.</summary>
    KeyUnavailable,

    /// <summary>Too many keys to look up.</summary>
    TooManyLookups,

    /// <summary>Body hash does not match.</summary>
    BodyHashWrong,

    /// <summary>Signature does not verify.</summary>
    SignatureWrong,
}

/// <summary>The three header fields of a set (RFC 8617, 4.1), in the order a seal covers them.</summary>
public enum ArcField
{
    /// <summary>ARC-Authentication-Results, the AAR.</summary>
    Results,

    /// <summary>ARC-Message-Signature, the AMS.</summary>
    Signature,

    /// <summary>ARC-Seal, the AS.</summary>
    Seal,
}

/// <summary>What was found of a chain.</summary>
/// <param name="State">The state.</param>
/// <param name="Reason">Why, when it failed or could not be decided.</param>
/// <param name="Instance">The instance the reason speaks of; 0 for the chain as a whole.</param>
/// <param name="Field">The header field the reason speaks of.</param>
/// <param name="Highest">The highest instance number found, also in a broken chain.</param>
/// <param name="Domains">The d= of each seal from instance 1 on, joined by colons; empty where there is none to be read.</param>
/// <param name="OldestPass">The lowest instance from which on all message signatures verify; 0 unless the chain passes.</param>
public sealed record ArcResult(ArcState State, ArcReason Reason, int Instance, ArcField Field, int Highest, string Domains, int OldestPass)
{
    /// <summary>A message without a chain.</summary>
    public static ArcResult NoChain { get; } = new(ArcState.None, ArcReason.None, 0, ArcField.Seal, 0, "", 0);

    /// <summary>The oldest-pass of RFC 8617, 5.2, step 5: 0 when every message signature verifies.</summary>
    public int OldestPassOfRfc => OldestPass == 1 ? 0 : OldestPass;

    /// <summary>The reason with its place, such as <c>i=2 ARC-Seal: signature does not verify</c>; empty when there is none.</summary>
    public string ReasonText => Reason == ArcReason.None ? ""
        : Instance == 0 ? ArcWords.Text(Reason)
        : string.Create(CultureInfo.InvariantCulture, $"i={Instance} {ArcWords.Name(Field)}: {ArcWords.Text(Reason)}");
}

/// <summary>What is found of a chain, under the names Exim's variables have, and what the pass arc-seal made of it.</summary>
public static class ArcResultNames
{
    private static readonly NamedResult State = new("arc_state", "State of the ARC chain: `none`, `pass`, `fail` or `temperror`", "arc") { IsOwnWord = true };
    private static readonly NamedResult Reason = new("arc_state_reason", "Why, with the instance and the line; empty when it passed or there is none");
    private static readonly NamedResult Domains = new("arc_domains", "Sealers from the newest on, with colons between");
    private static readonly NamedResult OldestPass = new("arc_oldest_pass", "Lowest instance from which on all message signatures verify") { IsOwnWord = true };

    /// <summary>What verifying finds.</summary>
    public static IReadOnlyList<NamedResult> OfChain { get; } = [State, Reason, Domains, OldestPass];

    /// <summary>How sealing ended.</summary>
    internal static NamedResult Seal { get; } = new("arc_seal", "How sealing ended: `sealed`, or why not", "seal");

    /// <summary>Puts it among the results of a pass.</summary>
    public static void AddTo(this ArcResult result, IDictionary<string, string> results)
    {
        results[State.Name] = ArcWords.Token(result.State);
        results[Reason.Name] = result.ReasonText;
        results[Domains.Name] = result.Domains;
        results[OldestPass.Name] = result.OldestPass.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The state that a pass before found; null: none did.</summary>
    internal static ArcState? StateIn(IReadOnlyDictionary<string, string> results) => results.TryGetValue(State.Name, out var word) ? ArcWords.State(word) : null;
}

/// <summary>The words.</summary>
public static class ArcWords
{
    /// <summary>The state as in cv= and in Authentication-Results.</summary>
    public static string Token(ArcState state) => state switch
    {
        ArcState.None => "none",
        ArcState.Pass => "pass",
        ArcState.Fail => "fail",
        ArcState.TempError => "temperror",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state"),
    };

    /// <summary>The state a token names; null for another word.</summary>
    public static ArcState? State(string? token) => token switch
    {
        "none" => ArcState.None,
        "pass" => ArcState.Pass,
        "fail" => ArcState.Fail,
        "temperror" => ArcState.TempError,
        _ => null,
    };

    /// <summary>The outcome of sealing as in the result arc_seal.</summary>
    public static string Token(SealOutcome outcome) => outcome switch
    {
        SealOutcome.Sealed => "sealed",
        SealOutcome.NoResults => "no-results",
        SealOutcome.ChainClosed => "chain-closed",
        SealOutcome.ChainFull => "chain-full",
        SealOutcome.NotVerified => "not-verified",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "not an outcome"),
    };

    /// <summary>The name of a header field.</summary>
    public static string Name(ArcField field) => field switch
    {
        ArcField.Results => "ARC-Authentication-Results",
        ArcField.Signature => "ARC-Message-Signature",
        ArcField.Seal => "ARC-Seal",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, "not a field"),
    };

    /// <summary>The reason for logs and people.</summary>
    public static string Text(ArcReason reason) => reason switch
    {
        ArcReason.None => "",
        ArcReason.TooManySets => "more sets than allowed",
        ArcReason.InstanceMissing => "no instance number",
        ArcReason.InstanceInvalid => "instance number out of range",
        ArcReason.InstanceGap => "set is missing",
        ArcReason.DuplicateHeader => "header field occurs twice",
        ArcReason.HeaderMissing => "header field is missing",
        ArcReason.ChainFailedBefore => "chain had failed at an earlier hop",
        ArcReason.ChainValueWrong => "cv= does not fit the instance",
        ArcReason.TagListInvalid => "tag list cannot be read",
        ArcReason.TagMissing => "required tag is missing",
        ArcReason.TagInvalid => "tag has an invalid value",
        ArcReason.AlgorithmUnsupported => "algorithm is not supported",
        ArcReason.SealHasHeaderList => "h= is not allowed",
        ArcReason.SignatureCoversSeal => "h= names ARC-Seal",
        ArcReason.Expired => "signature has expired",
        ArcReason.KeyNotFound => "no key record",
        ArcReason.KeyInvalid => "key record cannot be used",
        ArcReason.KeyRevoked => "key is revoked",
        ArcReason.KeyUnsuitable => "key does not allow this use",
        ArcReason.KeyTooSmall => "key is too small",
        ArcReason.KeyUnavailable => "key cannot be fetched now",
        ArcReason.TooManyLookups => "too many keys to look up",
        ArcReason.BodyHashWrong => "body hash does not match",
        ArcReason.SignatureWrong => "signature does not verify",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "not a reason"),
    };
}
