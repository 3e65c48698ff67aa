using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Verdicts.Clamd;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Tests.Engine;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>The pass clamd with Debian's clamd.</summary>
public sealed class ClamdTests(ClamdTests.Engine engine) : IClassFixture<ClamdTests.Engine>
{
    public sealed class Engine() : RealEngine(static () => new RealClamd());

    private ClamdOptions Options(Action<ClamdOptions>? change = null)
    {
        var options = new ClamdOptions { Address = [engine.Address] }.Patient();
        change?.Invoke(options);
        ClamdPass.Faults(options).Should().BeEmpty();
        return options;
    }

    private Task<PassResult> RunAsync(PassContext context, Action<ClamdOptions>? change = null) => AnswerOf(new ClamdPass(Options(change), TimeProvider.System), context);

    [EngineTheory("clamd")]
    [InlineData("plain", false)]
    [InlineData("plain", true)]
    [InlineData("base64", false)]
    [InlineData("base64", true)]
    [InlineData("zip", false)]
    public async Task The_test_virus_is_held_however_it_comes(string form, bool isWire)
    {
        var body = form switch
        {
            "plain" => RealClamd.EicarText + "\n",
            "base64" => Attached(Encoding.ASCII.GetBytes(RealClamd.EicarText), "file.com"),
            _ => Attached(Zipped(RealClamd.EicarText), "file.zip"),
        };
        var context = Message(isWire ? body.ReplaceLineEndings("\r\n") : body, ["a@r.example", "b@r.example"], form == "plain" ? null : MixedHeaders, isWire);

        var result = await RunAsync(context);

        Kinds(result, context).Should().Equal("a@r.example hold", "b@r.example hold");
        result.Recipients[0].Disposition.Reason.Should().Be($"virus {RealClamd.Eicar} says clamd");
        result.Results.Should().Equal(new Dictionary<string, string> { ["virus_result"] = "virus", ["virus_name"] = RealClamd.Eicar, ["virus_recipients"] = "hold 2" });
        Lines(result, context).Should().Contain($"X-Virus-Status: Infected ({RealClamd.Eicar})\n");
    }

    [EngineFact("clamd")]
    public async Task A_clean_message_goes_on_and_says_so_whatever_it_said_itself()
    {
        var context = Message(headers: ["From: alice@sender.example\n", "x-virus-status: Clean, believe me\n", "X-Virus-Scanned: by me\n"]);

        var result = await RunAsync(context);

        Kinds(result, context).Should().Equal("a@r.example continue");
        Lines(result, context).Should().Equal("From: alice@sender.example\n", "X-Virus-Scanned: ClamAV\n", "X-Virus-Status: Clean\n");
        result.Results.Should().Equal(new Dictionary<string, string> { ["virus_result"] = "clean", ["virus_recipients"] = "accept 1" });
        Lines(await RunAsync(context, o => o.AddHeaders = false), context).Should().Equal("From: alice@sender.example\n");
    }

    [EngineFact("clamd")]
    public async Task A_find_whose_name_only_tags_stops_nobody()
    {
        var context = Message($"{RealClamd.UnwantedText}\n");

        var result = await RunAsync(context);

        Kinds(result, context).Should().Equal("a@r.example continue");
        result.Results["virus_result"].Should().Be("suspect");
        Lines(result, context).Should().Contain($"X-Virus-Status: Suspect ({RealClamd.Unwanted})\n");
        Kinds(await RunAsync(context, o => o.TagOnly = []), context).Should().Equal("a@r.example hold");
        Kinds(await RunAsync(context, o => o.TagOnly = ["pua.test*"]), context).Should().Equal("a@r.example continue");
    }

