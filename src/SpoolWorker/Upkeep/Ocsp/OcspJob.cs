// Keeps proofs fresh. Of each certificate: a proof that is good and younger than half its life is left alone, and nobody is asked; else its responders are asked in turn,
// and an answer that stands all tests (OcspProof) and is newer takes its place. Whatever else comes (no answer, revoked, unknown, nonsense) is told, and a
// good proof that is there stays to its end. The rest of the certificates do not wait for one that fails, and a responder that is dead is asked once a run.
using SpoolWorker.Ledger;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>The job.</summary>
internal sealed class OcspJob(OcspOptions options, JobSurroundings around) : IUpkeepJob
{
    /// <summary>Words of what it finds.</summary>
    public const string NoResponder = "no-responder", NotRefreshed = "not-refreshed", NoProof = "no-proof", Revoked = "revoked", Unknown = "unknown", MustStaple = "must-staple",
        NotStapled = "not-stapled", NotKnown = "not-known";

    public async Task<IReadOnlyList<JobFinding>> RunAsync(bool isDry, CancellationToken cancellationToken)
    {
        using var client = new ResponderClient(options, around.Clock);
        var (findings, dead) = (new List<JobFinding>(), new HashSet<string>());
        foreach (var one in options.FromExim ? new EximCertificates(options).Beside(findings) : options.Certificates)
        {
            cancellationToken.ThrowIfCancellationRequested();
            findings.Add(await LookAsync(one, client, dead, isDry, cancellationToken).ConfigureAwait(false));
        }
        return findings;
    }

    private async Task<JobFinding> LookAsync(OcspCertificateOptions one, ResponderClient client, HashSet<string> dead, bool isDry, CancellationToken cancellationToken)
    {
        var (path, now) = (Path.GetFullPath(one.Certificate), around.Clock.GetUtcNow());
        try
        {
            var own = CertificateFile.Read(path);
            var certificate = StapledCertificate.Of(own[0], one.Chain.Length > 0 ? CertificateFile.Read(Path.GetFullPath(one.Chain)) : own.Skip(1));
            if (one.Proof.Length == 0)
            {
                // As Exim says; in Ocsp:Certificates it is a fault.
                return certificate.MustStaple ? new JobFinding(path, MustStaple, JobLevel.Bad, "clients insist on a proof (must-staple), and Exim's tls_ocsp_file names no file for it")
                    : new JobFinding(path, NotStapled, JobLevel.Well, "Exim's tls_ocsp_file names no file for it, so no proof is fetched");
            }
            if (certificate.Responders.Count == 0)
            {
                return certificate.MustStaple ? new JobFinding(path, MustStaple, JobLevel.Bad, "clients insist on a proof (must-staple), and the certificate names no responder that could give one; ask its authority for another certificate")
                    : new JobFinding(path, NoResponder, JobLevel.Well, "the certificate names no responder, so there is no proof to fetch; leave tls_ocsp_file out for it");
            }
            if (OcspProof.Utc(own[0].NotAfter) is var end && end <= now) return Lacking(path, certificate, $"the certificate has ended ({OcspProof.Time(end)}); put its successor there");
            if (certificate.Issuer is null) return Lacking(path, certificate, $"its issuer '{own[0].IssuerDN}' is not in {(one.Chain.Length > 0 ? one.Chain : "the same file")}; append it there, or name its file as Chain");
            return await RefreshAsync(path, certificate, new ProofFile(Path.GetFullPath(one.Proof), one.Format, options, around.Settings.Ledger), client, dead, isDry, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new JobFinding(path, NoProof, JobLevel.Later, e.Message);
        }
    }

    private async Task<JobFinding> RefreshAsync(string path, StapledCertificate certificate, ProofFile file, ResponderClient client, HashSet<string> dead, bool isDry, CancellationToken cancellationToken)
    {
        var now = around.Clock.GetUtcNow();
        var there = file.Read() is { } bytes ? OcspProof.Read(bytes, certificate, now) : null;
        var old = there is { Verdict: OcspVerdict.Good } ? there : null;
        if (old is not null && now < old.HalfLife) return Good(path, $"good until {OcspProof.Time(old.Ends)}, to be refreshed from {OcspProof.Time(old.HalfLife)} on");
        var faults = new List<string>();
        foreach (var responder in certificate.Responders)
        {
            if (dead.Contains(responder.Authority))
            {
                faults.Add($"{responder}: not asked again in this run");
                continue;
            }
            var answer = await client.AskAsync(responder, certificate.Id, cancellationToken).ConfigureAwait(false);
            if (answer.IsDead) dead.Add(responder.Authority);
            var proof = answer.Bytes is null ? null : OcspProof.Read(answer.Bytes, certificate, around.Clock.GetUtcNow());
            switch (proof?.Verdict)
            {
                case OcspVerdict.Good when old is not null && proof.Begins <= old.Begins:
                    // A cache, or a responder that makes answers in advance; what is there is left alone.
                    return Good(path, $"good until {OcspProof.Time(old.Ends)}; {responder} has no newer one yet");
                case OcspVerdict.Good:
                    if (!isDry) file.Replace(answer.Bytes);
                    return Good(path, $"{(isDry ? "to be refreshed" : "refreshed")} from {responder}: good until {OcspProof.Time(proof.Ends)}");
                case OcspVerdict.Revoked:
                    return new JobFinding(path, Revoked, JobLevel.Bad, $"{proof.Text}, says {responder}; put another certificate there{Stays(old)}");
                case OcspVerdict.Unknown:
                    return new JobFinding(path, Unknown, JobLevel.Later, $"{proof.Text} ({responder}): a new one may take some minutes to be known, else ask its authority{Stays(old)}");
                default:
                    faults.Add($"{responder}: {proof?.Text ?? answer.Fault}");
                    break;
            }
        }
        var why = string.Join("; ", faults);
        if (old is not null) return new JobFinding(path, NotRefreshed, JobLevel.Later, $"not refreshed, and good until {OcspProof.Time(old.Ends)}: {why}");
        // Seen with Debian's Exim 4.96: gnutls_certificate_set_ocsp_status_request_file2 fails for what is not there, or is another's, and with it STARTTLS.
        return Lacking(path, certificate, $"no good proof: {why}{(there is null ? "" : $"; the one there: {there.Text}")}{(there is { IsMatching: true } ? "" : "; an Exim with GnuTLS offers no TLS meanwhile, so take tls_ocsp_file out")}");
    }

    private static JobFinding Good(string path, string text) => new(path, JobFinding.Good, JobLevel.Well, text);

    private static JobFinding Lacking(string path, StapledCertificate certificate, string text) => certificate.MustStaple
        ? new JobFinding(path, MustStaple, JobLevel.Later, $"clients insist on a proof (must-staple), and there is none: {text}") : new JobFinding(path, NoProof, JobLevel.Later, text);

    private static string Stays(OcspProof? old) => old is null ? "" : $"; the proof that is there, which says good, stays until its end ({OcspProof.Time(old.Ends)})";
}
