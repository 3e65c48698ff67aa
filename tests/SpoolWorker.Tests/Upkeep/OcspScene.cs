using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Upkeep;
using SpoolWorker.Upkeep.Ocsp;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>An authority, an HTTP server in front of its responder, a certificate that names it, and the job.</summary>
internal sealed class OcspScene : IDisposable
{
    private readonly TempDirectory _proofs = new();

    public OcspScene(string[]? key = null, bool mustStaple = false, string? serial = null)
    {
        Authority = new OcspAuthority("Test CA", key);
        Name = Authority.Issue(OcspAuthority.Asked(Front.Url + "/", mustStaple), key, serial: serial);
        Front.Answer = asked => OcspFront.Ok(Authority.Answer(asked.Request, Signer, More));
        Options.Certificates = [new OcspCertificateOptions { Certificate = $"{Name}.chain.pem", Proof = Proof }];
    }

    public OcspAuthority Authority { get; }

    public OcspFront Front { get; } = new();

    public ShiftedClock Clock { get; } = new();

    public OcspOptions Options { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>The certificate's file, without extension.</summary>
    public string Name { get; set; }

    /// <summary>Who signs; null: the authority.</summary>
    public string? Signer { get; set; }

    /// <summary>For how long: of openssl's arguments.</summary>
    public string[] More { get; set; } = ["-ndays", "7"];

    public string Directory => _proofs;

    public string Proof => _proofs.At("mail.ocsp");

    public byte[] Bytes => File.ReadAllBytes(Proof);

    /// <summary>What lies beside the proof, with what lies in the directory for new ones.</summary>
    public string[] Beside => [.. System.IO.Directory.EnumerateFileSystemEntries(_proofs, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_proofs, f)).Where(f => f != "mail.ocsp").Order()];

    public IReadOnlyList<JobFinding> RunAll(bool isDry = false) =>
        new OcspJob(Options, new JobSurroundings(new Settings { Ledger = { Path = _proofs } }, Clock)).RunAsync(isDry, default).GetAwaiter().GetResult();

    public JobFinding Run(bool isDry = false) => RunAll(isDry).Single();

    public void Dispose()
    {
        Front.Dispose();
        Authority.Dispose();
        _proofs.Dispose();
    }
}
