using System.Diagnostics;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;
using SpoolWorker.Upkeep.Ocsp;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>When a proof is fetched, what takes its place and what never does, with openssl's own responder.</summary>
public sealed class OcspJobTests : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly OcspScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_responder_of_openssl_is_asked_at_half_life_and_not_before()
    {
        var port = OcspAuthority.FreePort();
        // It reads the database when it starts.
        var name = _scene.Authority.Issue(OcspAuthority.Asked($"http://127.0.0.1:{port}"));
        using var responder = _scene.Authority.Serve(port);
        _scene.Options.Certificates[0].Certificate = $"{name}.chain.pem";
        _scene.Run().Text.Should().StartWith($"refreshed from http://127.0.0.1:{port}/: good until ");
        var (first, inode) = (_scene.Bytes, Inode());
        _scene.Clock.By = 3 * Day;
        _scene.Run().Text.Should().MatchRegex("^good until .*Z, to be refreshed from .*Z on$");
        (Inode(), responder.Said.Split("Received request").Length - 1).Should().Be((inode, 1), "it is left alone, and nobody was asked");
        _scene.Clock.By = 4 * Day;
        // Its times are whole seconds.
        Thread.Sleep(1100);
        _scene.Run(isDry: true).Text.Should().StartWith("to be refreshed from");
        Inode().Should().Be(inode, "a dry run changes nothing");
        _scene.Run().Text.Should().StartWith("refreshed from");
        _scene.Bytes.Should().NotEqual(first);
        _scene.Authority.Judge(_scene.Proof, name).Should().Contain(": good");
        _scene.Beside.Should().Equal(ProofFile.Staging);
    }

    [Fact]
    public void An_answer_that_is_no_newer_leaves_the_proof_alone()
    {
        _scene.Run();
        var (bytes, inode) = (_scene.Bytes, Inode());
        _scene.Front.Answer = _ => OcspFront.Ok(bytes);
        _scene.Clock.By = 4 * Day;
        var found = _scene.Run();
        (found.Level, Inode()).Should().Be((JobLevel.Well, inode));
        found.Text.Should().EndWith("has no newer one yet");
    }

    [Fact]
    public void An_outage_of_days_is_survived_and_told()
    {
        _scene.Run();
        var bytes = _scene.Bytes;
        _scene.Front.Answer = _ => OcspFront.Status("503 Service Unavailable");
        _scene.Clock.By = 4 * Day;
        var found = _scene.Run();
        (found.Kind, found.Level).Should().Be((OcspJob.NotRefreshed, JobLevel.Later));
        found.Text.Should().StartWith("not refreshed, and good until ").And.Contain("HTTP 503");
        _scene.Bytes.Should().Equal(bytes);
        _scene.Clock.By = 7.5 * Day;
        _scene.Run().Should().Match<JobFinding>(f => f.Kind == OcspJob.NoProof && f.Text.Contains("; the one there: it has ended: nextUpdate"));
    }

    [Fact]
    public void Revoked_and_unknown_are_told_and_never_replace_a_good_proof()
    {
        _scene.Run();
        var bytes = _scene.Bytes;
        _scene.Clock.By = 4 * Day;
        _scene.Authority.Revoke(_scene.Name);
        var revoked = _scene.Run();
        (revoked.Kind, revoked.Level).Should().Be((OcspJob.Revoked, JobLevel.Bad));
        revoked.Text.Should().MatchRegex("^revoked since 20.*Z, says http.*; put another certificate there; the proof that is there, which says good, stays until its end");
        _scene.Authority.Forget();
        var unknown = _scene.Run();
        (unknown.Kind, unknown.Level).Should().Be((OcspJob.Unknown, JobLevel.Later));
        _scene.Bytes.Should().Equal(bytes);
        File.Delete(_scene.Proof);
        _scene.Run().Kind.Should().Be(OcspJob.Unknown);
        File.Exists(_scene.Proof).Should().BeFalse();
    }

    [Fact]
    public void A_proof_that_no_longer_fits_is_replaced_before_its_time()
    {
        _scene.Run();
        // The certificate was renewed; the proof of the old one is worth nothing.
        var renewed = _scene.Authority.Issue(OcspAuthority.Asked(_scene.Front.Url));
        _scene.Options.Certificates[0].Certificate = $"{renewed}.chain.pem";
        _scene.Run().Text.Should().StartWith("refreshed from");
        _scene.Authority.Judge(_scene.Proof, renewed).Should().Contain(": good");
        File.WriteAllText(_scene.Proof, "rubbish");
        _scene.Run().Text.Should().StartWith("refreshed from");
    }

    [Fact]
    public void A_proof_in_pem_is_read_again_and_one_in_the_other_form_is_none()
    {
        _scene.Options.Certificates[0].Format = ProofFormat.Pem;
        _scene.Run().Text.Should().StartWith("refreshed from");
        var text = File.ReadAllText(_scene.Proof);
        text.Should().StartWith("-----BEGIN OCSP RESPONSE-----\n").And.EndWith("-----END OCSP RESPONSE-----\n");
        var inode = Inode();
        _scene.Run().Text.Should().StartWith("good until");
        Inode().Should().Be(inode);
        _scene.Options.Certificates[0].Format = ProofFormat.Der;
        _scene.Run().Text.Should().StartWith("refreshed from");
        _scene.Authority.Judge(_scene.Proof, _scene.Name).Should().Contain(": good");
        _scene.Options.Certificates[0].Format = ProofFormat.Pem;
        _scene.Run().Text.Should().StartWith("refreshed from");
        File.ReadAllText(_scene.Proof).Should().StartWith("-----BEGIN");
    }

    [Fact]
    public void Without_a_responder_nothing_is_to_be_done_unless_clients_insist()
    {
        var quiet = _scene.Authority.Issue("subjectAltName=DNS:mail.example\n");
        _scene.Options.Certificates[0].Certificate = $"{quiet}.chain.pem";
        _scene.Run().Should().Match<JobFinding>(f => f.Kind == OcspJob.NoResponder && f.Level == JobLevel.Well);
        var strict = _scene.Authority.Issue("tlsfeature=status_request\n");
        _scene.Options.Certificates[0].Certificate = $"{strict}.chain.pem";
        _scene.Run().Should().Match<JobFinding>(f => f.Kind == OcspJob.MustStaple && f.Level == JobLevel.Bad);
        using var scene = new OcspScene(mustStaple: true);
        scene.Front.Answer = _ => OcspFront.Status("503 Service Unavailable");
        scene.Run().Should().Match<JobFinding>(f => f.Kind == OcspJob.MustStaple && f.Level == JobLevel.Later && f.Text.Contains("HTTP 503"));
        scene.Front.Asked.Should().ContainSingle();
    }

    [Fact]
    public void One_that_fails_keeps_no_other_waiting_and_a_dead_responder_is_asked_once()
    {
        using var silent = new OcspFront { Pace = TimeSpan.FromMinutes(1) };
        _scene.Options.Timeout = TimeSpan.FromSeconds(1);
        var dead = Enumerable.Range(0, 3).Select(_ => _scene.Authority.Issue(OcspAuthority.Asked(silent.Url))).ToList();
        _scene.Options.Certificates = [.. dead.Append(_scene.Name).Append("/nowhere").Select((name, i) => new OcspCertificateOptions { Certificate = $"{name}.chain.pem", Proof = Path.Combine(_scene.Directory, $"{i}.ocsp") })];
        var since = Stopwatch.GetTimestamp();
        var found = _scene.RunAll();
        Stopwatch.GetElapsedTime(since).Should().BeLessThan(TimeSpan.FromSeconds(30));
        found.Select(f => f.Kind).Should().Equal(OcspJob.NoProof, OcspJob.NoProof, OcspJob.NoProof, "good", OcspJob.NoProof);
        found[2].Text.Should().Contain("not asked again in this run");
        found[4].Text.Should().Contain("/nowhere.chain.pem");
        silent.Asked.Should().ContainSingle();
    }

    [Fact]
    public void Files_that_are_not_what_they_should_be_are_named_and_left_alone()
    {
        File.CreateSymbolicLink(_scene.Proof, "/etc/passwd");
        _scene.Run().Text.Should().Contain("a link; a proof is written under its own name");
        File.Delete(_scene.Proof);
        Directory.CreateDirectory(_scene.Proof);
        _scene.Run().Text.Should().Contain($"{_scene.Proof}: no file");
        Directory.Delete(_scene.Proof);
        Directory.CreateSymbolicLink(Path.Combine(_scene.Directory, ProofFile.Staging), "/tmp");
        _scene.Run().Kind.Should().Be(OcspJob.NoProof);
        Directory.Delete(Path.Combine(_scene.Directory, ProofFile.Staging));
        _scene.Options.Certificates[0].Certificate = _scene.Authority.At("ca.key");
        _scene.Run().Text.Should().EndWith("no certificate in it, neither PEM nor DER");
        _scene.Options.Certificates[0].Certificate = $"{_scene.Name}.pem";
        _scene.Run().Text.Should().StartWith("its issuer 'CN=Test CA' is not in the same file");
        var ended = _scene.Authority.Issue(OcspAuthority.Asked(_scene.Front.Url), until: "20260101000000Z");
        _scene.Options.Certificates[0].Certificate = $"{ended}.chain.pem";
        _scene.Run().Text.Should().StartWith("the certificate has ended (2026-01-01 00:00Z)");
        _scene.Beside.Should().BeEmpty();
    }

    [Fact]
    public void Owner_and_mode_are_as_configured_and_what_a_kill_left_goes()
    {
        (_scene.Options.Mode, _scene.Options.Group) = ("0640", Posix.EffectiveUser == 0 ? "1" : "");
        Directory.CreateDirectory(Path.Combine(_scene.Directory, ProofFile.Staging));
        File.WriteAllText(Path.Combine(_scene.Directory, ProofFile.Staging, "mail.ocsp"), "half of one");
        _scene.Run().Kind.Should().Be("good");
        Posix.TryStatus(_scene.Proof, out var status).Should().Be(0);
        (status.Permissions, status.Gid == 1).Should().Be((0b110_100_000u, Posix.EffectiveUser == 0));
        _scene.Beside.Should().Equal(ProofFile.Staging);
    }

    private ulong Inode()
    {
        Posix.TryStatus(_scene.Proof, out var status).Should().Be(0);
        return status.Inode;
    }
}
