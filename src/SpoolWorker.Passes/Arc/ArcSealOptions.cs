// The settings of the pass arc-seal, section "Arc:Seal", and what can be wrong with them. A key file that others can read is
// a fault, so that the program does not start with it.
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;

namespace SpoolWorker.Passes.Arc;

/// <summary>A key with the name it is published under.</summary>
public class ArcKeyOptions
{
    /// <summary>Domain of the key, <c>d=</c>.</summary>
    public string Domain { get; set; } = "";

    /// <summary>Its selector, <c>s=</c>.</summary>
    public string Selector { get; set; } = "";

    /// <summary>PEM file of an RSA key, not readable by others. Exim fails chains sealed with Ed25519.</summary>
    [PathSetting]
    public string PrivateKeyFile { get; set; } = "";
}

/// <summary>Settings of section Arc:Seal.</summary>
public sealed class ArcSealOptions : PassOptions
{
    /// <summary>Our authserv-id (RFC 8601): whose <c>Authentication-Results</c> lines are sealed.</summary>
    public string AdmdId { get; set; } = "";

    /// <summary>Domain of the key for senders that the signing table does not name.</summary>
    public string Domain { get; set; } = "";

    /// <summary>Its selector.</summary>
    public string Selector { get; set; } = "";

    /// <summary>PEM file of an RSA key, not readable by others. Exim fails chains sealed with Ed25519.</summary>
    [PathSetting]
    public string PrivateKeyFile { get; set; } = "";

    /// <summary><c>timestamps</c> (<c>t=</c>), <c>no-timestamps</c>, <c>expire</c>, <c>expire=UNIXTIME</c>, <c>expire=+SECONDS</c> (<c>x=</c> of the message
    /// signature; one month without a value).</summary>
    public List<string> Options { get; set; } = ["timestamps"];

    /// <summary>Names of header fields to sign; a plus sign before one covers its absence too. Empty: those of <c>dkim-sign</c>, and
    /// <c>DKIM-Signature</c>.</summary>
    public List<string> SignHeaders { get; set; } = [];

    /// <summary>Further keys.</summary>
    public List<ArcKeyOptions> Keys { get; set; } = [];

    /// <summary>List: sender domain, with the domain of the key as its value.</summary>
    public List<string> SigningTable { get; set; } = [];

    /// <summary>What is signed when <see cref="SignHeaders"/> is empty.</summary>
    internal static IReadOnlyList<string> DefaultNames => SignedNames.Default;

    internal IReadOnlyList<string> NamesToSign => SignHeaders.Count > 0 ? SignHeaders : DefaultNames;

    /// <summary>What is wrong with the settings.</summary>
    public static IEnumerable<string> Faults(ArcSealOptions options)
    {
        if (FaultOfAdmd(options.AdmdId) is { } fault) yield return $"AdmdId = '{options.AdmdId}': {fault}";
        foreach (var keyFault in FaultsOfKey("", options.Domain, options.Selector, options.PrivateKeyFile)) yield return keyFault;
        for (var i = 0; i < options.Keys.Count; i++)
        {
            foreach (var keyFault in FaultsOfKey($"Keys:{i}:", options.Keys[i].Domain, options.Keys[i].Selector, options.Keys[i].PrivateKeyFile)) yield return keyFault;
        }
        if (!SealTimes.TryParse(options.Options, out _, out var error)) yield return $"Options = '{string.Join(',', options.Options)}': {error}";
        foreach (var name in options.SignHeaders)
        {
            if (SignedNames.FaultOf(name) is { } wrong) yield return $"SignHeaders = '{name}': {wrong}";
        }
        if (!LookupList.TryParse(options.SigningTable, LookupKind.Domain, out _, out error)) yield return $"SigningTable = {error}";
    }

    /// <summary>What is wrong with an authserv-id; null when nothing is.</summary>
    internal static string? FaultOfAdmd(string admdId) =>
        admdId.Length == 0 ? "must be the authserv-id of your Authentication-Results lines"
        // RFC 2045, 5.1: a token; what is none would have to be quoted, and then some receivers do not know it again.
        : admdId.Any(c => c is <= ' ' or >= '\x7f' || "()<>@,;:\\\"/[]?=".Contains(c, StringComparison.Ordinal)) ? "must be a single word, such as a host name" : null;

    /// <summary>What is wrong with the name of a key; null when nothing is.</summary>
    internal static string? FaultOfName(string name) => TagValues.IsDomainName(name) ? null : "must be a domain name (labels of letters, digits, hyphens and underscores)";

    private static IEnumerable<string> FaultsOfKey(string prefix, string domain, string selector, string file)
    {
        if (FaultOfName(domain) is { } wrong) yield return $"{prefix}Domain = '{domain}': {wrong}";
        if ((wrong = FaultOfName(selector)) is not null) yield return $"{prefix}Selector = '{selector}': {wrong}";
        if (PrivateKey.FaultOf(file) is { } fault) yield return $"{prefix}PrivateKeyFile = '{file}': {fault}";
    }
}
