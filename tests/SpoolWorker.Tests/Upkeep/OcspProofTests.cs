using SpoolWorker.Ledger;
using SpoolWorker.Upkeep.Ocsp;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>Which answers become proofs: answers of openssl's responder, of authorities made here, and what else comes over HTTP.</summary>
public sealed class OcspProofTests : IDisposable
{
    private readonly OcspScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_good_answer_of_the_authority_is_stapled(bool isRsa)
    {
        using var scene = new OcspScene(isRsa ? OcspAuthority.Rsa : OcspAuthority.Ecdsa);
        var found = scene.Run();
        (found.Kind, found.Level, found.Subject).Should().Be(("good", JobLevel.Well, $"{scene.Name}.chain.pem"), found.Text);
        found.Text.Should().StartWith($"refreshed from {scene.Front.Url}/: good until 20");
        scene.Authority.Judge(scene.Proof, scene.Name).Should().Contain(": good").And.Contain("Response verify OK");
        scene.Front.Asked.Single().Method.Should().Be("GET");
        scene.Beside.Should().Equal(ProofFile.Staging);
    }

    [Fact]
    public void An_answer_of_a_responder_made_by_the_issuer_is_stapled_and_its_place_in_the_chain_does_not_matter()
    {
        _scene.Signer = _scene.Authority.Issue("extendedKeyUsage=OCSPSigning\nkeyUsage=digitalSignature\n", OcspAuthority.Rsa);
        Good();
        _scene.More = ["-ndays", "7", "-resp_key_id"];
        File.Delete(_scene.Proof);
        Good();
        _scene.Authority.Judge(_scene.Proof, _scene.Name).Should().Contain(": good");
        // Certificate and chain in files of their own, the certificate as DER.
        OcspAuthority.OpenSsl("x509", "-in", $"{_scene.Name}.pem", "-outform", "DER", "-out", $"{_scene.Name}.der");
        using var other = new OcspAuthority("Another CA");
        File.WriteAllText($"{_scene.Name}.rest", File.ReadAllText(other.Certificate) + File.ReadAllText(_scene.Authority.Certificate));
        (_scene.Options.Certificates[0].Certificate, _scene.Options.Certificates[0].Chain) = ($"{_scene.Name}.der", $"{_scene.Name}.rest");
        File.Delete(_scene.Proof);
        Good();
    }

    [Fact]
    public void A_signer_that_is_none_is_not_believed()
    {
        var signers = new (string Extensions, string From, string Until, string Says)[]
        {
            ("extendedKeyUsage=serverAuth\n", "20250101000000Z", "20350101000000Z", "may not sign such answers"),
            ("extendedKeyUsage=anyExtendedKeyUsage\n", "20250101000000Z", "20350101000000Z", "may not sign such answers"),
            ("basicConstraints=CA:FALSE\n", "20250101000000Z", "20350101000000Z", "may not sign such answers"),
            ("extendedKeyUsage=OCSPSigning\nkeyUsage=keyEncipherment\n", "20250101000000Z", "20350101000000Z", "(keyUsage)"),
            ("extendedKeyUsage=OCSPSigning\n", "20240101000000Z", "20250101000000Z", "is valid until 2025-01-01 00:00Z, the answer until"),
            ("extendedKeyUsage=OCSPSigning\n", "20250101000000Z", $"{DateTime.UtcNow.AddDays(3):yyyyMMdd}000000Z", "Exim rejects what outlives its signer"),
            ("extendedKeyUsage=OCSPSigning\n", $"{DateTime.UtcNow.AddDays(3):yyyyMMdd}000000Z", "20350101000000Z", "is valid from"),
        };
        foreach (var (extensions, from, until, says) in signers)
        {
            _scene.Signer = _scene.Authority.Issue(extensions, from: from, until: until);
            Refused(says);
        }
        using var other = new OcspAuthority("Test CA");
        _scene.Signer = other.Issue("extendedKeyUsage=OCSPSigning\n");
        Refused("was not made so by the issuer");
        // The name of the issuer, and another key.
        _scene.Signer = null;
        _scene.Front.Answer = asked =>
        {
            File.Copy(_scene.Authority.At("index.txt"), other.At("index.txt"), overwrite: true);
            var signed = $"{other.At("ca")}";
            return OcspFront.Ok(_scene.Authority.Answer(asked.Request, signed, "-ndays", "7", "-resp_no_certs"));
        };
        Refused("its signature is not the issuer's");
        _scene.Front.Answer = asked => OcspFront.Ok(_scene.Authority.Answer(asked.Request, _scene.Authority.Issue("extendedKeyUsage=OCSPSigning\n"), "-ndays", "7", "-resp_no_certs"));
        Refused("comes without the signer's certificate");
        _scene.Front.Answer = asked => OcspFront.Ok(_scene.Authority.Answer(asked.Request, null, "-ndays", "7", "-rmd", "sha1"));
        Refused("signed in a way that clients refuse");
    }

