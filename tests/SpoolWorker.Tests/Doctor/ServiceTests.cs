using System.Net.Sockets;
using System.Text;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor.Services;
using SpoolWorker.Passes;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Doctor;

/// <summary>The daemons that passes ask: answering, absent, silent, saying something else; Debian's real ones where they are.</summary>
public sealed class ServiceTests : IDisposable
{
    private readonly Playground _play = new();

    public ServiceTests() => _ = (_play.Intake, _play.Target, _play.Held, _play.Corrupt, _play.Made("spool/msglog"));

    public void Dispose() => _play.Dispose();

    private sealed class RealFactAttribute : FactAttribute
    {
        public RealFactAttribute(string daemon) => Skip = daemon switch { "clamd" => RealClamd.Missing(), "rspamd" => RealRspamd.Missing(), _ => RealSpamd.Missing() };
    }

    private string Socket => $"{_play.Path}/daemon";

    [RealFact("clamd")]
    public void A_real_clamd_is_well_and_one_that_has_ended_is_told()
    {
        using (var clamd = new RealClamd()) Of("clamd", clamd.Address).Text.Should().Be($"{clamd.Address} answers");
        Of("clamd", Socket).Text.Should().Be($"{Socket}: cannot connect: no such socket; is the daemon running?");
    }

    [RealFact("spamd")]
    public void A_real_spamd_is_well()
    {
        using var spamd = new RealSpamd();
        Of("spamd", spamd.Address).Should().Be(("ok", $"{spamd.Address} answers"));
    }

    [RealFact("rspamd")]
    public void A_real_rspamd_is_well()
    {
        using var rspamd = new RealRspamd();
        Of("rspamd", rspamd.Address).Should().Match<(string, string)>(f => f.Item1 == "ok" && f.Item2.EndsWith(" answers"));
    }

    [RealFact("spamd")]
    public void A_spamd_where_clamd_should_be_is_told()
    {
        using var spamd = new RealSpamd();
        var (severity, text) = Of("clamd", spamd.Address);
        severity.Should().Be("error");
        text.Should().StartWith($"{spamd.Address}: ").And.Contain("'SPAMD/1.0 76 Bad header line");
    }

    [Theory]
    [InlineData("clamd", "clamd-silent")]
    [InlineData("spamd", "spamd-silent")]
    [InlineData("rspamd", "rspamd-silent")]
    [InlineData("dccifd", "dccifd-silent")]
    public async Task One_that_is_absent_silent_or_says_something_else_is_told(string daemon, string name)
    {
        DoctorRun.Of(_play, Settings(daemon, Socket)).Names.Should().Contain(name);
        Of(daemon, Socket).Should().Be(("error", $"{Socket}: cannot connect: no such socket; is the daemon running?"));
        await using (new ScriptedDaemon(Socket, (_, token) => Task.Delay(Timeout.Infinite, token)))
            Of(daemon, Socket, "--READ=300ms").Should().Be(("error", $"{Socket}: no answer within 0.3 s"));
        // As far as it may be answered: the question may still be under way.
        foreach (var said in new[] { "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\0", "stream: OK", "SPAMD/1.5 0 EX_OK\r\n", "SPAMD/1.5 76 Bad\r\n", "A\nAA\n\n", "" })
        {
            await using var garbage = ScriptedDaemon.Says(Socket, said, asked => asked.Length > 10);
            var (severity, text) = Of(daemon, Socket);
            (severity, text).Should().Match<(string, string)>(f => f.Item1 == "error" && f.Item2.StartsWith($"{Socket}: "), said);
        }
    }

    [Fact]
    public async Task A_dccifd_is_asked_and_not_only_connected_to()
    {
        await using var daemon = DccStandIn.OnSocket(Socket).Says(new DccScript { Overall = "T", Letters = "T" });
        string[] dcc = Settings("dccifd", Socket);
        DoctorRun.Of(_play, dcc).Find("dccifd-without-server").GetProperty("severity").GetString().Should().Be("warning");
        daemon.Says(new DccScript { Overall = "A", Letters = "A" });
        Of("dccifd", Socket).Should().Be(("ok", $"{Socket} answers A"));
        daemon.Asked[^1].Options.Should().Contain("query", "a look is not counted").And.Contain("grey-query");
    }

