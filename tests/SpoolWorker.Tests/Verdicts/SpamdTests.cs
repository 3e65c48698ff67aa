using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Verdicts;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Passes.Verdicts.Spamd;
using SpoolWorker.Tests.Engine;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>The pass spamd with Debian's spamd.</summary>
public sealed class SpamdTests(SpamdTests.Engine engine) : IClassFixture<SpamdTests.Engine>
{
    public sealed class Engine() : RealEngine(static () => new RealSpamd());

    private SpamdOptions Options(Action<SpamdOptions>? change = null)
    {
        var options = new SpamdOptions { Address = [engine.Address] }.Patient();
        change?.Invoke(options);
        SpamdPass.Faults(options).Should().BeEmpty();
        return options;
    }

    private Task<PassResult> RunAsync(PassContext context, Action<SpamdOptions>? change = null) => AnswerOf(new SpamdPass(Options(change), TimeProvider.System), context);

    [EngineTheory("spamd")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_test_text_is_told_and_stops_nobody_until_somebody_says_so(bool isWire)
    {
        var body = "Hello\n" + RealSpamd.Gtube;
        var context = Message(isWire ? body.ReplaceLineEndings("\r\n") : body, isWire: isWire, headers: ["From: alice@sender.example\n", "x-spam-status: No, score=-5\n", "X-Spam-Flag: NO\n", "X-Spam-Level: \n"]);

        var result = await RunAsync(context);

        Kinds(result, context).Should().Equal("a@r.example continue");
        Lines(result, context).Should().Equal("From: alice@sender.example\n", "X-Spam-Flag: YES\n", "X-Spam-Score: 1000\n", $"X-Spam-Level: {new string('*', 50)}\n", "X-Spam-Status: Yes, score=1000 required=5 tests=GTUBE, SENDER\n");
        result.Results.Should().Equal(new Dictionary<string, string> { ["spamd_score"] = "1000", ["spamd_threshold"] = "5", ["spamd_symbols"] = "GTUBE,SENDER", ["spamd_recipients"] = "accept 1" });
        (Variable(result, "spam_score"), Variable(result, "spam_score_int"), Variable(result, "spam_bar")).Should().Be(("1000.0", "10000", new string('+', 51)));

        var held = await RunAsync(context, o => o.Levels = [new Level { Score = "5", Subject = "[SPAM]" }, new Level { Score = "15", Then = PolicyAction.Hold }]);
        Kinds(held, context).Should().Equal("a@r.example hold");
        held.Recipients[0].Disposition.Reason.Should().Be("spamd gives it 1000");
    }

    [EngineFact("spamd")]
    public async Task Its_report_is_asked_for_where_somebody_wants_it()
    {
        var spam = Message("Hello\n" + RealSpamd.Gtube);

        (await RunAsync(Message(RealSpamd.Offer), o => o.Report = true)).Results.Should().NotContainKey("spamd_report", "it is no spam");
        var report = (await RunAsync(spam, o => o.Report = true)).Results["spamd_report"];

        report.Should().Contain("GTUBE").And.NotContain("\r");
        report.Split('\n').Skip(1).Should().OnlyContain(line => line.StartsWith(' ') && line.Trim().Length > 0, "each line folds");
    }

    [EngineFact("spamd")]
    public async Task What_is_no_spam_says_so_and_scores_below_zero_are_told()
    {
        var context = Message("dear friend\n");
        var result = await RunAsync(context, o => o.Levels = [new Level { Score = "5", Then = PolicyAction.Hold }]);

        Kinds(result, context).Should().Equal("a@r.example continue");
        Lines(result, context)[^2..].Should().Equal("X-Spam-Score: -4.5\n", "X-Spam-Status: No, score=-4.5 required=5 tests=FRIEND, SENDER\n");
        (Variable(result, "spam_score"), Variable(result, "spam_score_int"), Variable(result, "spam_bar")).Should().Be(("-4.5", "-44", "----"), "as Exim's spam.c computes them");
    }

    [EngineFact("spamd")]
    public async Task One_message_goes_to_three_recipients_with_three_settings()
    {
        var context = Message(RealSpamd.Offer, ["strict@r.example", "lax@r.example", "any@r.example", "also@away.example"]);

        var result = await RunAsync(context, o =>
        {
            o.Users = ["strict@r.example: strict", "lax@r.example: lax"];
            o.Levels = [new Level { Score = "3", Then = PolicyAction.Accept, Redirect = "junk@r.example" }, new Level { Score = "6", Then = PolicyAction.Hold }];
            o.Groups = [new LevelGroup { Recipients = ["away.example"], Levels = [new Level { Score = "2.5", Then = PolicyAction.Bounce }] }];
        });

        Kinds(result, context).Should().Equal("strict@r.example hold", "lax@r.example continue", "any@r.example continue", "also@away.example bounce");
        Redirected(result).Should().Equal("any@r.example junk@r.example");
        result.Results["spamd_score"].Should().Be("7", "the highest");
        result.Results["spamd_recipients"].Should().Be("hold 1, accept 1, redirect 1, bounce 1");
        Variable(result, "spam_score").Should().Be("7.0");
    }

    [EngineFact("spamd")]
    public async Task In_the_engine_the_three_leave_each_with_his_own_lines_and_exims_variables()
    {
        await using var rig = new EngineRig();
        var options = Options(o =>
        {
            o.Users = ["strict@r.example: strict", "lax@r.example: lax"];
            o.Levels = [new Level { Score = "3", Subject = "[maybe]" }, new Level { Score = "6", Subject = "[SPAM]", Header = "X-Folder: junk" }];
        });
        rig.With(new SpamdPass(options, rig.Clock, rig.Log), options);
        // As an Exim with Brightmail writes it; what is in it is nobody's business here.
        const string Bmi = "--bmi_verdicts some;verdict\u00ff =base64==\n";
        new PairFactory { Recipients = ["strict@r.example", "lax@r.example", "any@r.example"], Body = Encoding.ASCII.GetBytes(RealSpamd.Offer), Options = Bmi }.In(rig.Intake);
        var left = new Dictionary<string, Found>();
        for (var round = 0; round < 3; round++)
        {
            await rig.DrainAsync();
            foreach (var pair in EngineRig.Pairs(rig.Target)) left[string.Join(' ', pair.Pending)] = pair;
            rig.EximDelivers();
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            await rig.Engine.RetryAsync(CancellationToken.None);
            await EngineRig.UntilAsync(() => rig.Engine.Busy == 0, "tried again");
        }

        left.Keys.Should().BeEquivalentTo("strict@r.example", "lax@r.example", "any@r.example");
        Sent(left["strict@r.example"]).Should().Contain("Subject: [SPAM] a test\n").And.Contain("X-Folder: junk\n");
        Sent(left["lax@r.example"]).Should().Contain("Subject: a test\n").And.NotContain("X-Folder: junk\n");
        Sent(left["any@r.example"]).Should().Contain("Subject: [maybe] a test\n").And.NotContain("X-Folder: junk\n");
        Encoding.Latin1.GetString(left["any@r.example"].HeaderBytes).Should().Contain("-spam_bar +++\n").And.Contain("-spam_score 3.2\n").And.Contain("-spam_score_int 32\n").And.Contain(Bmi);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [EngineFact("spamd")]
    public async Task What_is_above_the_limit_goes_on_unasked_by_default_and_spamd_is_asked_of_any_size_where_there_is_none()
    {
        var context = Message(RealSpamd.Gtube + string.Concat(Enumerable.Repeat("0123456789 0123456789 0123456789 0123456789\n", 20_000)));

        (await RunAsync(context)).Results["spamd_skipped"].Should().EndWith(" bytes are above 512000");
        (await RunAsync(context, o => o.MaxSize = 0)).Results["spamd_score"].Should().Be("1000");
        Kinds(await RunAsync(context, o => o.OnTooLarge = PolicyAction.Defer), context).Should().Equal("a@r.example defer");
    }

    private static string[] Sent(Found pair) => [.. pair.Header.Headers.Where(h => !h.IsDeleted).Select(h => Encoding.Latin1.GetString(h.Text.Span))];
}