    [Fact]
    public void An_answer_about_another_certificate_or_of_another_time_is_none()
    {
        var other = _scene.Authority.Issue(OcspAuthority.Asked(_scene.Front.Url));
        using (var folder = new TempDirectory())
        {
            OcspAuthority.OpenSsl("ocsp", "-issuer", _scene.Authority.Certificate, "-cert", $"{other}.pem", "-reqout", folder.At("request"), "-no_nonce");
            var request = File.ReadAllBytes(folder.At("request"));
            _scene.Front.Answer = _ => OcspFront.Ok(_scene.Authority.Answer(request));
        }
        Refused("it is about another certificate");
        _scene.Front.Answer = asked => OcspFront.Ok(_scene.Authority.Answer(asked.Request));
        _scene.Clock.By = TimeSpan.FromDays(8);
        var made = OcspProofBytes();
        _scene.Front.Answer = _ => OcspFront.Ok(made);
        Refused("it has ended: nextUpdate");
        _scene.Clock.By = TimeSpan.FromDays(-1);
        Refused("it is for a time that has not begun: thisUpdate");
        _scene.Clock.By = TimeSpan.FromMinutes(-4);
        Good();
        File.Delete(_scene.Proof);
        _scene.Clock.By = TimeSpan.Zero;
        _scene.Front.Answer = asked => OcspFront.Ok(_scene.Authority.Answer(asked.Request, null, "-ndays", "1000"));
        Refused("make no sense");
        // Without -ndays and -nmin openssl sets no nextUpdate.
        _scene.Front.Answer = asked => OcspFront.Ok(_scene.Authority.Answer(asked.Request, null, "-no_nonce"));
        Refused("no nextUpdate");
    }

    [Fact]
    public void What_is_no_answer_is_refused_and_hurts_nobody()
    {
        var good = OcspProofBytes();
        foreach (var (bytes, says) in new (byte[], string)[]
        {
            ([], "no OCSP response: empty"),
            ("<html>"u8.ToArray(), "no OCSP response: "),
            (good[..^1], "no OCSP response: "),
            ([.. good, 0], "no OCSP response: more than one value"),
            // tryLater, unauthorized, a status nobody knows (RFC 6960, 4.2.1)
            ([0x30, 3, 0x0a, 1, 3], "the responder says tryLater"),
            ([0x30, 3, 0x0a, 1, 6], "the responder says unauthorized"),
            ([0x30, 3, 0x0a, 1, 0], "no basic OCSP response"),
            ([.. Enumerable.Repeat<byte[]>([0x30, 0x80], 30000).SelectMany(b => b)], "no OCSP response: no DER at offset 0"),
            (Nested(10000), "no OCSP response: deeper than"),
        })
        {
            _scene.Front.Answer = _ => OcspFront.Ok(bytes);
            Refused(says);
        }
        // Each byte of a good one changed: refused, or (a flag that nobody looks at) the same proof; never an exception.
        for (var i = 0; i < good.Length; i += 7)
        {
            var changed = (byte[])good.Clone();
            changed[i] ^= 0x41;
            var proof = OcspProof.Read(changed, About(), _scene.Clock.GetUtcNow());
            if (proof.Verdict != OcspVerdict.Refused) changed.AsSpan(0, i).SequenceEqual(good.AsSpan(0, i)).Should().BeTrue();
        }
    }

