// The certificates that an Exim presents, as it says itself (-bP), with the files that its tls_ocsp_file names for them. Both are lists in the same order, and may
// depend on the name a client asks for (SNI): then Exim expands them (-be) for each name that is known, from Ocsp:Names and from the directories that
// tls_certificate looks into. The variable of that name is not set there, so the name is put in its place; only what can be the name of a host goes in, as
// Exim would execute other things.
using System.Text.RegularExpressions;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>What an Exim says of its certificates.</summary>
/// <param name="options">Which Exim, which names, and what is looked after without it.</param>
internal sealed partial class EximCertificates(OcspOptions options)
{
    // Each costs Exim some milliseconds; a directory with more is named in part.
    private const int MostNames = 1000;

    // Two texts a name: far below what a command line may have.
    private const int NamesAtOnce = 50;

    // In front of each text: one that began with a capital would be read as the definition of a macro (src/exim.c, expansion_test_line).
    private const string Lead = "=";

    private const string Certificates = "tls_certificate", Proofs = "tls_ocsp_file", Failure = "Failed: ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string? _command = EximVersion.Command(new TargetOptions { Exim = options.Exim });

    private string Subject => _command ?? "Exim";

    /// <summary>Whether a text can be the name of a host.</summary>
    public static bool IsName(string text) => HostName().IsMatch(text);

    /// <summary>Those of the options, and beside them what Exim names; what cannot be known is told.</summary>
    /// <param name="findings">Where it is told.</param>
    public IReadOnlyList<OcspCertificateOptions> Beside(List<JobFinding> findings)
    {
        var all = new List<OcspCertificateOptions>(options.Certificates);
        var (certificates, proofs) = (Setting(Certificates), Setting(Proofs));
        if (certificates is null || proofs is null)
        {
            findings.Add(new JobFinding(Subject, OcspJob.NotKnown, JobLevel.Later, _command is null ? "there is no exim command; set Ocsp:Exim"
                : $"does not say its {Certificates} and {Proofs} (-bP){(options.EximConfig.Length > 0 ? $" with {options.EximConfig}" : "")}; see that the worker's user may run it and read its configuration"));
            return all;
        }
        if (certificates.Length == 0) findings.Add(new JobFinding(Subject, OcspJob.NotStapled, JobLevel.Well, $"its {Certificates} is not set, so there is no proof to fetch"));
        var names = NamesOf(certificates, findings);
        foreach (var (name, expanded, files) in names.Chunk(NamesAtOnce).SelectMany(some => Expand(some, certificates, ProofTexts.Bare(proofs), findings)))
        {
            foreach (var one in Pairs(EximList.Items(expanded), EximList.Items(files))) Add(all, one, name, findings);
        }
        return all;
    }

    private static void Add(List<OcspCertificateOptions> all, OcspCertificateOptions one, string name, List<JobFinding> findings)
    {
        if (all.Any(a => a.Certificate == one.Certificate && (a.Proof == one.Proof || one.Proof.Length == 0))) return;
        if (one.Proof.Length > 0 && all.FirstOrDefault(a => a.Proof == one.Proof) is { } other)
            findings.Add(new JobFinding(one.Certificate, OcspJob.NotKnown, JobLevel.Bad, $"its {Proofs}{For(name)} is {one.Proof}, which is the proof of {other.Certificate}; name another file for each certificate"));
        else if (one.Certificate.StartsWith('/') && (one.Proof.Length == 0 || one.Proof.StartsWith('/'))) all.Add(one);
        else findings.Add(new JobFinding(one.Certificate, OcspJob.NotKnown, JobLevel.Bad, $"{Certificates} '{one.Certificate}' with {Proofs} '{one.Proof}'{For(name)}: no whole paths, so the files are not looked for"));
    }

