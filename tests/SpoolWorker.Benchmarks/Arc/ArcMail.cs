// The messages of the benchmark `arc`, and what SpoolWorker and MimeKit do with them.
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using SpoolWorker.Commands.Input;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;
using ArcVerifier = SpoolWorker.Passes.Arc.ArcVerifier;

namespace SpoolWorker.Benchmarks.Arc;

/// <summary>Messages and keys.</summary>
internal sealed class ArcMail : IDnsResolver
{
    public const string Selector = "sel", Domain = "sealer.example", Admd = "mx.sealer.example";

    private readonly PrivateKey _key;
    private readonly string _record;
    private readonly DnsAnswer<ReadOnlyMemory<byte>> _answer;
    private readonly KeyCache _cache = new();
    private readonly ArcVerifier _verifier = new(new ArcOptions(), TimeProvider.System);
    private readonly ArcSealer _sealer = new(Admd, SealTimes.Default, ArcSealOptions.DefaultNames);
    private readonly byte[] _one;
    private readonly byte[] _three;

    public ArcMail()
    {
        _key = PrivateKey.TryParse(Rsa.ExportRSAPrivateKeyPem(), out var fault) ?? throw new InvalidOperationException(fault);
        _record = $"v=DKIM1; k=rsa; p={_key.PublicBase64()}";
        _answer = new(DnsStatus.Success, [Encoding.ASCII.GetBytes(_record)]);
        var body = string.Concat(Enumerable.Range(0, 140).Select(i => $"Line {i} of a text that is as long as lines in mail usually are, more or less.\r\n"))[..10_000];
        Plain = Encoding.ASCII.GetBytes(Results("none") + "Received: from a.example (a.example [192.0.2.1]) by b.example;\r\n\tMon, 23 Nov 2026 21:00:00 +0000\r\nFrom: Ann <ann@a.example>\r\nTo: bob@b.example\r\n"
            + "Subject: a message\r\nDate: Mon, 23 Nov 2026 21:00:00 +0000\r\nMessage-ID: <1@a.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" + body + "\r\n");
        _one = Sealed(Plain);
        _three = Sealed(Next(Sealed(Next(_one))));
    }

    public RSA Rsa { get; } = RSA.Create(2048);

    public byte[] Plain { get; }

    public IEnumerable<(string What, Action Work)> Ours()
    {
        var (one, three, plain) = (new Parts(_one), new Parts(_three), new Parts(Plain));
        yield return ("verify-1", () => Verify(one));
        yield return ("verify-3", () => Verify(three));
        yield return ("seal", () => Seal(plain));
    }

    public IEnumerable<(string What, Action Work)> OfMimeKit()
    {
        var verifier = new MimeKit.Cryptography.ArcVerifier(new Locator(_record));
        var signer = new Signer(new MemoryStream(Encoding.ASCII.GetBytes(Rsa.ExportRSAPrivateKeyPem())));
        var options = new ParserOptions { MaxMimeDepth = 0 };
        string[] headers = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version"];
        yield return ("verify-1", () => Check(Load(_one)));
        yield return ("verify-3", () => Check(Load(_three)));
        yield return ("seal", () => signer.Sign(Load(Plain), headers));

        MimeMessage Load(byte[] bytes) => MimeMessage.Load(options, new MemoryStream(bytes));

        void Check(MimeMessage message)
        {
            if (verifier.Verify(message).Chain != ArcSignatureValidationResult.Pass) throw new InvalidOperationException("MimeKit did not verify");
        }
    }

    /// <summary>Files for the other programs.</summary>
    public void WriteTo(string folder)
    {
        foreach (var (name, bytes) in new[] { ("plain.eml", Plain), ("one.eml", _one), ("three.eml", _three), ("record.txt", Encoding.ASCII.GetBytes(_record)), ("key.pem", Encoding.ASCII.GetBytes(Rsa.ExportRSAPrivateKeyPem())) })
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
    }

    public ValueTask<DnsAnswer<ReadOnlyMemory<byte>>> TxtAsync(string name, CancellationToken cancellationToken) => new(_answer);

    public ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken) => throw new InvalidOperationException("keys only");

    public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancellationToken) => throw new InvalidOperationException("keys only");

    public ValueTask<DnsAnswer<string>> PtrAsync(IPAddress address, CancellationToken cancellationToken) => throw new InvalidOperationException("keys only");

    private static string Results(string arc) => $"Authentication-Results: {Admd}; arc={arc};\r\n\tspf=pass smtp.mfrom=ann@a.example; dkim=pass header.d=a.example\r\n";

    private static byte[] Next(byte[] message) => Encoding.Latin1.GetBytes(Results("pass") + Encoding.Latin1.GetString(message).Replace(Results("none"), "", StringComparison.Ordinal).Replace(Results("pass"), "", StringComparison.Ordinal));

    private void Verify(Parts parts)
    {
        var pending = _verifier.VerifyAsync(parts.Message(), new KeyLookups(this, _cache, ArcVerifier.MaxLookups), CancellationToken.None);
        if (!pending.IsCompletedSuccessfully || pending.Result.State != ArcState.Pass) throw new InvalidOperationException("did not verify");
    }

    private SealResult Seal(Parts parts)
    {
        var message = parts.Message();
        var made = _sealer.Seal(message, ArcChain.Read(message.Headers, 50), new SealKey(Domain, Selector, _key), true, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), CancellationToken.None);
        return made.Outcome == SealOutcome.Sealed ? made : throw new InvalidOperationException($"{made.Outcome} {made.Reason}");
    }

    private byte[] Sealed(byte[] message) => [.. Encoding.Latin1.GetBytes(string.Concat(Seal(new Parts(message)).Lines.Select(l => Encoding.Latin1.GetString(l.Text.Span))).Replace("\n", "\r\n", StringComparison.Ordinal)), .. message];

    /// <summary>A message as the engine hands it to passes: header lines that have been read, a body to be read.</summary>
    private sealed class Parts : IMessageBody
    {
        private readonly ImmutableArray<HeaderLine> _headers;
        private readonly byte[] _body;

        public Parts(byte[] message)
        {
            var section = HeaderSection.Read(message, isWhole: true)!;
            _headers = section.Lines;
            _body = message[section.BodyStart..];
        }

        public long Length => _body.Length;

        public bool IsWireFormat => true;

        public Stream OpenRead() => new MemoryStream(_body, writable: false);

        public SignedMessage Message() => new(_headers, new BodyHashes(this));
    }

    private sealed class Locator(string record) : DkimPublicKeyLocatorBase
    {
        private readonly AsymmetricKeyParameter _key = GetPublicKey(record);

        public override AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) => _key;

        public override Task<AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default) => Task.FromResult(_key);
    }

    private sealed class Signer(Stream key) : ArcSigner(key, ArcMail.Domain, ArcMail.Selector, DkimSignatureAlgorithm.RsaSha256)
    {
        protected override AuthenticationResults GenerateArcAuthenticationResults(FormatOptions options, MimeMessage message, CancellationToken cancellationToken) =>
            new(Admd) { Results = { new AuthenticationMethodResult("spf", "pass") } };

        protected override Task<AuthenticationResults> GenerateArcAuthenticationResultsAsync(FormatOptions options, MimeMessage message, CancellationToken cancellationToken) =>
            Task.FromResult(GenerateArcAuthenticationResults(options, message, cancellationToken));
    }
}
