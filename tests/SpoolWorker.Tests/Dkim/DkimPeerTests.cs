// Interoperation both ways: what we sign, dkimpy, Mail::DKIM and MimeKit verify; what they sign, we verify. Every canonical
// form with every odd body, RSA and Ed25519 (Mail::DKIM of Debian 12 and MimeKit's comparison: RSA).
using System.Text;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Srs;

namespace SpoolWorker.Tests.Dkim;

public sealed class DkimPeerTests : IDisposable
{
    private static readonly string[] Forms = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"];

    // As a spool body with LF; the wire form beside it is what the next hop gets.
    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["empty"] = "",
        ["blank"] = "\n\n\n",
        ["no-newline"] = "last line without an end",
        ["bare-cr"] = "one\rtwo\r\n\rthree\n",
        ["trailing-blanks"] = "one  \ntwo\t \n \n\t\nthree \n\n \n\n",
        ["blanks-only"] = " \n\t\n  \t \n",
        ["runs"] = "  a\t\tb   c\n\n\nd  \te\n",
        ["lines"] = string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i} of a  thousand\n")) + "\n\n",
        ["bytes"] = "caf\u00e9 \u00ff\u0080\n.dots\n..\n" + new string('x', 3000) + "\n",
    };

    private const string Headers = Mail.Plain + "X-Empty:\nX-Odd:  a \t b\n\t c  \nX-Odd: second\u00e9 \n";

    // dkimpy refuses the obsolete blank before the colon (RFC 5322, 4.5)
    private const string ObsoleteHeaders = Headers + "X-Odd : third\n";

    private readonly DkimPeers _peers = new();

    public void Dispose() => _peers.Dispose();

    [NeedsFact(DkimPeers.Dkimpy, "python3-dkim")]
    public void Dkimpy_verifies_what_we_sign()
    {
        var names = PutSigned(Headers, KeyType.Rsa, KeyType.Ed25519);
        var found = _peers.Verify(perl: false);
        foreach (var name in names) found[name].Should().Be("pass pass", name);
    }

    [NeedsFact(DkimPeers.MailDkim, "libmail-dkim-perl")]
    public void Mail_DKIM_verifies_what_we_sign()
    {
        using var server = new TestDnsServer(new Zone().Txt($"r1._domainkey.{Mail.Domain}", Mail.Record(KeyType.Rsa)));
        var names = PutSigned(ObsoleteHeaders, KeyType.Rsa);
        var found = _peers.Verify(perl: true, server.Port);
        foreach (var name in names) found[name].Should().Be("pass", name);
    }

    [NeedsFact(DkimPeers.Dkimpy, "python3-dkim")]
    public void We_verify_what_dkimpy_signs() => VerifyTheirs(perl: false, KeyType.Rsa, KeyType.Ed25519);

    [NeedsFact(DkimPeers.MailDkim, "libmail-dkim-perl")]
    public void We_verify_what_Mail_DKIM_signs() => VerifyTheirs(perl: true, KeyType.Rsa);

    [Fact]
    public void MimeKit_agrees_both_ways()
    {
        // MimeKit as a reference only with depth 0: it changes some malformed bodies else
        var options = new MimeKit.ParserOptions { MaxMimeDepth = 0 };
        var locator = new OneKey();
        var verifier = new MimeKit.Cryptography.DkimVerifier(locator);
        // MimeKit hashes bare CRs otherwise in its simple form; dkimpy and Mail::DKIM agree with us there
        foreach (var (name, body) in Bodies.Where(b => b.Key != "bare-cr"))
        {
            foreach (var form in Forms)
            {
                var wire = ToWire(body);
                var plain = Mail.Message(Headers, isWire: true);
                var signed = plain.Sign(new MemoryBody(wire, isWire: true), Mail.Signer(KeyType.Rsa, form));
                _peers.Put("mimekit", signed, wire);
                var parsed = MimeKit.MimeMessage.Load(options, $"{_peers.Folder}/mimekit.eml");
                verifier.Verify(parsed, parsed.Headers[0]).Should().BeTrue("{0} {1}", name, form);

                _peers.Put("mimekit", plain, wire);
                var message = MimeKit.MimeMessage.Load(options, $"{_peers.Folder}/mimekit.eml");
                var parts = form.Split('/').Select(f => f == "simple" ? MimeKit.Cryptography.DkimCanonicalizationAlgorithm.Simple : MimeKit.Cryptography.DkimCanonicalizationAlgorithm.Relaxed).ToArray();
                var signer = new MimeKit.Cryptography.DkimSigner($"{_peers.Folder}/rsa.key", Mail.Domain, "r1") { HeaderCanonicalizationAlgorithm = parts[0], BodyCanonicalizationAlgorithm = parts[1] };
                signer.Sign(message, ["From", "To", "Subject", "X-Odd", "X-Empty"]);
                var field = Encoding.Latin1.GetString(message.Headers[0].RawField) + ":" + Encoding.Latin1.GetString(message.Headers[0].RawValue);
                var theirs = Mail.Message(field.Replace("\r\n", "\n", StringComparison.Ordinal) + Headers, isWire: true);
                Mail.Verify(theirs, new MemoryBody(wire, isWire: true), Mail.Dns()).Signatures.Single().Result.Should().Be(DkimResult.Pass, "{0} {1}", name, form);
            }
        }
    }

    // Both LF and wire form of the same body have to give the same signature.
    private List<string> PutSigned(string headers, params KeyType[] types)
    {
        var names = new List<string>();
        foreach (var body in Bodies.Keys)
        {
            foreach (var form in Forms)
            {
                var name = $"{body}-{form.Replace('/', '-')}";
                var message = Mail.Message(headers);
                foreach (var type in types) message = message.Sign(new MemoryBody(Encoding.Latin1.GetBytes(Bodies[body])), Mail.Signer(type, form, o => o.Headers.AddRange(["X-Odd", "X-Empty"])));
                var wire = ToWire(Bodies[body]);
                Mail.Verify(message, new MemoryBody(wire, isWire: true), Mail.Dns()).Signatures.Should().OnlyContain(s => s.Result == DkimResult.Pass, name);
                _peers.Put(name, message, wire);
                names.Add(name);
            }
        }
        return names;
    }

    private void VerifyTheirs(bool perl, params KeyType[] types)
    {
        var jobs = new List<string>();
        foreach (var (body, text) in Bodies)
        {
            foreach (var form in Forms)
            {
                foreach (var type in types)
                {
                    var name = $"{body}-{form.Replace('/', '-')}-{type.Token()}";
                    _peers.Put(name, Mail.Message(perl ? ObsoleteHeaders : Headers), ToWire(text));
                    jobs.Add($"{name} {Mail.Selector(type)} {(type == KeyType.Rsa ? "rsa-sha256" : "ed25519-sha256")} {form.Replace('/', ' ')}");
                }
            }
        }
        _peers.Sign(perl, jobs);
        foreach (var job in jobs)
        {
            var (message, body) = _peers.Signed(job.Split(' ')[0]);
            var found = Mail.Verify(message, new MemoryBody(body, isWire: true), Mail.Dns()).Signatures.Single();
            found.Result.Should().Be(DkimResult.Pass, "{0}: {1}", job, found.Reason);
            var changed = Mail.Verify(message, new MemoryBody((byte[])[.. body, (byte)'x', (byte)'\r', (byte)'\n'], isWire: true), Mail.Dns()).Signatures.Single();
            changed.Result.Should().Be(DkimResult.Fail, job);
        }
    }

    // What Exim sends for a body with LF: a CR before each, and a line end at the end.
    private static byte[] ToWire(string body)
    {
        var text = body.Length > 0 && !body.EndsWith('\n') ? body + "\n" : body;
        return Encoding.Latin1.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal));
    }

    private sealed class OneKey : MimeKit.Cryptography.IDkimPublicKeyLocator
    {
        private readonly Org.BouncyCastle.Crypto.AsymmetricKeyParameter _key = Org.BouncyCastle.Security.PublicKeyFactory.CreateKey(Convert.FromBase64String(Mail.RsaKey.PublicBase64()));

        public Org.BouncyCastle.Crypto.AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) => _key;

        public Task<Org.BouncyCastle.Crypto.AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default) => Task.FromResult(_key);
    }
}
