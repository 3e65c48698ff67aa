using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Commands;

/// <summary>--help of all commands, try, exim-config.</summary>
public sealed class HelpAndTrialTests : IDisposable
{
    private const string Exim = "/usr/sbin/exim4";
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData("run")]
    [InlineData("try")]
    [InlineData("list")]
    [InlineData("show")]
    [InlineData("check-config")]
    [InlineData("release")]
    [InlineData("forget")]
    [InlineData("retry")]
    [InlineData("redirect")]
    [InlineData("audit")]
    [InlineData("explain")]
    [InlineData("inject")]
    [InlineData("exim-config")]
    [InlineData("keygen")]
    public void Every_command_has_examples_in_its_help(string command)
    {
        var ran = _play.Run(command, "--help");
        ran.ExitCode.Should().Be(0);
        ran.Output.Should().Contain($"EXAMPLES:\n  spoolworker {command}").And.NotContain("Additional Arguments");
    }

    [Fact]
    public void Try_runs_the_built_in_samples_anywhere_and_leaves_nothing()
    {
        var ran = _play.Run("try", "--json");
        ran.ExitCode.Should().Be(0, ran.Error);
        var messages = ran.Json.GetProperty("messages").EnumerateArray().ToList();
        messages.Should().HaveCount(Samples.Folders("valid").Count()).And.OnlyContain(m => m.GetProperty("sample").GetString()!.StartsWith("valid/", StringComparison.Ordinal));
        var outcomes = messages.Select(m => m.GetProperty("outcome").GetString()!).ToList();
        outcomes.Should().OnlyContain(o => o.StartsWith("requeued", StringComparison.Ordinal) || o == "left" || o == "bounced").And.Contain("bounced", "dsn has something to do");
        // Each pass of the chain has done something.
        var plain = messages.Single(m => m.GetProperty("sample").GetString()!.EndsWith("11-4.96-plain", StringComparison.Ordinal));
        plain.GetProperty("passes").EnumerateArray().Select(p => p.GetString()).Should().Equal("authenticate", "rules", "srs", "arc-seal", "dsn");
        var results = plain.GetProperty("results");
        results.GetProperty("spf_result").GetString().Should().Be("pass");
        results.GetProperty("dmarc_result").GetString().Should().Be("pass");
        results.GetProperty("arc_seal").GetString().Should().Be("sealed");
        results.GetProperty("srs_status").GetString().Should().Be("ok");
        _play.LeftInWorkingDirectory().Should().BeEmpty();
        Directory.EnumerateDirectories(_play.Temporary, "spoolworker-try-*").Should().BeEmpty();
    }

    [Fact]
    public void Try_fits_80_columns_and_keeps_what_it_made()
    {
        var ran = _play.Run("try", "--keep");
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Output.Should().StartWith("Passes: authenticate, rules, srs, arc-seal, dsn\n").And.Contain("spf=pass").And.Contain("seal=sealed");
        ran.Output.Split('\n').Where(l => !l.StartsWith("Kept in ", StringComparison.Ordinal)).Should().OnlyContain(l => l.Length <= 80);
        var scratch = ran.Output.Split("Kept in ")[1].Split(';')[0];
        try
        {
            var sealed_ = Directory.EnumerateFiles($"{scratch}/spool/input", "*-H").Select(File.ReadAllText).ToList();
            sealed_.Should().Contain(h => h.Contains("ARC-Seal: i=1;", StringComparison.Ordinal) && h.Contains("Authentication-Results: mx.example", StringComparison.Ordinal) && h.Contains("X-Trial: ", StringComparison.Ordinal));
            sealed_.Should().Contain(h => h.Contains("<SRS0=", StringComparison.Ordinal)).And.Contain(h => h.Contains("multipart/report", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    [Fact]
    public void Try_hostile_shows_the_others_and_a_chain_of_ones_own_goes_before_the_built_in_one()
    {
        var ran = _play.Run("try", "--hostile", "--json");
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Json.GetProperty("messages").EnumerateArray().Should().NotBeEmpty().And.OnlyContain(m => m.GetProperty("sample").GetString()!.StartsWith("hostile/", StringComparison.Ordinal));
        ran.Json.GetProperty("counts").GetProperty("corrupt").GetInt32().Should().BeGreaterThan(10);
        _play.Run("try", "--Passes=rules").Output.Should().StartWith("Passes: rules\n");
    }

    [Fact]
    public void Try_copies_a_directory_and_says_where_everything_went()
    {
        var (bytes, id) = Samples.HeaderFile(Playground.Valid("4.96-plain"));
        Playground.Put(Playground.Valid("4.96-plain"), _play.Made("in/one"));
        File.WriteAllBytes($"{_play.Made("in/two")}/{id.HeaderName}", bytes.AsSpan(0, 100));
        File.WriteAllText($"{_play.Made("in/two")}/{id.BodyName}", $"{id.BodyName}\nx\n");
        File.WriteAllBytes($"{_play.Made("in/three")}/{id.HeaderName}", bytes);
        File.WriteAllText($"{_play.Made("in/four")}/{id.BodyName}", $"{id.BodyName}\nx\n");
        var ran = _play.Run("try", $"{_play.Path}/in", "--json");
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Json.GetProperty("messages").EnumerateArray().ToDictionary(m => m.GetProperty("sample").GetString()!, m => m.GetProperty("outcome").GetString()).Should().BeEquivalentTo(
            new Dictionary<string, string> { ["one"] = "requeued", ["two"] = "corrupt", ["three"] = "corrupt", ["four"] = "no message" });
        Directory.EnumerateFiles($"{_play.Path}/in", "*", SearchOption.AllDirectories).Should().HaveCount(6, "the originals stay");
    }

    [Theory]
    [InlineData("named-queue")]
    [InlineData("second-exim")]
    [InlineData("srs")]
    public void Exim_config_is_accepted_by_a_real_exim(string wiring)
    {
        var ran = _play.Run("exim-config", wiring, "--port", "2525");
        ran.ExitCode.Should().Be(0);
        if (!File.Exists(Exim)) return;
        var file = $"{_play.Path}/exim.conf";
        File.WriteAllText(file, ran.Output);
        var exim = new ProgramCall(Exim, "-C", file, "-bV").Run();
        exim.ExitCode.Should().Be(0, exim.Output + exim.Error);
    }

    [Fact]
    public void Exim_config_gives_single_parts_and_refuses_what_would_break_out_of_them()
    {
        _play.Run("exim-config", "named-queue", "--queue", "in", "--part", "acl").Output.Should().Be("spoolworker_rcpt:\n  accept  queue = in\n\nspoolworker_data:\n  accept  control = queue_only\n");
        _play.Run("exim-config", "queuefile", "--directory", "/in", "--part", "transports").Output.Should().Contain("driver = queuefile\n  directory = /in\n");
        _play.Run("exim-config", "queuefile", "--directory", "/a\n${run{x}}").ExitCode.Should().Be(64);
        _play.Run("exim-config", "named-queue", "--queue", "a b").ExitCode.Should().Be(64);
    }
}