    [EngineFact("clamd")]
    public async Task What_one_recipient_is_spared_another_gets_elsewhere()
    {
        var context = Message(RealClamd.EicarText + "\n", ["a@r.example", "lab@r.example", "b@away.example", "c@gone.example"]);

        var result = await RunAsync(context, o => o.Groups =
        [
            new MeasureGroup { Recipients = ["lab@r.example"], Then = PolicyAction.Accept, Redirect = "samples@lab.example" },
            new MeasureGroup { Recipients = ["away.example", "gone.example"], Then = PolicyAction.Bounce },
            new MeasureGroup { Recipients = ["gone.example"], Then = PolicyAction.Discard },
        ]);

        Kinds(result, context).Should().Equal("a@r.example hold", "lab@r.example continue", "b@away.example bounce", "c@gone.example bounce");
        Redirected(result).Should().Equal("lab@r.example samples@lab.example");
        result.Results["virus_recipients"].Should().Be("hold 1, redirect 1, bounce 2");
    }

    [EngineFact("clamd")]
    public async Task What_clamd_would_not_read_is_not_sent_and_where_it_reads_less_than_we_think_it_counts_as_too_large()
    {
        var large = Message(string.Concat(Enumerable.Repeat("0123456789012345678901234567890123456789012345678901234567890123456789\n", RealClamd.StreamMaxLength / 50)));

        var known = await RunAsync(large, o => o.MaxSize = RealClamd.StreamMaxLength);
        Kinds(known, large).Should().Equal("a@r.example hold");
        known.Recipients[0].Disposition.Reason.Should().StartWith("clamd was not asked: ").And.EndWith($" bytes are above {RealClamd.StreamMaxLength}");

        var hit = await RunAsync(large);
        Kinds(hit, large).Should().Equal("a@r.example hold");
        hit.Results["virus_skipped"].Should().Contain("StreamMaxLength").And.Contain("set Clamd:MaxSize");
        (await RunAsync(Message(new string('\n', 2_000_000)))).Results["virus_skipped"].Should().Contain("StreamMaxLength", "it was asked before");
        Kinds(await RunAsync(large, o => o.OnTooLarge = PolicyAction.Accept), large).Should().Equal("a@r.example continue");
    }

    [EngineFact("clamd")]
    public async Task The_next_daemon_is_asked_where_one_is_not_there()
    {
        var result = await RunAsync(Message(RealClamd.EicarText + "\n"), o => o.Address.Insert(0, "/nonexistent/clamd"));

        result.Results["virus_result"].Should().Be("virus");
    }

    [EngineFact("clamd")]
    public async Task In_the_engine_each_recipient_gets_what_his_group_asks_for_and_nobody_the_others_lines()
    {
        await using var rig = new EngineRig();
        var options = Options(o => o.Groups =
        [
            new MeasureGroup { Recipients = ["tag@r.example"], Then = PolicyAction.Tag, Subject = "[VIRUS]", Header = "X-Danger: yes" },
            new MeasureGroup { Recipients = ["lab@r.example"], Then = PolicyAction.Accept, Redirect = "samples@lab.example" },
        ]);
        rig.With(new ClamdPass(options, rig.Clock, rig.Log), options);
        new PairFactory { Recipients = ["held@r.example", "tag@r.example", "lab@r.example"], Body = Encoding.ASCII.GetBytes(RealClamd.EicarText + "\n"), MoreHeaders = ["X-Danger: no\n"] }.In(rig.Intake);

        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.Pending.Should().Equal("held@r.example");
        var first = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        first.Pending.Should().Equal("samples@lab.example");
        Sent(first).Should().Contain("Subject: a test\n").And.NotContain(line => line.StartsWith("X-Danger", StringComparison.Ordinal));
        rig.EximDelivers();
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await rig.Engine.RetryAsync(CancellationToken.None);
        await EngineRig.UntilAsync(() => rig.Engine.Busy == 0, "tried again");
        await rig.DrainAsync();

        var second = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        second.Pending.Should().Equal("tag@r.example");
        Sent(second).Should().Contain("Subject: [VIRUS] a test\n").And.Contain("X-Danger: yes\n").And.NotContain("X-Danger: no\n").And.NotContain("Subject: a test\n");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        rig.Log.Count("virus=virus").Should().BeGreaterThan(0, rig.Log.All);
    }

    private static string[] Sent(Found pair) => [.. pair.Header.Headers.Where(h => !h.IsDeleted).Select(h => Encoding.Latin1.GetString(h.Text.Span))];
}
