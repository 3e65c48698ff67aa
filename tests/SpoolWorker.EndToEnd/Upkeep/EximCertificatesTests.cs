using SpoolWorker.Ledger;
using SpoolWorker.Upkeep.Ocsp;

namespace SpoolWorker.EndToEnd.Upkeep;

/// <summary>What Debian's Exim says of its certificates and proofs, in the ways its tls_certificate and tls_ocsp_file are written.</summary>
public sealed class EximCertificatesTests : IDisposable
{
    private readonly TempDirectory _scene = new(isForAll: true);
    private readonly List<JobFinding> _findings = [];

    public EximCertificatesTests()
    {
        foreach (var name in new[] { "a.example.pem", "b.example.pem", "no host!.pem", "${run{false}}.pem" }) File.WriteAllText(Path.Combine(_scene.Create("sni"), name), "");
        File.WriteAllText(Path.Combine(_scene.Create("proofs"), "a.example.ocsp"), "");
    }

    public void Dispose() => _scene.Dispose();

    public static TheoryData<string, string, string[]> Texts => new()
    {
        { "/c.pem", "/c.ocsp", ["/c.pem /c.ocsp Der"] },
        { "/a.pem : /b.pem", "/a.ocsp : /b.ocsp", ["/a.pem /a.ocsp Der", "/b.pem /b.ocsp Der"] },
        { "<; /a.pem ; /b.pem;/c.pem", "<, PEM /a.ocsp, /b.ocsp , DER /c.ocsp", ["/a.pem /a.ocsp Pem", "/b.pem /b.ocsp Pem", "/c.pem /c.ocsp Der"] },
        { "/a.pem:/b.pem", "/a.ocsp", ["/a.pem /a.ocsp Der", "/b.pem - Der"] },
        { "/a.pem", "", ["/a.pem - Der"] },
        { "/a.pem", "${if exists{/none.ocsp}{/none.ocsp}}", ["/a.pem /none.ocsp Der"] },
        { "/a.pem", "${if exists {/none.ocsp} {/none.ocsp} {} }", ["/a.pem /none.ocsp Der"] },
        { "${if eq{$tls_in_sni}{x.example}{/x.pem}{/a.pem}}", "${if eq{$tls_in_sni}{x.example}{/x.ocsp}{/a.ocsp}}", ["/a.pem /a.ocsp Der", "/x.pem /x.ocsp Der"] },
        {
            "${lookup{$tls_in_sni.pem}dsearch,ret=full{SCENE/sni}{$value}{/def.pem}}", "PEM ${lookup{$tls_in_sni.pem}dsearch{SCENE/sni}{SCENE/proofs/${sg{$value}{.pem\\$}{}}.ocsp}{/def.ocsp}}",
            ["/def.pem /def.ocsp Pem", "SCENE/sni/a.example.pem SCENE/proofs/a.example.ocsp Pem", "SCENE/sni/b.example.pem SCENE/proofs/b.example.ocsp Pem"]
        },
        {
            "${if exists{SCENE/sni/${tls_sni}.pem}{SCENE/sni/${tls_sni}.pem}{/def.pem}}", "${if exists{SCENE/proofs/${tls_sni}.ocsp}{SCENE/proofs/${tls_sni}.ocsp}}",
            ["/def.pem SCENE/proofs/.ocsp Der", "/def.pem SCENE/proofs/x.example.ocsp Der", "SCENE/sni/a.example.pem SCENE/proofs/a.example.ocsp Der", "SCENE/sni/b.example.pem SCENE/proofs/b.example.ocsp Der"]
        },
    };

    [EximTheory]
    [MemberData(nameof(Texts))]
    public void Certificates_are_those_of_the_option_each_with_its_file(string certificates, string proofs, string[] expected)
    {
        Ask(certificates, proofs, options => options.Names = ["x.example"]).Should().BeEquivalentTo(expected.Select(e => e.Replace("SCENE", _scene, StringComparison.Ordinal)));
        _findings.Should().BeEmpty();
    }

    [EximFact]
    public void What_cannot_be_known_is_told()
    {
        Ask("/a.pem:/b.pem", "/one.ocsp:/one.ocsp").Should().Equal("/a.pem /one.ocsp Der");
        _findings.Should().ContainSingle().Which.Should().Match<JobFinding>(f => f.Kind == OcspJob.NotKnown && f.Level == JobLevel.Bad && f.Subject == "/b.pem" && f.Text.Contains("/one.ocsp, which is the proof of /a.pem"));
        Ask("${nosuch{x}}", "/a.ocsp").Should().BeEmpty();
        _findings.Should().ContainSingle().Which.Text.Should().Contain("\"${nosuch\" is not a known operator");
        Ask("exim.crt", "exim.ocsp").Should().BeEmpty();
        _findings.Should().ContainSingle().Which.Text.Should().Contain("no whole paths");
        Ask("", "").Should().BeEmpty();
        _findings.Should().ContainSingle().Which.Should().Match<JobFinding>(f => f.Level == JobLevel.Well && f.Text.Contains("is not set"));
        Ask("/a.pem", "/a.ocsp", options => options.Exim = "/bin/false").Should().BeEmpty();
        _findings.Should().ContainSingle().Which.Should().Match<JobFinding>(f => f.Subject == "/bin/false" && f.Level == JobLevel.Later);
    }

    [EximFact]
    public void What_the_options_name_comes_first_and_is_not_doubled()
    {
        Ask("/a.pem:/b.pem", "/a.ocsp:/b.ocsp", options => options.Certificates = [new OcspCertificateOptions { Certificate = "/b.pem", Chain = "/ca.pem", Proof = "/b.ocsp" }])
            .Should().Equal("/b.pem /b.ocsp Der", "/a.pem /a.ocsp Der");
        _findings.Should().BeEmpty();
    }

    private IEnumerable<string> Ask(string certificates, string proofs, Action<OcspOptions>? change = null)
    {
        var file = _scene.At("exim.conf");
        File.WriteAllText(file, $"tls_certificate = {certificates}\ntls_ocsp_file = {proofs}\n".Replace("SCENE", _scene, StringComparison.Ordinal));
        var options = new OcspOptions { FromExim = true, Exim = EximInstance.Program, EximConfig = file };
        change?.Invoke(options);
        _findings.Clear();
        return [.. new EximCertificates(options).Beside(_findings).Select(c => $"{c.Certificate} {(c.Proof.Length > 0 ? c.Proof : "-")} {c.Format}")];
    }
}
