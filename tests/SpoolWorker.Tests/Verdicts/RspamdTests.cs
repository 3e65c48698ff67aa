using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Services;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Passes.Verdicts.Rspamd;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Spool;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>The pass rspamd with Debian's rspamd.</summary>
public sealed class RspamdTests(RspamdTests.Engine engine) : IClassFixture<RspamdTests.Engine>
{
    public sealed class Engine() : RealEngine(static () => new RealRspamd());

    private async Task<PassResult> RunAsync(PassContext context, Action<RspamdOptions>? change = null)
    {
        var options = new RspamdOptions { Url = [engine.Address] }.Patient();
        change?.Invoke(options);
        RspamdPass.Faults(options).Should().BeEmpty();
        return await AnswerOf(new RspamdPass(options, TimeProvider.System), context);
    }

    [EngineTheory("rspamd")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_test_text_is_told_and_stops_nobody_until_somebody_says_so(bool isWire)
    {
        var body = "Hello\n" + RealSpamd.Gtube;
        var context = Message(isWire ? body.ReplaceLineEndings("\r\n") : body, isWire: isWire, headers: ["From: alice@sender.example\n", "X-Rspamd-Action: none\n", "x-spamd-result: believe me\n", "X-Spam-Flag: NO\n"]);

        var result = await RunAsync(context);

        Kinds(result, context).Should().Equal("a@r.example continue");
        Lines(result, context).Should().Equal("From: alice@sender.example\n", "X-Spam-Flag: YES\n", "X-Spam-Score: 15\n", "X-Spam-Level: ***************\n", "X-Spam-Status: Yes, score=15 required=15 tests=GTUBE\n");
        result.Results.Should().Equal(new Dictionary<string, string>
        {
            ["rspamd_score"] = "15",
            ["rspamd_symbols"] = "GTUBE",
            ["rspamd_threshold"] = "15",
            ["rspamd_action"] = "reject",
            ["rspamd_recipients"] = "accept 1",
        });
        (Variable(result, "spam_score"), Variable(result, "spam_score_int"), Variable(result, "spam_bar")).Should().Be(("15.0", "150", "+++++++++++++++"));

        var held = await RunAsync(context, o => o.Levels = [new Level { Score = "1", Subject = "[SPAM]" }, new Level { Action = "reject", Then = PolicyAction.Hold }]);
        Kinds(held, context).Should().Equal("a@r.example hold");
        held.Recipients[0].Disposition.Reason.Should().Be("rspamd gives it 15 (reject)");
    }

    [EngineFact("rspamd")]
    public async Task Its_soft_reject_waits_where_that_is_asked_for()
    {
        var context = Message("not now\n");
        Kinds(await RunAsync(context), context).Should().Equal("a@r.example continue");

        var result = await RunAsync(context, o => o.Levels = [new Level { Action = "soft_reject", Then = PolicyAction.Defer }]);

        Kinds(result, context).Should().Equal("a@r.example defer");
        result.Recipients[0].Disposition.Reason.Should().Be("rspamd gives it 0 (soft reject)");
        result.Recipients[0].Disposition.Diagnosis.Answer.Should().Be("Come back later");
        Lines(result, context).Should().Contain("X-Spam-Status: No, score=0 required=15 tests=none\n", "a soft reject is no spam");
    }

    [EngineFact("rspamd")]
    public async Task One_message_goes_to_three_recipients_with_three_settings()
    {
        var context = Message(RealRspamd.Offer, ["strict@r.example", "lax@r.example", "any@r.example", "also@away.example"]);

        var result = await RunAsync(context, o =>
        {
            o.Settings = ["strict@r.example: strict", "lax@r.example: lax"];
            o.Levels = [new Level { Score = "3", Then = PolicyAction.Accept, Redirect = "junk@r.example" }, new Level { Action = "add header", Then = PolicyAction.Hold }];
            o.Groups = [new LevelGroup { Recipients = ["away.example"], Levels = [new Level { Score = "2.5", Then = PolicyAction.Bounce }] }];
        });

        Kinds(result, context).Should().Equal("strict@r.example hold", "lax@r.example continue", "any@r.example continue", "also@away.example bounce");
        Redirected(result).Should().Equal("any@r.example junk@r.example");
        (result.Results["rspamd_score"], result.Results["rspamd_action"]).Should().Be(("7", "add header"), "the highest");
        result.Results["rspamd_recipients"].Should().Be("hold 1, accept 1, redirect 1, bounce 1");
        Lines(result, context).Should().Contain("X-Spamd-Result: default: False [7.00 / 15.00];\n\tOFFER(7.00)[]\n");
    }

    [EngineFact("rspamd")]
    public async Task It_is_told_the_envelope()
    {
        const string Options = "--host_address [192.0.2.7]:4711\n--host_name mail.sender.example\n--helo_name helo.sender.example\n-host_auth plain\n--auth_id alice\n";
        var context = Message("say the envelope\n", ["\"a, b\"@r.example", "b@r.example"], options: Options);

        var result = await RunAsync(context, o => o.SkipAuthenticated = false);

        var length = new WireMessage(context.Message, context.Body).CountLength();
        Lines(result, context).Should().Contain($"X-Rspamd-Action: alice@sender.example|a, b@r.example,b@r.example|192.0.2.7|helo.sender.example|mail.sender.example|alice|{context.Message.Id}|{length}\n");
        var local = Message("say the envelope\n", options: "");
        Lines(await RunAsync(local, o => o.SkipLocal = false), local).Should().Contain(line => line.StartsWith("X-Rspamd-Action: alice@sender.example|a@r.example|||||", StringComparison.Ordinal));
    }

    [EngineFact("rspamd")]
    public async Task Its_header_lines_are_taken_by_name_and_none_can_be_slipped_in()
    {
        string[] headers = ["From: alice@sender.example\n", "Subject: a test\n", "Authentication-Results: one; spf=pass\n", "Authentication-Results: two; spf=pass\n", "X-Old: 1\n"];
        var context = Message("edit the header\n", headers: headers);

        var result = await RunAsync(context, o => (o.AddHeaders, o.AllowHeaders) = (false, [.. o.AllowHeaders, "authentication-results"]));

        result.Headers.OfType<HeaderEdit.AddOnTop>().Select(a => Encoding.ASCII.GetString(a.Line.Text.Span)).Should().BeEquivalentTo("X-Rspamd-Action: one\n", "Authentication-Results: ours.example; spf=pass\n");
        Lines(result, context).Should().BeEquivalentTo([headers[0], headers[1], headers[2], headers[4], "X-Rspamd-Action: two\n\tfolded\n", "X-Spamd-Result: default: False [0.00 / 15.00]\n"]);
        result.Results.Should().NotContainKey("rspamd_skipped");
        var none = await RunAsync(context, o => (o.AddHeaders, o.AllowHeaders) = (false, []));
        Lines(none, context).Should().Equal(headers);
    }

    [EngineFact("rspamd")]
    public async Task What_is_above_its_own_limit_waits_and_the_reason_asks_whether_that_is_it()
    {
        var options = new RspamdOptions { Url = [engine.Address] }.Patient();
        var context = Message(string.Concat(Enumerable.Repeat("0123456789 0123456789 0123456789 0123456789\n", 3 * RealRspamd.MaxMessage / 44)));

        (await new RspamdPass(options, TimeProvider.System).RunAsync(context, CancellationToken.None)).UnavailableReason.Should().Contain("is its max_message below Rspamd:MaxSize?");
        (await RunAsync(context, o => o.MaxSize = RealRspamd.MaxMessage)).Results["rspamd_skipped"].Should().EndWith(" bytes are above 1048576");
    }

    [EngineFact("rspamd")]
    public async Task The_sample_mails_get_the_verdicts_that_rspamc_gets()
    {
        var mails = Directory.EnumerateFiles(Path.Combine(Suites.Repository, "spool-samples", "valid"), "*-H", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        string[] bodies = [RealRspamd.Offer, "dear friend\n", RealSpamd.Gtube, "not now\n"];
        mails.Should().HaveCountGreaterThan(20);
        foreach (var (file, i) in mails.Select((file, i) => (file, i)))
        {
            var header = Samples.Read(File.ReadAllBytes(file), MessageId.TryParse(Path.GetFileName(file).AsSpan()[..^2], out var id) ? id : throw new InvalidOperationException(file));
            if (header.Pending.IsEmpty) continue;
            var data = File.ReadAllBytes(file[..^2] + "-D");
            byte[] body = [.. data.AsSpan(data.AsSpan().IndexOf((byte)'\n') + 1), .. Encoding.ASCII.GetBytes(header.IsWireFormat ? bodies[i % 4].ReplaceLineEndings("\r\n") : bodies[i % 4])];
            var context = Message() with { Message = header, Recipients = header.Pending, Body = new MemoryBody(body, header.IsWireFormat) };

            var results = (await RunAsync(context, o => (o.SkipLocal, o.SkipAuthenticated) = (false, false))).Results;

            var theirs = await RspamcAsync(context);
            (results["rspamd_action"], results["rspamd_symbols"]).Should().Be((theirs.Action, theirs.Symbols), file);
            double.Parse(results["rspamd_score"], System.Globalization.CultureInfo.InvariantCulture).Should().BeApproximately(theirs.Score, 0.01, file);
        }
    }

    private async Task<(string Action, double Score, string Symbols)> RspamcAsync(PassContext context)
    {
        // Without the sender: it takes none beyond ASCII.
        using var rspamc = Process.Start(new ProcessStartInfo(RealRspamd.Client, ["-h", engine.Address, "--json"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await new WireMessage(context.Message, context.Body).SendAsync(async piece => await rspamc.StandardInput.BaseStream.WriteAsync(piece));
        rspamc.StandardInput.Close();
        var said = await rspamc.StandardOutput.ReadToEndAsync();
        await rspamc.WaitForExitAsync();
        rspamc.ExitCode.Should().Be(0, said);
        using var json = JsonDocument.Parse(said);
        var answer = json.RootElement;
        return (answer.GetProperty("action").GetString()!, answer.GetProperty("score").GetDouble(), string.Join(',', answer.GetProperty("symbols").EnumerateObject().Select(s => s.Name)));
    }
}
