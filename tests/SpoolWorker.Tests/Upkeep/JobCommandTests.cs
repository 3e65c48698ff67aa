using System.Text.Json;
using SpoolWorker.Tests.Commands;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>The command `job`, as a process.</summary>
public sealed class JobCommandTests : IDisposable
{
    private readonly Playground _ground = new();
    private readonly OcspScene _scene = new();

    private string[] Ocsp => [.. _ground.Settings, $"--Ocsp:Certificates:0:Certificate={_scene.Name}.chain.pem", $"--Ocsp:Certificates:0:Proof={_scene.Proof}"];

    public void Dispose()
    {
        _scene.Dispose();
        _ground.Dispose();
    }

    [Fact]
    public void A_run_tells_what_it_found_by_words_and_by_its_exit_code()
    {
        var dry = _ground.Run(["job", "run", "ocsp", "--dry-run", "--json", .. Ocsp]);
        (dry.ExitCode, dry.Json.GetProperty("dryRun").GetBoolean(), File.Exists(_scene.Proof)).Should().Be((0, true, false), dry.Error);
        var good = _ground.Run(["job", "run", "ocsp", .. Ocsp]);
        (good.ExitCode, good.Error).Should().Be((0, ""));
        good.Output.Should().StartWith($"good: {_scene.Name}.chain.pem: refreshed from ");
        _scene.Authority.Judge(_scene.Proof, _scene.Name).Should().Contain(": good");
        File.Delete(_scene.Proof);
        _scene.Front.Answer = _ => OcspFront.Status("503 Service Unavailable");
        _ground.Run(["job", "run", "ocsp", .. Ocsp]).Should().Match<Ran>(r => r.ExitCode == 75 && r.Output.StartsWith("no-proof: ") && r.Output.Contains("HTTP 503"));
        _scene.Front.Answer = asked => OcspFront.Ok(_scene.Authority.Answer(asked.Request));
        _scene.Authority.Revoke(_scene.Name);
        _ground.Run(["job", "run", "ocsp", .. Ocsp]).Should().Match<Ran>(r => r.ExitCode == 1 && r.Output.StartsWith("revoked: "));
        var listed = _ground.Run(["job", "list", "--json", .. Ocsp]).Json.EnumerateArray().Single(j => j.GetProperty("name").GetString() == "ocsp");
        (listed.GetProperty("on").GetBoolean(), listed.GetProperty("findings")[0].GetProperty("kind").GetString(), listed.TryGetProperty("last", out _)).Should().Be((true, "revoked", true));
        _ground.Run(["job", "list", .. Ocsp]).Output.Should().Contain("ocsp").And.Contain("chain.pem: revoked since");
        _ground.Run(["list", "--jobs", .. Ocsp]).Output.Should().Contain("keeps the OCSP proofs");
    }

    [Fact]
    public void What_makes_no_sense_is_refused_and_a_pause_stands_in_the_ledger()
    {
        _ground.Run(["job", "run", "oscp", .. Ocsp]).Should().Match<Ran>(r => r.ExitCode == 66 && r.Error.Contains("'oscp' is no job; there are "));
        _ground.Run(["job", "run", "ocsp", .. _ground.Settings]).Should().Match<Ran>(r => r.ExitCode == 78 && r.Error.Contains("see the section Ocsp"));
        _ground.Run(["job", "run", "ocsp", .. Ocsp, "--Ocsp:Mode=x"]).ExitCode.Should().Be(78);
        _ground.Run(["job", "run", "hints", .. _ground.Settings]).Should().Match<Ran>(r => r.ExitCode == 78 && r.Error.Contains("see the section Hints"));
        _ground.Run(["job", "pause", "oscp", .. Ocsp]).Should().Match<Ran>(r => r.ExitCode == 66 && r.Error.Contains("is no job that runs"));
        _ground.Run(["job", "pause", "ocsp", "--for", "2h", "--reason", "moved", .. Ocsp]).Should().Match<Ran>(r => r.ExitCode == 0 && r.Output.StartsWith("job ocsp is paused by "));
        _ground.Run(["job", "list", "--json", .. Ocsp]).Json.EnumerateArray().Single(j => j.GetProperty("name").GetString() == "ocsp").GetProperty("paused").GetString().Should().EndWith(": moved");
        _ground.Run(["job", "resume", "ocsp", .. Ocsp]).Output.Should().StartWith("no more: job ocsp is paused");
        JsonDocument.Parse(_ground.Run(["audit", "--json", .. Ocsp]).Output).RootElement.GetArrayLength().Should().Be(2);
    }
}
