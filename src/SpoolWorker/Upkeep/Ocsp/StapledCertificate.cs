// What is to be known of a certificate before somebody is asked about it: who issued it (a certificate of its chain whose key has signed it, whatever names say),
// where it may be asked about (authorityInfoAccess, RFC 5280, 4.2.2.1), and whether clients insist on a proof (RFC 7633).
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Ocsp;
using Org.BouncyCastle.Asn1.Oiw;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Ocsp;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;
using Org.BouncyCastle.X509.Extension;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>A certificate with its issuer.</summary>
/// <param name="Certificate">The server's certificate.</param>
/// <param name="Issuer">Its issuer; null: not in the chain.</param>
internal sealed record StapledCertificate(X509Certificate Certificate, X509Certificate? Issuer)
{
    // RFC 7633, 6 (id-pe-tlsfeature), and status_request of RFC 6066.
    private const string TlsFeature = "1.3.6.1.5.5.7.1.24";
    private const int StatusRequest = 5;

    // One has one, some have a second. A longer URL is none.
    private const int MostResponders = 4, MostUrl = 2000;

    /// <summary>The responders, in their order.</summary>
    public IReadOnlyList<Uri> Responders => Extension(X509Extensions.AuthorityInfoAccess.Id) is { } extension
        ? [.. AuthorityInformationAccess.GetInstance(extension).GetAccessDescriptions().Where(d => d.AccessMethod.Equals(AccessDescription.IdADOcsp)).Select(d => d.AccessLocation)
            .Where(l => l.TagNo == GeneralName.UniformResourceIdentifier).Select(l => UrlOf(l.Name.ToString() ?? "")).OfType<Uri>().Take(MostResponders)] : [];

    /// <summary>Clients that know of it refuse the certificate without a proof.</summary>
    public bool MustStaple => Extension(TlsFeature) is { } extension && Asn1Sequence.GetInstance(extension).Any(f => f is DerInteger number && number.HasValue(StatusRequest));

    /// <summary>Its name in a request. SHA-1, as responders have their answers ready for that (RFC 5019, 2.1.1): it names, and nothing is trusted because of it.</summary>
    /// <exception cref="InvalidOperationException">Its issuer is not known.</exception>
    public CertificateID Id => new(new CertID(new AlgorithmIdentifier(OiwObjectIdentifiers.IdSha1, DerNull.Instance), Hash(Certificate.IssuerDN.GetDerEncoded()),
        Hash((Issuer ?? throw new InvalidOperationException()).SubjectPublicKeyInfo.PublicKey.GetBytes()), new DerInteger(Certificate.SerialNumber)));

    /// <summary>Finds the issuer of the first certificate among others.</summary>
    public static StapledCertificate Of(X509Certificate certificate, IEnumerable<X509Certificate> chain) => new(certificate, chain.FirstOrDefault(c => IsIssuedBy(certificate, c)));

    /// <summary>Whether a certificate has signed another.</summary>
    public static bool IsIssuedBy(X509Certificate certificate, X509Certificate issuer)
    {
        if (!certificate.IssuerDN.Equivalent(issuer.SubjectDN)) return false;
        try
        {
            certificate.Verify(issuer.GetPublicKey());
            return true;
        }
        // Many kinds: another key, or one that the library does not know.
        catch (Exception)
        {
            return false;
        }
    }

    private static DerOctetString Hash(byte[] bytes) => new(DigestUtilities.CalculateDigest(OiwObjectIdentifiers.IdSha1, bytes));

    private Asn1Object? Extension(string id) => Certificate.GetExtensionValue(new DerObjectIdentifier(id)) is { } value ? X509ExtensionUtilities.FromExtensionValue(value) : null;

    private static Uri? UrlOf(string text) => text.Length <= MostUrl && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null;
}
