using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Tests.Commands;

/// <summary>spoolworker spf, as a process, with a DNS server over real sockets.</summary>
public sealed class SpfCommandTests : IDisposable
{
    private readonly Playground _play = new();
    private readonly TestDnsServer _server = new(new Zone().Txt("example.org", "v=spf1 ip4:192.0.2.1 -all exp=why.example.org").Txt("why.example.org", "not from %{c}").A("example.org", "198.51.100.1"));

    public void Dispose()
    {
        _server.Dispose();
        _play.Dispose();
    }

    [Fact]
    public void Json_has_result_and_explanation()
    {
        var fail = _play.Run("spf", "--ip", "::ffff:198.51.100.77", "--helo", "h.example", "--from", "a@example.org", "--dns", _server.Address, "--json");
        fail.ExitCode.Should().Be(0, fail.Error);
        (fail.Json.GetProperty("result").GetString(), fail.Json.GetProperty("explanation").GetString()).Should().Be(("fail", "not from 198.51.100.77"));
        var pass = _play.Run("spf", "--ip", "192.0.2.1", "--helo", "h.example", "--from", "@example.org", "--dns", _server.Address, "--json");
        (pass.Json.GetProperty("result").GetString(), pass.Json.TryGetProperty("explanation", out _)).Should().Be(("pass", false));
        _play.LeftInWorkingDirectory().Should().BeEmpty();
    }

    [Fact]
    public void People_get_a_table_and_the_header_line()
    {
        var bounce = _play.Run("spf", "--ip", "192.0.2.1", "--helo", "example.org", "--from", "", "--dns", _server.Address);
        bounce.ExitCode.Should().Be(0, bounce.Error);
        bounce.Output.Should().MatchRegex("(?m)^result +pass$").And.MatchRegex("(?m)^domain +example.org \\(helo\\)$").And.Contain("\nReceived-SPF: pass (");
        var guess = _play.Run("spf", "--ip", "198.51.100.200", "--helo", "h", "--from", "a@example.org", "--guess", "--dns", _server.Address);
        guess.Output.Should().MatchRegex("(?m)^mechanism +a/24$").And.Contain("\nX-SPF-Guess: pass (");
    }

    [Theory]
    [InlineData(64, "--ip", "192.0.2", "--from", "a@example.org")]
    [InlineData(64, "--ip", "192.0.2.1")]
    [InlineData(64, "--from", "a@example.org")]
    [InlineData(64, "--ip", "192.0.2.1", "--from", "a@example.org", "--dns", "nowhere")]
    [InlineData(64, "--ip", "192.0.2.1", "--from", "a@example.org", "stray")]
    [InlineData(78, "--ip", "192.0.2.1", "--from", "a@example.org", "--Spf:Guess=v=spf1 nonsense")]
    [InlineData(78, "--ip", "192.0.2.1", "--from", "a@example.org", "--Dns:Tmeout=1")]
    public void Wrong_usage_and_settings_are_told(int code, params string[] arguments)
    {
        var ran = _play.Run(["spf", .. arguments]);
        ran.ExitCode.Should().Be(code, ran.Error);
        ran.Error.Should().StartWith("spoolworker: ");
    }
}
