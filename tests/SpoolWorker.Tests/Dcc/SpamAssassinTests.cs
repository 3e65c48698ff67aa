using SpoolWorker.StandIns;

namespace SpoolWorker.Tests.Dcc;

/// <summary>The stand-in daemon held against a client that others wrote: SpamAssassin's DCC plugin gets from it what it expects of dccifd.</summary>
public sealed class SpamAssassinTests : IDisposable
{
    private const string Program = "/usr/bin/spamassassin", Rules = "/usr/share/spamassassin/25_dcc.cf";
    private const string Message = "Received: from mail.sender.example (mail.sender.example [192.0.2.7]) by mx.r.example; Mon, 23 Nov 2026 12:00:00 +0000\nFrom: a@sender.example\nTo: b@r.example\nSubject: offer\n\nBuy now.\n";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private sealed class SpamAssassinTheoryAttribute : TheoryAttribute
    {
        public SpamAssassinTheoryAttribute() => Skip = File.Exists(Program) && File.Exists(Rules) ? null! : "SpamAssassin is not installed (Debian: spamassassin)";
    }

    [SpamAssassinTheory]
    [InlineData(true, true, "DCC_CHECK=3")]
    [InlineData(false, true, "DCC_CHECK=3")]
    [InlineData(true, false, "none")]
    public async Task Its_plugin_understands_the_stand_in(bool onSocket, bool isBulk, string tests)
    {
        await using var daemon = (onSocket ? DccStandIn.OnSocket($"{_directory}/dccifd") : DccStandIn.OnPort()).Says(new DccScript { Header = isBulk ? DccScript.BulkHeader : DccScript.PlainHeader });
        Directory.CreateDirectory($"{_directory}/rules");
        Directory.CreateDirectory($"{_directory}/site");
        File.Copy(Rules, $"{_directory}/rules/25_dcc.cf");
        File.WriteAllText($"{_directory}/site/init.pre", "loadplugin Mail::SpamAssassin::Plugin::Check\nloadplugin Mail::SpamAssassin::Plugin::DCC\n");
        File.WriteAllText($"{_directory}/site/local.cf", $"""
            use_dcc 1
            dcc_dccifd_path {(onSocket ? $"{_directory}/dccifd" : $"127.0.0.1:{daemon.Port}")}
            dcc_timeout 20
            dns_available no
            skip_rbl_checks 1
            # Whether the answer is there before its rules of reputation are asked is a race within SpamAssassin: they are not what is asked here.
            score DCC_REPUT_00_12 0
            score DCC_REPUT_13_19 0
            score DCC_REPUT_70_89 0
            score DCC_REPUT_90_94 0
            score DCC_REPUT_95_98 0
            score DCC_REPUT_99_100 0
            score DCC_CHECK 3
            add_header all DCC _DCCB_: _DCCR_
            add_header all Tests [_TESTSSCORES(,)_]

            """);

        var output = await RunAsync("-C", $"{_directory}/rules", $"--siteconfigpath={_directory}/site", "-x");

        output.Should().Contain($"X-Spam-Tests: [{tests}]");
        var asked = daemon.Asked.Should().ContainSingle().Subject;
        asked.Options.Should().Equal("cksums", "grey-off");
        asked.Client.Should().Be("192.0.2.7\rmail.sender.example");
        asked.Recipients.Should().Equal("unknown");
        asked.Message.Should().Be(Message);
        if (isBulk) output.Replace("\n\t", " ", StringComparison.Ordinal).Should().Contain("X-Spam-DCC: standin: mx.example 1170; bulk Body=many Fuz1=many Fuz2=many rep=97%");
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var ended = await Task.Run(() => new ProgramCall(Program, arguments) { Input = Message }.Run());
        return ended.Output + ended.Error;
    }
}