    // A word before a file says how it and those behind it are written; without one it is DER.
    private static IEnumerable<OcspCertificateOptions> Pairs(IReadOnlyList<string> certificates, IReadOnlyList<string> files)
    {
        var format = ProofFormat.Der;
        for (var i = 0; i < certificates.Count; i++)
        {
            var file = i < files.Count ? files[i] : "";
            if (file.StartsWith("PEM ", StringComparison.Ordinal) || file.StartsWith("DER ", StringComparison.Ordinal)) (format, file) = (file[0] == 'P' ? ProofFormat.Pem : ProofFormat.Der, file[4..].TrimStart());
            if (certificates[i].Length > 0) yield return new OcspCertificateOptions { Certificate = certificates[i], Proof = file, Format = format };
        }
    }

    private static string For(string name) => name.Length > 0 ? $" for {name}" : "";

    // That without a name first: it is the certificate of clients that ask for none.
    private List<string> NamesOf(string text, List<JobFinding> findings)
    {
        var names = new List<string> { "" };
        if (!ServerName().IsMatch(text)) return names;
        names.AddRange(options.Names);
        try
        {
            // A name may be found twice, with its ending and without.
            names.AddRange(NameTexts.InDirectories(text).Where(IsName).Take(4 * MostNames));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Add(new JobFinding(Subject, OcspJob.NotKnown, JobLevel.Later, $"{Certificates}: {e.Message}"));
        }
        var all = names.Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (all.Count > MostNames) findings.Add(new JobFinding(Subject, OcspJob.NotKnown, JobLevel.Bad, $"{Certificates} has more than {MostNames} names; the rest is not looked after: name it in Ocsp:Certificates of another worker"));
        return [.. all.Take(MostNames)];
    }

    private List<(string Name, string Certificates, string Proofs)> Expand(string[] names, string certificates, string proofs, List<JobFinding> findings)
    {
        if (!certificates.Contains('$', StringComparison.Ordinal) && !proofs.Contains('$', StringComparison.Ordinal)) return [.. names.Select(name => (name, certificates, proofs))];
        var texts = names.SelectMany(name => new[] { Lead + ServerName().Replace(certificates, name), Lead + ServerName().Replace(proofs, name) }).ToList();
        // A line each, empty ones too; behind the last newline is none.
        var lines = AskedCommand.Ask(_command!, [.. Configuration, "-be", .. texts], Patience)?.Output.Split('\n')[..^1] ?? [];
        var found = new List<(string Name, string Certificates, string Proofs)>();
        if (lines.Length != texts.Count)
        {
            findings.Add(new JobFinding(Subject, OcspJob.NotKnown, JobLevel.Later, $"does not expand its {Certificates} and {Proofs} (-be): {lines.FirstOrDefault("no answer")}"));
            return found;
        }
        for (var i = 0; i < names.Length; i++)
        {
            if (Array.Find([lines[2 * i], lines[(2 * i) + 1]], l => !l.StartsWith(Lead, StringComparison.Ordinal)) is not { } failure) found.Add((names[i], lines[2 * i][Lead.Length..], lines[(2 * i) + 1][Lead.Length..]));
            // A file in the directory that Exim would not take is nobody's certificate.
            else if (names[i].Length == 0 || options.Names.Contains(names[i])) findings.Add(new JobFinding(Subject, OcspJob.NotKnown, JobLevel.Bad, $"{Certificates} or {Proofs}{For(names[i])}: {failure.Replace(Failure, "", StringComparison.Ordinal)}"));
        }
        return found;
    }

    private string? Setting(string name) => EximVersion.Setting(new TargetOptions { Exim = _command ?? "", EximConfig = options.EximConfig }, name);

    private string[] Configuration => options.EximConfig.Length > 0 ? ["-C", Path.GetFullPath(options.EximConfig)] : [];

    [GeneratedRegex(@"^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\z")]
    private static partial Regex HostName();

    [GeneratedRegex(@"\$(?:tls_(?:in_)?sni\b|\{tls_(?:in_)?sni\})")]
    private static partial Regex ServerName();
}