    [Fact]
    public void What_http_does_is_told_and_bounded()
    {
        foreach (var (answer, says) in new (Func<OcspAsked, byte[]>, string)[]
        {
            (_ => OcspFront.Status("503 Service Unavailable"), "it answered HTTP 503"),
            (_ => OcspFront.Status("204 No Content"), "it answered HTTP 204"),
            (_ => "nonsense\r\n\r\n"u8.ToArray(), "invalid status line"),
            (_ => OcspFront.Ok(new byte[(1 << 16) + 1]), "more than 65536 bytes"),
            (_ => [.. "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n0"u8], "ended prematurely"),
            (asked => OcspFront.Status("302 Found", $"Location: {asked.Path}x\r\n"), "it answered HTTP 302, and sent elsewhere 3 times before"),
            (_ => OcspFront.Status("302 Found", "Location: file:///etc/passwd\r\n"), "it answered HTTP 302, and sends elsewhere than to HTTP"),
            (_ => OcspFront.Status("302 Found", "Location: http://\r\n"), "it answered HTTP 302"),
            (_ => OcspFront.Status("302 Found", "Location: http://a b:99999/\r\n"), "it answered HTTP 302"),
            (_ => OcspFront.Status("302 Found"), "it answered HTTP 302"),
        })
        {
            _scene.Front.Answer = answer;
            Refused(says);
        }
        _scene.Front.Asked.Should().HaveCountLessThan(15, "redirects have an end");
        // A redirect is followed, with what was asked.
        var hops = 0;
        _scene.Front.Answer = asked => hops++ < 2 ? OcspFront.Status("301 Moved Permanently", $"Location: {asked.Path}\r\n") : OcspFront.Ok(_scene.Authority.Answer(asked.Request));
        Good();
        File.Delete(_scene.Proof);
        _scene.Front.Pace = TimeSpan.FromMilliseconds(50);
        _scene.Options.Timeout = TimeSpan.FromSeconds(1);
        Refused("no answer within 1 s (Ocsp:Timeout)");
    }

    [Fact]
    public void A_large_request_and_a_responder_that_will_have_no_GET_are_asked_by_POST()
    {
        _scene.Front.Answer = asked => asked.Method == "GET" ? OcspFront.Status("405 Method Not Allowed") : OcspFront.Ok(_scene.Authority.Answer(asked.Request));
        Good();
        _scene.Front.Asked.Select(a => a.Method).Should().Equal("GET", "POST");
        // A serial number that makes the request long (RFC 6960, A.1).
        using var scene = new OcspScene(serial: "7f" + new string('5', 238));
        scene.Run().Kind.Should().Be("good");
        scene.Front.Asked.Select(a => a.Method).Should().Equal("POST");
    }

    [Fact]
    public void A_proxy_is_asked_in_its_place()
    {
        var proxy = _scene.Front;
        using var scene = new OcspScene();
        scene.Options.Proxy = proxy.Url;
        proxy.Answer = asked => OcspFront.Ok(scene.Authority.Answer(asked.Request));
        scene.Run().Kind.Should().Be("good");
        scene.Front.Asked.Should().BeEmpty();
        proxy.Asked.Single().Path.Should().StartWith(scene.Front.Url);
    }

    private static byte[] Nested(int levels)
    {
        var bytes = new List<byte>();
        for (var level = levels; level > 0; level--) bytes.AddRange([0x30, 0x82, (byte)((level - 1) * 4 >> 8), (byte)((level - 1) * 4)]);
        return [.. bytes];
    }

    private StapledCertificate About()
    {
        var chain = CertificateFile.Read($"{_scene.Name}.chain.pem");
        return StapledCertificate.Of(chain[0], chain);
    }

    private byte[] OcspProofBytes()
    {
        var by = _scene.Clock.By;
        _scene.Clock.By = TimeSpan.Zero;
        Good();
        _scene.Clock.By = by;
        var bytes = _scene.Bytes;
        File.Delete(_scene.Proof);
        return bytes;
    }

    private void Good() => _scene.Run().Should().Match<JobFinding>(f => f.Kind == "good");

    private void Refused(string says)
    {
        var found = _scene.Run();
        (found.Kind, found.Level).Should().Be((OcspJob.NoProof, JobLevel.Later), found.Text);
        found.Text.Should().StartWith($"no good proof: {_scene.Front.Url}/: ").And.Contain(says);
        File.Exists(_scene.Proof).Should().BeFalse();
    }
}
