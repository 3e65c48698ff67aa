// Puts one DKIM signature on a message (RFC 6376, 5). What it gives has been read and verified again with the public half
// of the key, over the same bytes a receiver will see: a signature that does not verify is an exception, never a header
// line. Serves many threads at once.
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dkim;

/// <summary>Signs with one key.</summary>
public sealed class DkimSigner : IDisposable
{
    private readonly DkimKeyOptions _options;
    private readonly PrivateKey _key;
    private readonly LookupList _senders;
    private readonly string[] _names;
    private readonly HashSet<string> _oversigned;
    private readonly Canonicalization _header;
    private readonly Canonicalization _body;

    private DkimSigner(DkimKeyOptions options, PrivateKey key, LookupList senders)
    {
        _options = options;
        _key = key;
        _senders = senders;
        _oversigned = new HashSet<string>(options.Oversign, StringComparer.OrdinalIgnoreCase);
        _names = [.. options.Headers.Concat(options.Oversign).Distinct(StringComparer.OrdinalIgnoreCase)];
        Algorithms.TryPair(Encoding.Latin1.GetBytes(options.Canonicalization), out _header, out _body);
    }

    /// <summary>Loads the key; null with the fault when that fails. Other faults are <see cref="DkimSignOptions.Faults(DkimSignOptions)"/>.</summary>
    public static DkimSigner? TryCreate(DkimKeyOptions options, out string fault)
    {
        var key = PrivateKey.TryLoad(options.PrivateKeyFile, out fault);
        if (key is null) return null;
        var signer = TryCreate(options, key, out fault);
        if (signer is null) key.Dispose();
        return signer;
    }

    /// <summary>The same with a key that is loaded.</summary>
    public static DkimSigner? TryCreate(DkimKeyOptions options, PrivateKey key, out string fault)
    {
        fault = "";
        if (LookupList.TryParse(options.Senders, LookupKind.Domain, out var senders, out var error)) return new DkimSigner(options, key, senders);
        fault = error;
        return null;
    }

    /// <summary>Forgets its key.</summary>
    public void Dispose() => _key.Dispose();

    /// <summary>Whether messages from a domain are signed.</summary>
    public LookupAnswer IsFor(string fromDomain) =>
        !_senders.IsEmpty ? _senders.Find(fromDomain)
        : TagValues.IsSameOrBelow(fromDomain, _options.Domain) ? LookupAnswer.Found(null) : LookupAnswer.NotFound;

    /// <summary>The body hash it will need.</summary>
    public BodyHashKind BodyHash => new(_body);

    /// <summary>Signs.</summary>
    public HeaderLine Sign(SignedMessage message, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var names = NamesFor(message);
        var body = message.Body.Get(BodyHash, cancellationToken);
        var writer = new TagWriter(DkimSignature.FieldName)
            .Add("v", "1").Add("a", _key.Algorithm.Token()).Add("c", $"{_header.Token()}/{_body.Token()}").Add("d", _options.Domain).Add("s", _options.Selector);
        if (_options.Timestamps) writer.Add("t", Seconds(now));
        if (_options.Timestamps && _options.Expire > TimeSpan.Zero) writer.Add("x", Seconds(now + _options.Expire));
        writer.AddList("h", names).Add("bh", Convert.ToBase64String(body.Digest));
        var list = Encoding.ASCII.GetBytes(string.Join(':', names));
        var line = writer.Sign((field, b) =>
        {
            var digest = new byte[HashInput.DigestLength];
            SignatureDigest.Compute(message, list, -1, field, b, _header, digest);
            return digest;
        }, _key);
        return Verifies(line, message, body, now) ? line : throw new InvalidOperationException($"the signature of {_options.Domain} does not verify; the message leaves without it");
    }

    // The whole of what a verifier does, but the lookup.
    private bool Verifies(HeaderLine line, SignedMessage message, BodyHash body, DateTimeOffset now)
    {
        var signature = DkimSignature.Read(line, -1, now, TimeSpan.Zero);
        return signature.Fault is null && signature.BodyHash.SequenceEqual(body.Digest) && signature.Body == body.Kind && DkimVerification.IsSignedBy(_key.Public, signature, message, -1);
    }

    // Each name as often as there are lines of it, and once more where one more would be a fraud.
    private List<string> NamesFor(SignedMessage message)
    {
        var names = new List<string>(_names.Length * 2);
        foreach (var name in _names)
        {
            var bytes = Encoding.ASCII.GetBytes(name);
            for (var at = message.LastBefore(bytes, message.Headers.Length); at >= 0 && names.Count < HeaderSelection.MaxNames - _names.Length; at = message.LastBefore(bytes, at)) names.Add(name);
            if (_oversigned.Contains(name)) names.Add(name);
        }
        return names;
    }

    private static string Seconds(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
