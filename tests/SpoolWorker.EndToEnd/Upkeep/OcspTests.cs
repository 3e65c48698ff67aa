// Proofs as Exim and its clients see them: Debian's Exim, `openssl ocsp` as the responder, `openssl s_client` as the client, and the program as a process that is killed.
// SPOOLWORKER_KILL_LOOPS scales the number of kills.
using System.Diagnostics;
using System.Globalization;
using SpoolWorker.Upkeep.Ocsp;

namespace SpoolWorker.EndToEnd.Upkeep;

[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class OcspTests : WorkerScene
{
    private const int Certificates = 6, Kills = 25, Killed = 137;

    // Exim waits five seconds after a change, for others that may come with it (src/tls.c).
    private static readonly TimeSpan EximLooks = TimeSpan.FromSeconds(60);

    private static readonly double Scale = double.Parse(TestVariables.KillLoops ?? "1", CultureInfo.InvariantCulture);

    private readonly OcspAuthority _authority = new();
    private readonly int _port = OcspAuthority.FreePort();
    private readonly TempDirectory _proofs = new(isForAll: true);

    private static DateTime Whole => new(DateTime.UtcNow.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _authority.Dispose();
        _proofs.Dispose();
    }

    [EximFact]
    public async Task A_client_of_exim_is_shown_the_new_proof_without_a_restart()
    {
        var name = Issue();
        var began = Whole.AddDays(-5);
        File.WriteAllBytes(Proof(0), _authority.AnswerOf(name, began, began.AddDays(7)));
        using var responder = _authority.Serve(_port);
        using var exim = new StaplingExim(_authority, $"{name}.chain.pem", Proof(0));
        exim.Stapled().Should().Be(began, exim.Log);
        var process = exim.Process;

        var worker = Worker("spool", Scene.Create("in/input"), Exim("idle", EximRole.Deliver), config => config with { Wake = "none", Sections = Ocsp(name) });
        worker.Start();
        await worker.Until(() => exim.Stapled() is { } stapled && stapled > began, () => $"Exim still staples the proof of {exim.Stapled()}: {exim.Log}", EximLooks);
        worker.Stop().Should().Be(0, worker.Log);
        worker.Log.Should().Contain("refreshed from");
        exim.Process.Should().Be(process, "it was not started again");
        _authority.Judge(Proof(0), name).Should().Contain(": good");
        Beside().Should().Equal(ProofFile.Staging);
    }

    [EximFact]
    public void Each_name_a_client_asks_for_has_its_proof_from_what_exim_says_of_itself()
    {
        var (one, other) = (Issue(), Issue());
        var certificates = Scene.Create("sni");
        foreach (var (name, file) in new[] { (one, "a.example.pem"), (other, "b.example.pem") }) File.Copy($"{name}.chain.pem", Path.Combine(certificates, file));
        using var responder = _authority.Serve(_port);
        var found = "${lookup{$tls_in_sni.pem}dsearch{" + certificates + "}";
        // What is not there yet is left out, and a proof is made for it all the same.
        using var exim = new StaplingExim(_authority, found + "{" + certificates + "/$value}{" + certificates + "/a.example.pem}}",
            "PEM ${if exists{" + _proofs + "/" + found + "{$value}{a.example.pem}}.ocsp}{" + _proofs + "/" + found + "{$value}{a.example.pem}}.ocsp}}");
        var config = new WorkerConfig(Scene.At("worker"), "spool", Scene.Create("in/input"), Scene.Create("spool/input"))
        {
            Wake = "none",
            Sections = new Dictionary<string, object> { ["Ocsp"] = new { FromExim = true, Exim = EximInstance.Program, EximConfig = exim.Configuration, Timeout = "60s" } },
        }.Write();

        var run = Job(config).Run();

        run.ExitCode.Should().Be(0, run.Output + run.Error);
        Directory.EnumerateFiles(_proofs).Select(f => Path.GetFileName(f)).Order().Should().Equal("a.example.pem.ocsp", "b.example.pem.ocsp");
        foreach (var name in new[] { "a.example", "b.example", "" }) exim.Stapled(name).Should().NotBeNull("{0} has its proof: {1}", name, exim.Log);
    }

    [EximFact]
    public void An_exim_that_was_not_told_of_a_proof_in_time_offers_no_tls()
    {
        // What docs/jobs.md warns of; when this fails, it is out of date.
        var name = Issue();
        using var exim = new StaplingExim(_authority, $"{name}.chain.pem", Proof(0));
        exim.Stapled().Should().BeNull();
        exim.Log.Should().Contain("TLS error");
    }

    [EximFact]
    public void A_kill_in_the_middle_of_refreshes_leaves_the_old_proofs_or_the_new_ones()
    {
        var names = Enumerable.Range(0, Certificates).Select(_ => Issue()).ToArray();
        var began = Whole.AddDays(-5);
        var old = names.Select(name => _authority.AnswerOf(name, began, began.AddDays(7))).ToArray();
        var config = new WorkerConfig(Scene.At("worker"), "spool", Scene.Create("in/input"), Scene.Create("spool/input")) { Wake = "none", Sections = Ocsp(names) }.Write();
        Put(old);
        var since = Stopwatch.GetTimestamp();
        using (_authority.Serve(_port)) Job(config).Run().ExitCode.Should().Be(0);
        var whole = Stopwatch.GetElapsedTime(since);
        var (refreshed, random) = (0, new Random(17));
        for (var kill = 0; kill < Math.Ceiling(Kills * Scale); kill++)
        {
            Put(old);
            // Another each time: openssl's reads on for ever from a client that died before it had asked.
            using var responder = _authority.Serve(_port);
            using (var process = Process.Start(new ProcessStartInfo(Job(config).Program, Job(config).Arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!)
            {
                // The kill is to come anywhere in its second half: the first is .NET's start.
                Thread.Sleep(whole * (0.5 + random.NextDouble() / 2));
                process.Kill();
                process.WaitForExit();
            }
            refreshed += Check(names, old, began);
        }
        // Those that a random moment does not meet: before and in each call that makes a proof.
        foreach (var call in new[] { "openat:signal=SIGKILL:when=1", "fchmod:signal=SIGKILL", "pwrite64:signal=SIGKILL", "fsync:signal=SIGKILL:when=1", "fsync:signal=SIGKILL:when=2", "renameat,renameat2:signal=SIGKILL:when=1", "renameat,renameat2:signal=SIGKILL:when=2" })
        {
            Put(old);
            using var responder = _authority.Serve(_port);
            // Without --seccomp-bpf: with it strace sends no signal.
            var staging = Path.Combine(_proofs, ProofFile.Staging);
            string[] paths = [_proofs, staging, .. Enumerable.Range(0, Certificates).Select(i => Path.Combine(staging, $"{i}.ocsp"))];
            var killed = new ProgramCall("strace", ["-f", "-qq", "-e", "trace=openat,fchmod,pwrite64,fsync,renameat,renameat2", "-o", "/dev/null", .. paths.SelectMany(path => new[] { "-P", path }), "-e", $"inject={call}", Job(config).Program, .. Job(config).Arguments]).Run();
            killed.ExitCode.Should().Be(Killed, call);
            refreshed += Check(names, old, began);
        }
        refreshed.Should().BeGreaterThan(0, "some were killed behind a rename");
        using (_authority.Serve(_port)) Job(config).Run().ExitCode.Should().Be(0);
        Check(names, old, began).Should().Be(Certificates);
        Directory.EnumerateFileSystemEntries(Path.Combine(_proofs, ProofFile.Staging)).Should().BeEmpty("what a kill left goes with the next writing");
    }

    private static ProgramCall Job(string config) => ProgramCall.SpoolWorker("job", "run", "ocsp", "--config", config);

    private string Issue() => _authority.Issue(OcspAuthority.Asked($"http://127.0.0.1:{_port}/"));

    private string Proof(int number) => _proofs.At($"{number}.ocsp");

    private Dictionary<string, object> Ocsp(params string[] names) => new()
    {
        ["Ocsp"] = new { Certificates = names.Select((name, i) => new { Certificate = $"{name}.chain.pem", Proof = Proof(i) }), Timeout = "60s" },
    };

    private void Put(byte[][] proofs)
    {
        for (var i = 0; i < proofs.Length; i++) File.WriteAllBytes(Proof(i), proofs[i]);
    }

    private string[] Beside() => [.. Directory.EnumerateFileSystemEntries(_proofs).Select(f => Path.GetFileName(f)).Where(f => !f.EndsWith(".ocsp", StringComparison.Ordinal))];

    // How many are new; each is the old one or a good new one, and nothing else lies there.
    private int Check(string[] names, byte[][] old, DateTime began)
    {
        var refreshed = 0;
        for (var i = 0; i < names.Length; i++)
        {
            var bytes = File.ReadAllBytes(Proof(i));
            if (bytes.AsSpan().SequenceEqual(old[i])) continue;
            var chain = CertificateFile.Read($"{names[i]}.chain.pem");
            var proof = OcspProof.Read(bytes, StapledCertificate.Of(chain[0], chain), DateTimeOffset.UtcNow);
            (proof.Verdict, proof.Begins > began).Should().Be((OcspVerdict.Good, true), proof.Text);
            refreshed++;
        }
        Beside().Except([ProofFile.Staging]).Should().BeEmpty();
        return refreshed;
    }
}
