// Settings of the pass dkim-sign, and what can be wrong with them: every key is loaded at start, so that a missing or an
// open key file is a fault then and not when the first message leaves.
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;

namespace SpoolWorker.Passes.Dkim;

/// <summary>One signature that is put on messages.</summary>
public sealed class DkimKeyOptions
{
    /// <summary>The signing domain, <c>d=</c>.</summary>
    public string Domain { get; set; } = "";

    /// <summary>The selector, <c>s=</c>.</summary>
    public string Selector { get; set; } = "";

    /// <summary>RSA (PEM) or Ed25519 (PEM, or 32 bytes in base64), not readable by others. It says which algorithm is used.</summary>
    [PathSetting]
    public string PrivateKeyFile { get; set; } = "";

    /// <summary>List of From domains signed for; <c>*</c> is every message. Empty: the signing domain and those below it.</summary>
    public List<string> Senders { get; set; } = [];

    /// <summary>Form of header and body, <c>c=</c>: <c>simple</c> or <c>relaxed</c>, twice, with a slash between.</summary>
    public string Canonicalization { get; set; } = "relaxed/relaxed";

    /// <summary>Fields that are signed, each as often as it is there.</summary>
    public List<string> Headers { get; set; } =
    [
        "From", "Sender", "Reply-To", "Subject", "Date", "Message-ID", "To", "Cc", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-ID",
        "Content-Description", "In-Reply-To", "References", "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post", "List-Owner", "List-Archive",
    ];

    /// <summary>Fields of which nobody may add one more without breaking the signature (RFC 6376, 8.15).</summary>
    public List<string> Oversign { get; set; } = ["From", "Reply-To", "Subject", "Date", "Message-ID", "To", "Cc", "MIME-Version", "Content-Type"];

    /// <summary>Say when it was signed, <c>t=</c>.</summary>
    public bool Timestamps { get; set; } = true;

    /// <summary>How long the signature holds, <c>x=</c>; 0s: without end.</summary>
    [TimeRange("1m", "3650d", OrZero = true)]
    public TimeSpan Expire { get; set; } = TimeSpan.Zero;
}

/// <summary>Section <c>Dkim:Sign</c>.</summary>
public sealed class DkimSignOptions : PassOptions
{
    /// <summary>The signatures; a message gets one of each that its From fits.</summary>
    public List<DkimKeyOptions> Keys { get; set; } = [];

    /// <summary>List of clients whose mail is signed without a login: hosts that are relayed for. Always signed is mail that is made on this host, and that of clients that have logged in.</summary>
    public List<string> Hosts { get; set; } = [];

    /// <summary>What is wrong, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(DkimSignOptions options)
    {
        if (options.Keys.Count == 0) yield return "Keys = '': name a key (Domain, Selector, PrivateKeyFile), or leave dkim-sign out of Passes";
        for (var i = 0; i < options.Keys.Count; i++)
        {
            foreach (var fault in Faults(options.Keys[i])) yield return $"Keys:{i}:{fault}";
        }
        if (!LookupList.TryParse(options.Hosts, LookupKind.Network, out _, out var error)) yield return $"Hosts = {error}";
    }

    private static IEnumerable<string> Faults(DkimKeyOptions key)
    {
        if (!TagValues.IsDomainName(key.Domain)) yield return $"Domain = '{key.Domain}': must be a domain (non-ASCII as xn--)";
        if (!TagValues.IsDomainName(key.Selector)) yield return $"Selector = '{key.Selector}': must be one or more labels of a domain";
        if (PrivateKey.FaultOf(key.PrivateKeyFile) is { } fault) yield return $"PrivateKeyFile = '{key.PrivateKeyFile}': {fault}";
        if (!LookupList.TryParse(key.Senders, LookupKind.Domain, out _, out var error)) yield return $"Senders = {error}";
        if (!Algorithms.TryPair(System.Text.Encoding.Latin1.GetBytes(key.Canonicalization), out _, out _)) yield return $"Canonicalization = '{key.Canonicalization}': must be two of simple and relaxed with a slash between";
        foreach (var name in key.Headers.Concat(key.Oversign))
        {
            if (name.Length is 0 or > 64 || name.AsSpan().ContainsAnyExceptInRange('!', '~') || name.AsSpan().ContainsAny(':', ';')) yield return $"Headers = '{name}': must be the name of a header field";
        }
        // RFC 6376, 5.4; and 3.5 for the field itself
        if (!key.Headers.Contains("From", StringComparer.OrdinalIgnoreCase)) yield return $"Headers = '{string.Join(' ', key.Headers)}': From has to be among them (RFC 6376, 5.4)";
        if (key.Headers.Concat(key.Oversign).FirstOrDefault(n => n.Equals(DkimSignature.FieldName, StringComparison.OrdinalIgnoreCase)) is { } own) yield return $"Headers = '{own}': signatures are not signed";
        if (key.Expire > TimeSpan.Zero && !key.Timestamps) yield return $"Expire = '{key.Expire}': needs Timestamps = true";
    }
}
