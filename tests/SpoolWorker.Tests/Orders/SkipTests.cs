using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Telemetry;

namespace SpoolWorker.Tests.Orders;

/// <summary>Mail that goes on without a pass, as its service is down for too long, or an operator says so.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class SkipTests : IAsyncLifetime
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly EngineRig _rig = new();
    private readonly List<Outcome> _outcomes = [];
    private bool _isDown = true;
    private int _asked;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task Mail_older_than_SkipAfter_goes_on_without_a_pass_whose_service_is_down()
    {
        Start(new PassOptions { SkipAfter = Hour, BreakAfter = 1000 });
        using var metrics = new MeterRig(_rig);
        New().In(_rig.Intake);
        await _rig.DrainAsync();
        EngineRig.Names(_rig.Intake).Should().HaveCount(2, "it is not old enough");
        var waits = Entry.Deferred!;
        waits.IsPlanned.Should().BeFalse("a service that is down is no plan");

        // However long the next try would be away by the back-off, it is not later than the message is old enough.
        for (var i = 0; i < 20 && EngineRig.Names(_rig.Intake).Length > 0; i++)
        {
            Entry.Deferred!.Next.Should().BeLessThanOrEqualTo(Received.Add(Hour).ToUnixTimeMilliseconds());
            await LaterAsync(DateTimeOffset.FromUnixTimeMilliseconds(Entry.Deferred.Next) - _rig.Clock.GetUtcNow());
        }

        EngineRig.Names(_rig.Intake).Should().BeEmpty();
        (_rig.Clock.GetUtcNow() - Received).Should().Be(Hour);
        Marks().Should().Equal("X-SpoolWorker-Skipped: dcc; skip-after; Mon, 23 Nov 2026 13:00:00 +0000\n");
        Last.Reason.Should().Be("without dcc (skip-after: no daemon)");
        metrics["spoolworker_skipped_passes_total{pass=\"dcc\",why=\"skip-after\"}"].Should().Be(1);
        var record = _rig.Decided(new PairFactory().MessageId);
        record.Ran!.Select(r => (r.Pass, r.Decided, r.Why)).Should().Equal(("dcc", PassNote.Skipped, "skip-after: no daemon"), ("behind", "continue", null));
        record.Unknown.Should().Equal("dcc_result");
    }

    [Fact]
    public async Task An_open_circuit_is_a_service_that_is_down()
    {
        Start(new PassOptions { SkipAfter = Hour, BreakAfter = 2, BreakFor = TimeSpan.FromHours(5) });
        for (var i = 1; i <= 4; i++) (New() with { Id = PairFactory.ShortId(i) }).In(_rig.Intake);
        await _rig.DrainAsync();
        var asked = _asked;
        _rig.Clock.Advance(Hour);
        await LaterAsync(TimeSpan.Zero);
        _asked.Should().Be(asked, "the circuit is open");
        _rig.EximDelivers().Should().HaveCount(4);
    }

    [Fact]
    public async Task A_mark_that_comes_with_a_message_is_taken_out()
    {
        _isDown = false;
        Start(new PassOptions());
        var headers = new[] { "x-spoolworker-skipped: dcc; by-hand; never\n", "X-SpoolWorker-Skipped: authenticate\n" };
        (New() with { MoreHeaders = headers }).In(_rig.Intake);
        await _rig.DrainAsync();
        Marks().Should().BeEmpty("none of them is the worker's");

        Skip();
        (New() with { Id = PairFactory.ShortId(2), MoreHeaders = headers }).In(_rig.Intake);
        await _rig.DrainAsync();
        Marks().Should().ContainSingle().Which.Should().StartWith("X-SpoolWorker-Skipped: dcc; by-hand; ");
    }

    [Fact]
    public async Task What_judges_the_message_as_received_sees_it_so()
    {
        var seen = 0;
        _rig.With(new TestPass("authenticate", context =>
        {
            seen = context.Message.Headers.Count(h => !h.IsDeleted && h.Is("X-SpoolWorker-Skipped"u8));
            return PassResult.Continue;
        }), traits: PassTraits.BeforeHeaderEdits);
        (New() with { MoreHeaders = ["X-SpoolWorker-Skipped: dcc\n"] }).In(_rig.Intake);
        await _rig.DrainAsync();
        seen.Should().Be(1);
        Marks().Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_judged_again_from_a_pass_on_bears_its_mark_before_it_is_signed()
    {
        var signed = new List<int>();
        var holds = true;
        _isDown = false;
        _rig.With(new TestPass("authenticate", _ => PassResult.Continue), traits: PassTraits.BeforeHeaderEdits);
        _rig.With(new TestPass("dcc", _ => holds ? PassResult.For(Disposition.Hold("bulk")) : PassResult.Continue));
        _rig.With(new TestPass("sign", context =>
        {
            signed.Add(context.Message.Headers.Count(h => !h.IsDeleted && h.Is("X-SpoolWorker-Skipped"u8)));
            return PassResult.Continue;
        }));
        New().In(_rig.Intake);
        await _rig.DrainAsync();
        holds = false;
        Skip();
        _rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Retry, Intake = _rig.Held, Id = EngineRig.Pairs(_rig.Held).Single().Id.ToString(), From = "dcc" }]);
        await _rig.DrainAsync();
        signed.Should().Equal([1], "what is added behind the signature is not in it");
        Marks().Should().ContainSingle();
    }

    [Fact]
    public async Task A_mark_of_a_stranger_goes_from_what_was_held_before_its_first_pass()
    {
        _isDown = false;
        Start(new PassOptions());
        var pair = (New() with { MoreHeaders = ["X-SpoolWorker-Skipped: authenticate\n"] }).In(_rig.Held);
        _rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Retry, Intake = _rig.Held, Id = pair.Id, From = "behind" }]);
        await _rig.DrainAsync();
        EngineRig.Pairs(_rig.Target).Should().ContainSingle();
        Marks().Should().BeEmpty();
    }

    [Fact]
    public async Task A_rule_on_what_a_skipped_pass_would_have_found_fits_neither_way()
    {
        Start(new PassOptions(), rules: true);
        Skip();
        New().In(_rig.Intake);
        await _rig.DrainAsync();
        var tags = EngineRig.Pairs(_rig.Target).Single().Header.Headers.Select(h => TestPass.Text(h.Text)).Where(h => h.StartsWith("X-Rule", StringComparison.Ordinal));
        tags.Should().Equal("X-Rule: sender\n");
    }

    [Fact]
    public async Task It_stays_unknown_when_the_message_is_held_behind_and_released()
    {
        Start(new PassOptions(), rules: true, hold: true);
        Skip();
        New().In(_rig.Intake);
        await _rig.DrainAsync();
        var held = EngineRig.Pairs(_rig.Held).Single();
        _rig.Orders.TakeBack(_ => true, Order());
        _rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Release, Intake = _rig.Held, Id = held.Id.ToString() }]);
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
        var headers = EngineRig.Pairs(_rig.Target).Single().Header.Headers.Where(h => !h.IsDeleted).Select(h => TestPass.Text(h.Text)).ToList();
        headers.Where(h => h.StartsWith("X-Rule", StringComparison.Ordinal)).Should().Equal("X-Rule: sender\n");
        headers.Should().ContainSingle(h => h.StartsWith("X-SpoolWorker-Skipped: dcc; by-hand; ", StringComparison.Ordinal), "it is the worker's own");
    }

    [Fact]
    public async Task A_skip_by_hand_lets_go_what_waits_outlives_the_process_and_ends_by_itself()
    {
        Start(new PassOptions { BreakAfter = 1000 });
        New().In(_rig.Intake);
        await _rig.DrainAsync();
        EngineRig.Names(_rig.Intake).Should().HaveCount(2);
        Skip(TimeSpan.FromHours(2));
        await EngineRig.UntilAsync(() => EngineRig.Names(_rig.Intake).Length == 0, "it goes on by itself");
        Marks().Should().ContainSingle();
        Last.Reason.Should().Be("without dcc (by-hand: pass dcc is skipped by alice until 2026-11-23 14:00Z: rebuilt)");
        await _rig.RestartAsync();
        var asked = _asked;
        (New() with { Id = PairFactory.ShortId(2) }).In(_rig.Intake);
        await _rig.DrainAsync();
        (_asked, EngineRig.Names(_rig.Intake).Length).Should().Be((asked, 0));
        _rig.Clock.Advance(TimeSpan.FromHours(2));
        await _rig.Engine.RetryAsync(default);
        (New() with { Id = PairFactory.ShortId(3) }).In(_rig.Intake);
        await _rig.DrainAsync();
        (_asked, EngineRig.Names(_rig.Intake).Length).Should().Be((asked + 1, 2));
        _rig.Ledger.Orders.All().Should().BeEmpty();
        _rig.Ledger.Verbs.Audit(0, 10).Select(r => r.Verb).Should().Equal(VerbKind.Skip, VerbKind.Unskip);
    }

    [Fact]
    public async Task OnUnavailable_skip_is_unknown_to_rules_too_and_bears_no_mark()
    {
        Start(new PassOptions { OnUnavailable = OnUnavailable.Skip }, rules: true);
        using var metrics = new MeterRig(_rig);
        New().In(_rig.Intake);
        await _rig.DrainAsync();
        Marks().Should().BeEmpty();
        EngineRig.Pairs(_rig.Target).Single().Header.Headers.Should().NotContain(h => TestPass.Text(h.Text).Contains("dcc", StringComparison.Ordinal));
        metrics["spoolworker_skipped_passes_total{pass=\"dcc\",why=\"on-unavailable\"}"].Should().Be(1);
    }

    [Fact]
    public void What_nobody_can_do_without_is_never_skipped()
    {
        string[] Faults(params string[] settings) => [.. ConfigurationLoader.Load(ConfigurationFile.None, settings, CommonOptions.Known()).Faults.Where(f => f.Contains("SkipAfter", StringComparison.Ordinal))];
        Faults("--Passes:0=srs", "--Srs:SkipAfter=1h").Should().Equal("Srs:SkipAfter = '1h': srs is never skipped; take this out");
        Faults("--Passes:0=dsn", "--Dsn:SkipAfter=1h").Should().Equal("Dsn:SkipAfter = '1h': dsn is never skipped; take this out");
        Faults("--Passes:0=dkim-sign", "--Dkim:Sign:SkipAfter=1h").Should().Equal("Dkim:Sign:SkipAfter = '1h': dkim-sign is never skipped; take this out");
        Faults("--Passes:0=authenticate", "--Passes:1=arc-seal", "--Arc:Seal:SkipAfter=1h").Should().ContainSingle().Which.Should().EndWith("SkipAfter = '1h': arc-seal is never skipped; take this out");
        Faults("--Passes:0=dcc", "--Dcc:SkipAfter=1h").Should().BeEmpty();
        Faults("--Passes:0=dcc", "--Dcc:SkipAfter=1").Should().ContainSingle();
        CommonOptions.Known().Passes.Where(p => !p.MayBeSkipped).Select(p => p.Name).Should().BeEquivalentTo("srs", "dsn", "dkim-sign", "arc-seal", "notices");
    }

    private DateTimeOffset Received { get; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private LedgerEntry Entry => _rig.Ledger.Find(_rig.Intake, new PairFactory().MessageId)!;

    private Outcome Last
    {
        get
        {
            lock (_outcomes) return _outcomes[^1];
        }
    }

    private PairFactory New() => new() { Time = Received.ToUnixTimeSeconds() };

    private OrderRow Order(TimeSpan? time = null)
    {
        var now = _rig.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        return new OrderRow { Kind = OrderKind.Skip, Scope = OrderScope.Pass, Name = "dcc", Since = now, Until = now + (long)(time ?? Hour).TotalMilliseconds, Actor = "alice", Reason = "rebuilt" };
    }

    private void Skip(TimeSpan? time = null) => _rig.Orders.Give(Order(time));

    private List<string> Marks() => [.. EngineRig.Pairs(_rig.Target).SelectMany(p => p.Header.Headers).Where(h => !h.IsDeleted && h.Is("X-SpoolWorker-Skipped"u8)).Select(h => TestPass.Text(h.Text))];

    private void Start(PassOptions options, bool rules = false, bool hold = false)
    {
        _rig.With(new TestPass("dcc", _ =>
        {
            Interlocked.Increment(ref _asked);
            return _isDown ? PassResult.Unavailable("no daemon") : PassResult.Continue;
        }), options, [new NamedResult("dcc_result", "what the daemon says", "dcc")]);
        _rig.With(new TestPass("behind", _ => hold ? PassResult.For(Disposition.Hold("smells")) : PassResult.Continue));
        if (rules)
        {
            _rig.With(new RulesPass(new RulesOptions
            {
                List = [Tag("dcc_result", "dcc"), Tag("not dcc_result", "not dcc"), Tag("dcc_result != reject", "dcc no reject"), Tag("sender", "sender"), Tag("sender and not dcc_result", "and dcc")],
            }));
        }
        _rig.Start();
        _rig.Engine.Outcomes.Published += outcome =>
        {
            lock (_outcomes) _outcomes.Add(outcome);
        };
    }

    private static RuleOptions Tag(string when, string word) => new() { When = when, Then = PolicyAction.Tag, Header = $"X-Rule: {word}" };

    private async Task LaterAsync(TimeSpan by)
    {
        _rig.Clock.Advance(by);
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
    }
}
