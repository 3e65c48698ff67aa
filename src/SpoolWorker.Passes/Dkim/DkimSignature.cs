// One DKIM-Signature field, read and checked as far as that needs no key (RFC 6376, 3.5 and 6.1.1, RFC 8301, RFC 8616).
// What is wrong becomes a result with its reason; domain and selector are kept where they can be read, so that the reason
// can be told of somebody. Nothing throws.
using System.Text;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dkim;

/// <summary>A signature that waits for its key.</summary>
internal sealed class DkimSignature
{
    public const string FieldName = "DKIM-Signature";

    private static readonly byte[][] Required = ["a"u8.ToArray(), "b"u8.ToArray(), "bh"u8.ToArray(), "d"u8.ToArray(), "h"u8.ToArray(), "s"u8.ToArray()];

    private TagList _tags = null!;
    private byte[] _bodyHash = [];
    private string _signatureStart = "";

    private DkimSignature(HeaderLine field, int position)
    {
        Field = field;
        Position = position;
    }

    public HeaderLine Field { get; }

    /// <summary>Its place among the header lines.</summary>
    public int Position { get; }

    /// <summary>Set when no key is needed to tell the result.</summary>
    public DkimSignatureResult? Fault { get; private set; }

    public SignatureAlgorithm? Algorithm { get; private set; }

    public Canonicalization HeaderForm { get; private set; }

    /// <summary>The body hash it speaks of.</summary>
    public BodyHashKind Body { get; private set; }

    public string Domain { get; private set; } = "";

    public string Selector { get; private set; } = "";

    public string Identity { get; private set; } = "";

    /// <summary>The domain of <c>i=</c> is <c>d=</c> itself, not one below it.</summary>
    public bool IsIdentityExact { get; private set; } = true;

    /// <summary>The decoded <c>b=</c>.</summary>
    public byte[] Signature { get; private set; } = [];

    /// <summary>The decoded <c>bh=</c>.</summary>
    public ReadOnlySpan<byte> BodyHash => _bodyHash;

    /// <summary>The value of <c>h=</c>.</summary>
    public ReadOnlySpan<byte> Names => _tags.TryValue("h"u8, out var names) ? names : default;

    public Tag B => _tags.TryFind("b"u8, out var tag) ? tag : default;

    public DkimSignatureResult Is(DkimResult result, string reason, bool isTesting = false, bool isAsReceived = false) => new(result, reason)
    {
        Domain = Domain,
        Selector = Selector,
        Identity = Identity,
        Algorithm = Algorithm?.Token() ?? "",
        SignatureStart = _signatureStart,
        IsTesting = isTesting,
        IsAsReceived = isAsReceived,
    };

    /// <summary>Reads a field.</summary>
    /// <param name="field">The line.</param>
    /// <param name="position">Its place among the header lines.</param>
    /// <param name="receivedAt">When the message came in, against which <c>x=</c> counts (RFC 6376, 3.5).</param>
    /// <param name="clockSkew">How far clocks may be apart.</param>
    public static DkimSignature Read(HeaderLine field, int position, DateTimeOffset receivedAt, TimeSpan clockSkew)
    {
        var signature = new DkimSignature(field, position);
        var (result, reason) = signature.Check(receivedAt.ToUnixTimeSeconds() - (long)clockSkew.TotalSeconds);
        if (result != DkimResult.None) signature.Fault = signature.Is(result, reason);
        return signature;
    }

