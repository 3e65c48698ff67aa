using SpoolWorker.Engine.Target;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>Section <c>Ocsp</c>: proofs for Exim's <c>tls_ocsp_file</c>.</summary>
internal sealed class OcspOptions
{
    // Each is looked at in each run; a host has a few, a large one some hundred.
    private const int MostCertificates = 1000;

    /// <summary>The certificates. Empty, and <c>FromExim</c> false: the job does not run.</summary>
    public List<OcspCertificateOptions> Certificates { get; set; } = [];

    /// <summary>Whether also those are looked after that Exim's <c>tls_certificate</c> and <c>tls_ocsp_file</c> name. It is asked in each run.</summary>
    public bool FromExim { get; set; }

    /// <summary>The command of the Exim that is asked. Empty: the first of <c>exim4</c>, <c>exim</c> in the usual places.</summary>
    [PathSetting]
    public string Exim { get; set; } = "";

    /// <summary>Configuration file given to that command with <c>-C</c>. Empty: its own.</summary>
    [PathSetting]
    public string EximConfig { get; set; } = "";

    /// <summary>Names that clients ask for (SNI), where Exim's certificate depends on that. Those of files in a directory that <c>tls_certificate</c> looks into are known without.</summary>
    public List<string> Names { get; set; } = [];

    /// <summary>Name or number of the user who gets the proofs. Empty: as the directory of the proof has it where root writes there, else the worker's own.</summary>
    public string Owner { get; set; } = "";

    /// <summary>Name or number of their group. Empty: as for <c>Owner</c>.</summary>
    public string Group { get; set; } = "";

    /// <summary>Their mode, octal. A proof is no secret: each client is shown it.</summary>
    public string Mode { get; set; } = "0644";

    /// <summary>An HTTP proxy for the responders, such as <c>http://proxy.example:3128</c>. Empty: none, whatever the environment says.</summary>
    public string Proxy { get; set; } = "";

    /// <summary>How long one answer may take, from the connection to its last byte.</summary>
    [TimeRange("1s", "5m")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The most an answer may have.</summary>
    [NumberRange(1024, 1 << 24, Unit = "bytes")]
    public int MaxBytes { get; set; } = 1 << 16;

    /// <summary>What is wrong with them.</summary>
    public static IEnumerable<string> Faults(OcspOptions options)
    {
        if (options.Certificates.Count > MostCertificates) yield return $"Certificates: {options.Certificates.Count} of them; name at most {MostCertificates}";
        var proofs = new HashSet<string>();
        for (var i = 0; i < options.Certificates.Count; i++)
        {
            var (one, key) = (options.Certificates[i], $"Certificates:{i}");
            if (one.Certificate.Length == 0) yield return $"{key}:Certificate = '': must be the file of a certificate";
            if (one.Proof.Length == 0) yield return $"{key}:Proof = '': must be the file that tls_ocsp_file names";
            else if (!proofs.Add(Places.Full(one.Proof))) yield return $"{key}:Proof = '{one.Proof}': another certificate has that file";
            else if (one.Proof.EndsWith('/')) yield return $"{key}:Proof = '{one.Proof}': must be a file";
        }
        foreach (var name in options.Names.Where(n => !EximCertificates.IsName(n))) yield return $"Names: '{name}': must be the name of a host";
        if (options.Names.Count > MostCertificates) yield return $"Names: {options.Names.Count} of them; name at most {MostCertificates}";
        if (!Places.TryMode(options.Mode, out _)) yield return $"Mode = '{options.Mode}': must be an octal mode such as 0644";
        if (options.Owner.Length > 0 && !Places.TryUser(options.Owner, out _)) yield return $"Owner = '{options.Owner}': no such user";
        if (options.Group.Length > 0 && !Places.TryGroup(options.Group, out _)) yield return $"Group = '{options.Group}': no such group";
        if (options.Proxy.Length > 0 && ProxyOf(options) is null) yield return $"Proxy = '{options.Proxy}': must be a URL such as http://proxy.example:3128";
    }

    /// <summary>The proxy; null: none.</summary>
    public static Uri? ProxyOf(OcspOptions options) => Uri.TryCreate(options.Proxy, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" ? proxy : null;
}

/// <summary>One element of <c>Ocsp:Certificates</c>.</summary>
internal sealed class OcspCertificateOptions
{
    /// <summary>The file that <c>tls_certificate</c> names, PEM or DER; a key in it is passed over.</summary>
    [PathSetting]
    public string Certificate { get; set; } = "";

    /// <summary>The file with the certificate of its issuer. Empty: that is in the same file.</summary>
    [PathSetting]
    public string Chain { get; set; } = "";

    /// <summary>The file that <c>tls_ocsp_file</c> names: it is replaced as a whole, by one rename. Beside it a directory <c>.spoolworker</c> is made, where the new one is written.</summary>
    [PathSetting]
    public string Proof { get; set; } = "";

    /// <summary>How the proof is written: as the file that <c>tls_ocsp_file</c> names without a word before it, or with <c>PEM</c>.</summary>
    public ProofFormat Format { get; set; }
}

/// <summary>How a proof is written.</summary>
internal enum ProofFormat
{
    /// <summary>As bytes.</summary>
    Der,

    /// <summary>As text, for Exim 4.94 and later.</summary>
    Pem,
}
