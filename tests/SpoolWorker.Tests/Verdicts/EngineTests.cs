using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Verdicts;
using SpoolWorker.Passes.Verdicts.Clamd;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Passes.Verdicts.Rspamd;
using SpoolWorker.Passes.Verdicts.Spamd;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>The passes in the engine: who goes apart, and what becomes of mail while the daemon is down.</summary>
public sealed class EngineTests : IDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Socket => _directory.At("clamd");

    private ScriptedDaemon Finding() => ScriptedDaemon.Says(Socket, "stream: X FOUND\0", asked => asked.EndsWith("\0\0\0\0", StringComparison.Ordinal));

    // Each recipient gets a mark of his own.
    private ClamdPass Marking(EngineRig rig, params string[] names)
    {
        var options = new ClamdOptions
        {
            Address = [Socket],
            BreakAfter = 1000,
            Groups = [.. names.Select(name => new MeasureGroup { Recipients = [$"{name}@r.example"], Then = PolicyAction.Tag, Subject = $"[{name}]" })],
        }.Patient();
        return rig.With(new ClamdPass(options, rig.Clock, rig.Log), options);
    }

    private static PairFactory To(EngineRig rig, params string[] names) =>
        new PairFactory { Time = rig.Clock.GetUtcNow().ToUnixTimeSeconds(), Recipients = [.. names.Select(name => $"{name}@r.example")] }.In(rig.Intake);

    private static async Task LaterAsync(EngineRig rig, TimeSpan by)
    {
        rig.Clock.Advance(by);
        await rig.Engine.RetryAsync(default);
        await rig.DrainAsync();
    }

    private static string[] Subjects(EngineRig rig) =>
        [.. EngineRig.Pairs(rig.Target).SelectMany(p => p.Header.Headers.Where(h => !h.IsDeleted && h.Is("Subject"u8)).Select(h => $"{p.Pending.Single()} {Encoding.Latin1.GetString(h.Text.Span)}")).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Those_who_go_apart_leave_one_behind_the_other_at_once_however_often_the_message_was_deferred_before()
    {
        await using var rig = new EngineRig();
        string[] names = ["a", "b", "c", "d"];
        Marking(rig, names);
        var pair = To(rig, names);
        await rig.DrainAsync();
        for (var i = 0; i < 5; i++) await LaterAsync(rig, 2 * Hour);
        var before = rig.Decided(pair.MessageId);
        before.Deferrals.Should().Be(6);

        await using var daemon = Finding();
        await LaterAsync(rig, 2 * Hour);
        var turn = rig.Decided(pair.MessageId);
        turn.Deferred!.Reason.Should().Contain("goes apart");
        (turn.Deferrals, turn.Deferred.IsPlanned).Should().Be((6, true), "nothing went wrong");
        for (var i = 1; i < names.Length; i++) await LaterAsync(rig, TimeSpan.Zero);

        Subjects(rig).Should().Equal("a@r.example Subject: [a] a test\n", "b@r.example Subject: [b] a test\n", "c@r.example Subject: [c] a test\n", "d@r.example Subject: [d] a test\n");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        daemon.Connections.Should().Be(names.Length);
    }

    [Fact]
    public async Task Nothing_spins_where_a_later_pass_keeps_all_of_them_and_none_is_kept_longer_than_it_says()
    {
        await using var rig = new EngineRig();
        var isKept = true;
        Marking(rig, "a", "b");
        var later = rig.With(new TestPass("grey", context => isKept ? PassResult.For(Disposition.Defer("greylisted", context.Now + TimeSpan.FromMinutes(5))) : PassResult.Continue));
        To(rig, "a", "b");
        await using var daemon = Finding();
        await rig.DrainAsync();
        for (var i = 0; i < 10; i++) await LaterAsync(rig, TimeSpan.Zero);
        later.Calls.Should().BeInRange(2, 3, "each had his turn");

        isKept = false;
        await LaterAsync(rig, TimeSpan.FromMinutes(5));
        await LaterAsync(rig, TimeSpan.Zero);
        rig.EximDelivers().Should().BeEquivalentTo("a@r.example", "b@r.example");
    }

    [Fact]
    public async Task Nobody_is_given_up_or_told_late_for_the_turn_of_another()
    {
        await using var rig = new EngineRig();
        Marking(rig, "a", "b");
        BounceTests.With(rig, o => (o.DelayWarning, o.GiveUpAfter) = ([Hour], 2 * Hour));
        To(rig, "a", "b");
        await rig.DrainAsync();
        await using var daemon = Finding();
        await LaterAsync(rig, 2 * Hour);
        await LaterAsync(rig, TimeSpan.Zero);

        Subjects(rig).Should().Equal("a@r.example Subject: [a] a test\n", "b@r.example Subject: [b] a test\n");
        EngineRig.Names(rig.Held).Should().BeEmpty();
    }

    [Theory]
    [InlineData("clamd", "virus_result")]
    [InlineData("spamd", "spamd_score")]
    [InlineData("rspamd", "rspamd_score")]
    public async Task Mail_goes_on_without_an_engine_that_is_down_for_too_long(string name, string result)
    {
        await using var rig = new EngineRig();
        VerdictOptions options = name switch
        {
            "clamd" => new ClamdOptions { Address = [Socket] },
            "spamd" => new SpamdOptions { Address = [Socket], SkipLocal = false },
            _ => new RspamdOptions { Url = [Socket], SkipLocal = false },
        };
        options.SkipAfter = Hour;
        rig.With<IMessagePass>(options switch
        {
            ClamdOptions clamd => new ClamdPass(clamd, rig.Clock),
            SpamdOptions spamd => new SpamdPass(spamd, rig.Clock),
            _ => new RspamdPass((RspamdOptions)options, rig.Clock),
        }, options);
        var pair = To(rig, "a");
        await rig.DrainAsync();
        EngineRig.Names(rig.Target).Should().BeEmpty();
        await LaterAsync(rig, Hour);

        EngineRig.Pairs(rig.Target).Single().Header.Headers.Where(h => h.Is("X-SpoolWorker-Skipped"u8)).Should().ContainSingle().Which.Text.ToArray().Should().StartWith(Encoding.ASCII.GetBytes($"X-SpoolWorker-Skipped: {name}; skip-after; "));
        rig.Decided(pair.MessageId).Unknown.Should().Contain(result);
    }
}