    [Fact]
    public async Task One_of_several_that_is_down_costs_time_only_and_all_of_them_stop_mail()
    {
        string[] two = [.. Settings("spamd", Socket), $"--Spamd:Address:1={_play.Path}/other"];
        DoctorRun.Of(_play, two).All("spamd-silent").Select(f => f.GetProperty("severity").GetString()).Should().Equal("error", "error");
        await using var one = ScriptedDaemon.Says(Socket, "SPAMD/1.5 0 PONG\r\n", asked => asked.EndsWith("\r\n\r\n", StringComparison.Ordinal));
        DoctorRun.Of(_play, two).Find("spamd-silent").GetProperty("severity").GetString().Should().Be("warning");
    }

    [Fact]
    public void One_that_no_pass_asks_is_nobodys_matter()
    {
        DoctorRun.Of(_play, $"--Clamd:Address:0={Socket}", "--Passes:0=rules").Names.Should().NotContain("clamd-silent");
    }

    [Fact]
    public void A_socket_that_the_worker_may_not_connect_to_is_told_to_root()
    {
        if (SpoolWorker.Spool.Posix.EffectiveUser != 0) return;
        Playground.Give(_play.Target, Playground.Nobody);
        File.SetUnixFileMode(_play.Path, (UnixFileMode)0b111_101_101);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Socket));
        listener.Listen();
        File.SetUnixFileMode(Socket, (UnixFileMode)0b110_110_000);
        string[] spamd = [.. Settings("spamd", Socket), "--Spamd:ReadTimeout=10ms"];
        DoctorRun.Of(_play, spamd).Find("file-unreadable-by-worker").GetProperty("text").GetString().Should().Be($"uid {Playground.Nobody}, as which the worker runs, cannot connect to {Socket}");
        File.SetUnixFileMode(Socket, (UnixFileMode)0b110_110_110);
        DoctorRun.Of(_play, spamd).Names.Should().NotContain("file-unreadable-by-worker");
    }

    [Fact]
    public void Each_daemon_of_a_registration_has_its_kind_of_finding()
    {
        var needed = DeclaredResults.Known.Passes.SelectMany(p => p.Services(p.NewOptions())).Select(s => s.Name).Distinct().ToList();
        needed.Should().Contain(["clamd", "dccifd", "rspamd", "spamd"]).And.OnlyContain(name => ServiceKinds.Of(name, ServiceHealth.Silent) != null);
    }

    private static string[] Settings(string daemon, string address)
    {
        var (pass, section) = daemon == "dccifd" ? ("dcc", "Dcc") : (daemon, char.ToUpperInvariant(daemon[0]) + daemon[1..]);
        return [$"--Passes:0={pass}", $"--{section}:{KeyOf(daemon)}:0={address}", $"--{section}:ConnectTimeout=10s", $"--{section}:ReadTimeout=14s"];
    }

    private static string KeyOf(string daemon) => daemon == "rspamd" ? "Url" : "Address";

    // Severity and text of what is said of the daemon at an address.
    private (string Severity, string Text) Of(string daemon, string address, params string[] more)
    {
        var settings = Settings(daemon, address);
        var section = settings[1].Split(':')[0];
        var run = DoctorRun.Of(_play, [.. settings, .. more.Select(m => m.Replace("--READ", $"{section}:ReadTimeout"))]);
        var found = run.Ran.Json.GetProperty("findings").EnumerateArray().Single(f => f.GetProperty("subject").GetString() == $"{section[2..]}:{KeyOf(daemon)}");
        if (found.TryGetProperty("name", out var name)) name.GetString().Should().Be($"{daemon}-silent");
        return (found.GetProperty("severity").GetString()!, found.GetProperty("text").GetString()!);
    }
}
