// Who signed an answer (RFC 6960, 4.2.2.2): the issuer of the certificate itself, or one whose certificate comes with the answer, was signed by that very issuer and
// is for nothing but this (id-kp-OCSPSigning; anyExtendedKeyUsage does not do). No other: no local trust, no longer chain.
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Ocsp;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Ocsp;
using Org.BouncyCastle.X509;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>Looks at signatures.</summary>
internal static class OcspSigner
{
    // RFC 5280, 4.2.1.3
    private const int DigitalSignature = 0;

    // One signer, and perhaps its chain.
    private const int MostCertificates = 20;

    // What TLS clients take: no MD5, no SHA-1. RSA, RSASSA-PSS and ECDSA with SHA-2, Ed25519, Ed448.
    private static readonly HashSet<string> Algorithms =
    [
        "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13",
        "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4", "1.3.101.112", "1.3.101.113",
    ];

    /// <summary>Why a signature is not believed; null: it is.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="issuer">Of the certificate it is about.</param>
    /// <param name="begins">From when the signer has to be valid.</param>
    /// <param name="ends">Until when.</param>
    public static string? FaultOf(BasicOcspResp answer, X509Certificate issuer, DateTimeOffset begins, DateTimeOffset ends)
    {
        var algorithm = BasicOcspResponse.GetInstance(Asn1Object.FromByteArray(answer.GetEncoded())).SignatureAlgorithm.Algorithm.Id;
        if (!Algorithms.Contains(algorithm)) return $"it is signed in a way that clients refuse ({algorithm})";
        if (Is(answer, issuer)) return TimeFault(issuer, "its issuer", begins, ends) ?? (Verifies(answer, issuer) ? null : "its signature is not the issuer's");
        var carried = answer.GetCerts();
        if (carried.Length > MostCertificates) return $"it carries {carried.Length} certificates";
        if (carried.FirstOrDefault(c => Is(answer, c)) is not { } signer) return "it is signed by another than the issuer, and comes without the signer's certificate";
        if (!Algorithms.Contains(signer.SigAlgOid) || !StapledCertificate.IsIssuedBy(signer, issuer)) return $"its signer '{signer.SubjectDN}' was not made so by the issuer of the certificate";
        if (!(signer.GetExtendedKeyUsage()?.Any(usage => usage.Id == KeyPurposeID.id_kp_OCSPSigning.Id) ?? false)) return $"its signer '{signer.SubjectDN}' may not sign such answers (no id-kp-OCSPSigning)";
        if (signer.GetKeyUsage() is { } uses && !uses[DigitalSignature]) return $"its signer '{signer.SubjectDN}' may not sign (keyUsage)";
        return TimeFault(signer, $"its signer '{signer.SubjectDN}'", begins, ends) ?? (Verifies(answer, signer) ? null : $"its signature is not that of its signer '{signer.SubjectDN}'");
    }

    private static string? TimeFault(X509Certificate signer, string who, DateTimeOffset begins, DateTimeOffset ends)
    {
        var (from, until) = (OcspProof.Utc(signer.NotBefore), OcspProof.Utc(signer.NotAfter));
        if (until < ends) return $"{who} is valid until {OcspProof.Time(until)}, the answer until {OcspProof.Time(ends)}: Exim rejects what outlives its signer";
        return from > begins ? $"{who} is valid from {OcspProof.Time(from)} on, the answer from {OcspProof.Time(begins)}" : null;
    }

    // ResponderID: the name, or SHA-1 of the key (4.2.1).
    private static bool Is(BasicOcspResp answer, X509Certificate certificate) => answer.ResponderId.Equals(new RespID(certificate.SubjectDN))
        || answer.ResponderId.Equals(new RespID(certificate.GetPublicKey())) || answer.ResponderId.ToAsn1Object().Name?.Equivalent(certificate.SubjectDN) == true;

    private static bool Verifies(BasicOcspResp answer, X509Certificate signer)
    {
        try
        {
            return answer.Verify(signer.GetPublicKey());
        }
        // Many kinds: a signature for another sort of key, for one.
        catch (Exception)
        {
            return false;
        }
    }
}
