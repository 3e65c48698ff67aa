using SpoolWorker.StandIns;
using SpoolWorker.Tests.Commands;

namespace SpoolWorker.Tests.Dcc;

/// <summary>spoolworker dcc check, as a process.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly Playground _playground = new();

    private string SocketPath => $"{_playground.Path}/dccifd";

    public void Dispose() => _playground.Dispose();

    private string Message()
    {
        var path = $"{_playground.Path}/message.eml";
        File.WriteAllText(path, "From: a@sender.example\nX-DCC-standin-Metrics: forged\nSubject: hi\n\nbody\n");
        return path;
    }

    [Fact]
    public async Task Verbose_shows_the_request_line_by_line_the_answer_and_the_policy()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath).Says(new DccScript { Overall = "R", Letters = "AR", Header = DccScript.BulkHeader });

        var ran = _playground.Run("dcc", "check", Message(), "--address", SocketPath, "--ip", "192.0.2.7", "--host", "mail.sender.example", "--helo", "helo.example",
            "--from", "<alice@sender.example>", "--rcpt", "a@r.example", "--rcpt", "b@r.example", "--verbose", "--Dcc:OnReject=bounce");

        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Output.Should().StartWith("""
            > header query grey-query
            > 192.0.2.7\x0dmail.sender.example
            > helo.example
            > alice@sender.example
            > a@r.example
            > b@r.example
            >
            > From: a@sender.example
            > X-DCC-standin-Metrics: forged
            > Subject: hi
            >
            > (5 bytes of body)
            < R
            < AR
            < X-DCC-standin-Metrics: mx.example 1170; bulk Body=many Fuz1=many
            <  Fuz2=many rep=97%

            """.Replace(">\n", "> \n", StringComparison.Ordinal));
        ran.Output.Should().Contain("answer    R AR\n").And.Contain("remove    X-DCC-standin-Metrics: forged\n").And.Contain("add       X-DCC-standin-Metrics: mx.example")
            .And.MatchRegex(@"a@r\.example +A +accept +accepted").And.MatchRegex(@"b@r\.example +R +bounce +bulk mail");
        daemon.Asked.Single().Options.Should().Equal("header", "query", "grey-query");
        _playground.LeftInWorkingDirectory().Should().BeEmpty();
    }

    [Fact]
    public async Task Json_and_report_for_a_pair()
    {
        await using var daemon = DccStandIn.OnPort().Says(new DccScript { Overall = "G" });
        var id = Playground.Put(Playground.Valid("4.96-multi-rcpt"), _playground.Intake);

        var ran = _playground.RunConfigured("dcc", "check", $"{_playground.Intake}/{id.HeaderName}", "--address", daemon.Address, "--json", "--report");

        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Json.GetProperty("results").GetProperty("dcc_result").GetString().Should().Be("G");
        ran.Json.GetProperty("daemon").GetString().Should().Be(daemon.Address);
        ran.Json.GetProperty("recipients").EnumerateArray().Should().NotBeEmpty().And.OnlyContain(r => r.GetProperty("disposition").GetString() == "defer");
        ran.Json.GetProperty("request").GetProperty("options").GetString().Should().Be("header");
        daemon.Asked.Single().Recipients.Should().HaveCount(ran.Json.GetProperty("recipients").GetArrayLength());
    }

    [Fact]
    public async Task What_the_worker_would_skip_is_told_and_asked_all_the_same()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath);

        var ran = _playground.RunConfigured("dcc", "check", Message(), "--address", SocketPath);

        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Output.Should().Contain("worker    would not ask: local mail").And.MatchRegex(@"unknown +A +accept");
        var asked = daemon.Asked.Single();
        (asked.Client, asked.Sender).Should().Be(("127.0.0.1", "<>"));
    }

    [Fact]
    public async Task A_body_larger_than_the_heap_is_sent()
    {
        await using var daemon = DccStandIn.OnSocket(SocketPath);
        const long Size = 64L << 20;
        var path = $"{_playground.Path}/large.eml";
        await using (var file = File.Create(path))
        {
            await file.WriteAsync("Subject: large\n\n"u8.ToArray());
            file.SetLength(Size);
        }
        var ended = (ProgramCall.SpoolWorker(["dcc", "check", path, "--address", SocketPath, "--ip", "192.0.2.7", .. _playground.Settings]) with
        {
            WorkingDirectory = _playground.Path,
            // 24 MiB for the whole managed heap: a copy of the body would not fit.
            Environment = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x1800000" },
        }).Run();

        ended.ExitCode.Should().Be(0, ended.Error);
        daemon.Asked.Single().MessageBytes.Should().Be(Size);
    }

    [Fact]
    public void Faults_have_their_exit_codes()
    {
        var nowhere = _playground.RunConfigured("dcc", "check", Message(), "--address", DccStandIn.Nowhere(_playground.Path));
        nowhere.ExitCode.Should().Be(75);
        nowhere.Output.Should().Contain("answer    none: ").And.Contain("cannot connect").And.Contain("policy    defer (OnUnavailable)");
        _playground.RunConfigured("dcc", "check", $"{_playground.Path}/none").ExitCode.Should().Be(66);
        _playground.RunConfigured("dcc", "check", Message(), "--ip", "here").ExitCode.Should().Be(64);
        _playground.RunConfigured("dcc", "check", Message(), "--address", "127.0.0.1:10045").ExitCode.Should().Be(64);
        var wrong = _playground.RunConfigured("dcc", "check", Message(), "--Dcc:OnReject=hodl");
        wrong.ExitCode.Should().Be(78);
        wrong.Error.Should().Contain("Dcc:OnReject = 'hodl'");
        _playground.Run("dcc", "check", "--help").Output.Should().Contain("EXAMPLES:").And.Contain("75 no proper answer");
    }
}