    private (DkimResult Result, string Reason) Check(long now)
    {
        var text = Field.Text;
        var colon = text.Span.IndexOf((byte)':') + 1;
        if (!TagList.TryParse(text[colon..], out _tags, out var error)) return Neutral($"{error.Reason} at byte {error.Offset + colon} of the field");
        ReadNames();

        if (!_tags.TryValue("v"u8, out var version)) return Neutral("no v= tag");
        if (!version.SequenceEqual("1"u8)) return Neutral("unknown version");
        foreach (var name in Required)
        {
            if (!_tags.Has(name)) return Neutral($"no {Encoding.ASCII.GetString(name)}= tag");
        }
        if (Algorithm is null) return Neutral("unknown algorithm");
        // RFC 8301, 3.1: rsa-sha1 has failed for good
        if (Algorithm == SignatureAlgorithm.RsaSha1) return (DkimResult.PermError, "rsa-sha1 is forbidden (RFC 8301)");
        Canonicalization header = default, body = default;
        if (_tags.TryValue("c"u8, out var c) && !Algorithms.TryPair(c, out header, out body)) return Neutral("unknown canonicalization");
        HeaderForm = header;
        if (Domain.Length == 0) return Neutral("d= is no domain");
        if (Selector.Length == 0) return Neutral("s= is no selector");
        if (_tags.TryValue("q"u8, out var q) && !HasDnsTxt(q)) return Neutral("q= has no method that is known");
        var limit = BodyHashKind.NoLimit;
        if (_tags.TryValue("l"u8, out var l) && !TagValues.TryNumber(l, out limit)) return Neutral("l= is no number");
        // a body is never so long, and "no limit" would mean something else
        if (l.Length > 0) limit = Math.Min(limit, BodyHashKind.NoLimit - 1);
        Body = new BodyHashKind(body, limit);
        var names = Names;
        if (!HeaderSelection.IsValid(names)) return Neutral("h= is no list of field names");
        // 6.1.1: From has to be signed
        if (!TagValues.ListHas(names, "from"u8)) return (DkimResult.PermError, "From is not signed");
        if (CheckIdentity() is { } fault) return fault;
        if (CheckTimes(now) is { } time) return time;
        return CheckBase64();
    }

    // Done first, so that a reason can name them.
    private void ReadNames()
    {
        Domain = _tags.TryValue("d"u8, out var d) ? TagValues.DomainName(d) ?? "" : "";
        Selector = _tags.TryValue("s"u8, out var s) ? TagValues.DomainName(s) ?? "" : "";
        Algorithm = _tags.TryValue("a"u8, out var a) ? Algorithms.ParseAlgorithm(a) : null;
        if (Domain.Length > 0) Identity = "@" + Domain;
        if (!_tags.TryValue("b"u8, out var b)) return;
        Span<char> start = stackalloc char[8];
        var n = 0;
        foreach (var x in b)
        {
            if (n == start.Length) break;
            if (!TagList.IsSpace(x)) start[n++] = (char)x;
        }
        _signatureStart = new string(start[..n]);
    }

    // sig-q-tag = method *(":" method); the only one there is may carry arguments nobody has defined
    private static bool HasDnsTxt(ReadOnlySpan<byte> methods) => TagValues.ListHas(methods, "dns/txt"u8);

    // 3.5: the domain of i= is that of d= or below it
    private (DkimResult, string)? CheckIdentity()
    {
        if (!_tags.TryValue("i"u8, out var i)) return null;
        var bytes = TagValues.QuotedPrintable(i);
        var at = bytes is null ? -1 : bytes.AsSpan().LastIndexOf((byte)'@');
        if (at < 0) return Neutral("i= is no address");
        Identity = Encoding.Latin1.GetString(bytes!);
        if (TagValues.DomainName(bytes.AsSpan(at + 1)) is not { } domain) return Neutral("i= has no domain");
        if (!TagValues.IsSameOrBelow(domain, Domain)) return (DkimResult.PermError, "the domain of i= is not within d=");
        IsIdentityExact = domain.Length == Domain.Length;
        return null;
    }

    // A time of signing in the future is no fault: RFC 6376 leaves it open, and clocks differ.
    private (DkimResult, string)? CheckTimes(long now)
    {
        var hasTime = _tags.TryValue("t"u8, out var t);
        long signed = 0;
        if (hasTime && !TagValues.TryNumber(t, out signed)) return Neutral("t= is no number");
        if (!_tags.TryValue("x"u8, out var x)) return null;
        if (!TagValues.TryNumber(x, out var expires)) return Neutral("x= is no number");
        if (hasTime && expires <= signed) return Neutral("x= is not after t=");
        return expires < now ? (DkimResult.Policy, "the signature has expired") : null;
    }

    private (DkimResult, string) CheckBase64()
    {
        Span<byte> bytes = stackalloc byte[PublicKey.MaxSignature];
        if (!_tags.TryValue("bh"u8, out var bh) || !TagValues.TryBase64(bh, bytes, out var length)) return Neutral("bh= is not base64");
        _bodyHash = bytes[..length].ToArray();
        if (!_tags.TryValue("b"u8, out var b) || !TagValues.TryBase64(b, bytes, out length)) return Neutral("b= is not base64");
        Signature = bytes[..length].ToArray();
        return (DkimResult.None, "");
    }

    private static (DkimResult, string) Neutral(string reason) => (DkimResult.Neutral, reason);
}
