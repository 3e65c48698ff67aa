// What may be stapled (RFC 6960, 3.2 and 4.2.2.2; RFC 5019, 4): a good answer about this very certificate, signed by its issuer or by a responder that the issuer
// has made for that, for a time that has begun and has not ended. Stricter than a client in one thing: whoever signed has to be valid until the answer's end, as
// Exim rejects proofs that outlive their signer. An answer without nextUpdate is none: Exim ignores it.
using Org.BouncyCastle.Asn1.Ocsp;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Ocsp;
using Org.BouncyCastle.X509;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>What an answer came to.</summary>
internal enum OcspVerdict
{
    /// <summary>It can be stapled.</summary>
    Good,

    /// <summary>The certificate is revoked; that is signed as a good answer is.</summary>
    Revoked,

    /// <summary>The responder does not know the certificate; signed likewise.</summary>
    Unknown,

    /// <summary>It says nothing that can be believed.</summary>
    Refused,
}

/// <summary>An answer that was looked at.</summary>
/// <param name="Verdict">What it came to.</param>
/// <param name="Text">Why, for all but a good one.</param>
/// <param name="Begins">thisUpdate.</param>
/// <param name="Ends">nextUpdate.</param>
internal sealed record OcspProof(OcspVerdict Verdict, string Text, DateTimeOffset Begins, DateTimeOffset Ends)
{
    // Clocks differ, and responders answer for a moment that has just begun.
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    // The longest of public authorities is ten days, of private ones a month or two; a proof for longer is no proof of anything.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>Whether it is about the certificate, believed or not.</summary>
    public bool IsMatching { get; private init; }

    /// <summary>When another is fetched: a half of its time is left for outages.</summary>
    public DateTimeOffset HalfLife => Begins + (Ends - Begins) / 2;

    /// <summary>Looks at an answer.</summary>
    /// <param name="bytes">DER.</param>
    /// <param name="about">The certificate, with its issuer.</param>
    /// <param name="now">Now.</param>
    public static OcspProof Read(byte[] bytes, StapledCertificate about, DateTimeOffset now)
    {
        if (DerShape.FaultOf(bytes) is { } shape) return Refused($"no OCSP response: {shape}");
        try
        {
            var response = new OcspResp(bytes);
            if (response.Status != OcspRespStatus.Successful) return Refused($"the responder says {Word(response.Status)}");
            return response.GetResponseObject() is BasicOcspResp basic ? Read(basic, about, now) : Refused("no basic OCSP response (RFC 6960, 4.2.1)");
        }
        // The library throws of many kinds for what is none.
        catch (Exception e)
        {
            return Refused($"no OCSP response: {e.Message}");
        }
    }

    private static OcspProof Read(BasicOcspResp basic, StapledCertificate about, DateTimeOffset now)
    {
        var matching = basic.Responses.Where(r => r.GetCertID() is var id && id.SerialNumber.Equals(about.Certificate.SerialNumber) && id.MatchesIssuer(about.Issuer!)).ToList();
        if (matching.Count != 1) return Refused(matching.Count == 0 ? "it is about another certificate" : "it says several things about the certificate");
        return Judge(basic, matching[0], about, now) with { IsMatching = true };
    }

    private static OcspProof Judge(BasicOcspResp basic, SingleResp single, StapledCertificate about, DateTimeOffset now)
    {
        if (single.NextUpdate is not { } next) return Refused("it has no nextUpdate, and Exim ignores such a proof");
        var (begins, ends) = (Utc(single.ThisUpdate), Utc(next));
        if (begins > now + Skew) return Refused($"it is for a time that has not begun: thisUpdate {Time(begins)}; look at this host's clock");
        if (ends <= now) return Refused($"it has ended: nextUpdate {Time(ends)}");
        if (ends <= begins || ends - begins > Longest) return Refused($"thisUpdate {Time(begins)} and nextUpdate {Time(ends)} make no sense");
        if (HasUnknownCritical(basic) || HasUnknownCritical(single)) return Refused("it has a critical extension");
        if (OcspSigner.FaultOf(basic, about.Issuer!, begins, ends) is { } signer) return Refused(signer);
        return single.GetCertStatus() switch
        {
            null => new OcspProof(OcspVerdict.Good, "", begins, ends),
            RevokedStatus revoked => new OcspProof(OcspVerdict.Revoked, $"revoked since {Time(Utc(revoked.RevocationTime))}", begins, ends),
            _ => new OcspProof(OcspVerdict.Unknown, "the responder does not know the certificate", begins, ends),
        };
    }

    /// <summary>A date to the minute, in UTC.</summary>
    public static string Time(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd HH:mm}Z";

    /// <summary>Of the library's dates, which are in UTC whatever they say.</summary>
    public static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));

    private static bool HasUnknownCritical(IX509Extension extensions) => extensions.GetCriticalExtensionOids() is { Count: > 0 };

    private static OcspProof Refused(string why) => new(OcspVerdict.Refused, why, default, default);

    // RFC 6960, 4.2.1
    private static string Word(int status) => status switch
    {
        OcspRespStatus.MalformedRequest => "malformedRequest",
        OcspRespStatus.InternalError => "internalError",
        OcspRespStatus.TryLater => "tryLater",
        OcspRespStatus.SigRequired => "sigRequired",
        OcspRespStatus.Unauthorized => "unauthorized",
        _ => $"status {status}",
    };
}
