using System.Text;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Passes.Verdicts.Spamd;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Telemetry;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>Rules behind an engine that gave each recipient a score of his own.</summary>
public sealed class RecipientScoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private ScriptedDaemon Daemon() => new(_directory.At("spamd"), async (socket, token) =>
    {
        var asked = await ScriptedDaemon.ReadAsync(socket, _ => false, token);
        var score = asked.Contains("\r\nUser: strict\r\n", StringComparison.Ordinal) ? "7.0" : asked.Contains("\r\nUser: lax\r\n", StringComparison.Ordinal) ? "0.5" : "3.2";
        await socket.SendAsync(Encoding.ASCII.GetBytes($"SPAMD/1.1 0 EX_OK\r\nSpam: False ; {score} / 5.0\r\n\r\nOFFER"), token);
    });

    private static readonly string[] Recipients = ["strict@r.example", "lax@r.example", "any@r.example"];

    private static SpamdOptions Options(ScriptedDaemon daemon, Action<SpamdOptions>? change = null)
    {
        var options = new SpamdOptions { Address = [daemon.Path], SkipLocal = false, Users = ["strict@r.example: strict", "lax@r.example: lax"] }.Patient();
        change?.Invoke(options);
        return options;
    }

    private async Task<(string[] Held, string[] Sent, string[] Marked, string Log)> RunAsync(RuleOptions rule, Action<SpamdOptions>? change = null)
    {
        await using var rig = new EngineRig();
        await using var daemon = Daemon();
        var options = Options(daemon, change);
        rig.With(new SpamdPass(options, rig.Clock, rig.Log), options);
        rig.With(new RulesPass(new RulesOptions { List = [rule] }));
        var pair = new PairFactory { Recipients = Recipients }.In(rig.Intake);
        await rig.DrainAsync();
        // Who goes apart.
        await rig.Engine.RetryAsync(default);
        await rig.DrainAsync();
        return ([.. EngineRig.Pairs(rig.Held).SelectMany(p => p.Pending).Order()], [.. EngineRig.Pairs(rig.Target).SelectMany(p => p.Pending).Order()], [.. EngineRig.Pairs(rig.Target).Where(p => p.Header.Headers.Any(h => h.Is("X-Mark"u8))).SelectMany(p => p.Pending)], rig.Log.All + string.Join(' ', rig.Decided(pair.MessageId).Found ?? []));
    }

    [Theory]
    [InlineData("recipient = *@r.example and spamd_score >= 5", "strict@r.example")]
    [InlineData("recipient = *@r.example and spam_score >= 5", "strict@r.example")]
    [InlineData("recipient != lax@r.example and spam_score_int > 30", "any@r.example strict@r.example")]
    [InlineData("spamd_score > 3", "any@r.example strict@r.example")]
    [InlineData("spam_bar ~ ^\\+{7}$", "strict@r.example")]
    [InlineData("spamd_score < 1", "lax@r.example")]
    [InlineData("spamd_symbols = OFFER", "any@r.example lax@r.example strict@r.example")]
    public async Task A_rule_sees_the_score_of_its_recipient(string when, string held)
    {
        var made = await RunAsync(new RuleOptions { When = when, Then = PolicyAction.Hold });

        string.Join(' ', made.Held).Should().Be(held);
        made.Sent.Should().BeEquivalentTo(new[] { "strict@r.example", "lax@r.example", "any@r.example" }.Except(held.Split(' ')));
        made.Log.Should().Contain("7 strict@r.example, 3.2 any@r.example, 0.5 lax@r.example");
    }

    [Fact]
    public async Task What_is_held_keeps_the_score_of_each_for_the_passes_it_goes_through_later()
    {
        await using var rig = new EngineRig();
        await using var daemon = Daemon();
        var options = Options(daemon, o => o.Levels = [new Level { Score = "0", Then = PolicyAction.Hold }]);
        rig.With(new SpamdPass(options, rig.Clock, rig.Log), options);
        var seen = new List<string>();
        rig.With(new TestPass("last", context =>
        {
            seen.AddRange(context.Recipients.Select(r => $"{TestPass.Text(r.Address)} {context.RecipientResults.GetValueOrDefault(r.Address)?["spamd_score"]} {context.Results["spamd_score"]}"));
            return PassResult.Continue;
        }));
        var pair = new PairFactory { Recipients = Recipients }.In(rig.Intake);
        await rig.DrainAsync();
        var held = EngineRig.Pairs(rig.Held).Should().ContainSingle().Subject;
        rig.Decided(pair.MessageId).FoundFor!.Select(f => $"{string.Join(' ', f.Recipients)} {f.Results["spamd_score"]}").Should().Equal("strict@r.example 7", "lax@r.example 0.5", "any@r.example 3.2");
        await rig.RestartAsync();

        var row = rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = held.Id.ToString() }]).Single();
        await rig.Engine.WorkVerbsAsync(new HashSet<long> { row.Number }, CancellationToken.None);

        rig.Ledger.Verbs.Find([row])[0]!.Result.Should().Be(VerbResult.Done);
        seen.Should().Equal("strict@r.example 7 7", "lax@r.example 0.5 7", "any@r.example 3.2 7");
        rig.Ledger.FindAll(pair.MessageId).Single(e => e.Held is not null).Held!.Own.Should().BeNull("it is needed no more");
    }

    [Theory]
    [InlineData("1", "0.5")]
    [InlineData("5", "7")]
    [InlineData("100", "7")]
    public async Task Exim_is_told_what_was_found_for_those_whom_one_header_file_is_for_and_of_several_the_highest(string from, string written)
    {
        await using var rig = new EngineRig();
        await using var daemon = Daemon();
        rig.Settings.Results.Write = ["spamd_score"];
        var options = Options(daemon, o => o.Levels = [new Level { Score = from, Then = PolicyAction.Hold }]);
        rig.With(new SpamdPass(options, rig.Clock, rig.Log), options);
        new PairFactory { Recipients = Recipients }.In(rig.Intake);

        await rig.DrainAsync();

        Encoding.Latin1.GetString(EngineRig.Pairs(rig.Target).Single().HeaderBytes).Should().Contain($"aclm _spamd_score {written.Length}\n{written}\n");
    }

    [Fact]
    public async Task Recipients_are_counted_by_what_was_done_with_them()
    {
        await using var rig = new EngineRig();
        await using var daemon = Daemon();
        var options = Options(daemon, o => o.Levels = [new Level { Score = "3", Then = PolicyAction.Accept, Redirect = "junk@r.example" }, new Level { Score = "5", Then = PolicyAction.Hold }]);
        rig.With(new SpamdPass(options, rig.Clock, rig.Log), options);
        rig.Start();
        using var metrics = new MeterRig(rig);
        new PairFactory { Recipients = Recipients }.In(rig.Intake);

        await rig.DrainAsync();

        foreach (var measure in new[] { "accept", "redirect", "hold" }) metrics[$"spoolworker_verdict_recipients_total{{pass=\"spamd\",measure=\"{measure}\"}}"].Should().Be(1);
        metrics.Text.Should().NotContain("r.example");
    }

    [Fact]
    public void Where_no_pass_gives_recipients_scores_of_their_own_that_costs_no_memory()
    {
        var context = Message(recipients: ["a@r.example", "b@r.example"]);
        var state = new ChainState(context.Message, context.Body, context.Recipients);
        state.Apply("first", PassResult.Continue);
        _ = state.RecipientResults();
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 100; i++) _ = state.RecipientResults();

        GC.GetAllocatedBytesForCurrentThread().Should().Be(before);
    }

    [Fact]
    public async Task A_line_goes_by_the_score_of_each_and_whom_nobody_was_asked_about_has_none()
    {
        (await RunAsync(new RuleOptions { When = "spamd_score >= 5", Then = PolicyAction.Tag, Header = "X-Mark: yes" })).Marked.Should().Equal("strict@r.example");
        (await RunAsync(new RuleOptions { When = "spamd_score or spam_score", Then = PolicyAction.Hold }, o => o.ExemptRecipients = ["any@r.example"])).Sent.Should().Equal("any@r.example");
    }
}
