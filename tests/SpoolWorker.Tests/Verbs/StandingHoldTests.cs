using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Passes;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Verbs;

/// <summary>What operators want held when it comes.</summary>
public sealed class StandingHoldTests
{
    private const string Spam = "sender_domain = spam.example";

    [Fact]
    public async Task What_fits_is_held_before_its_first_pass_and_the_rest_goes_on()
    {
        await using var rig = new EngineRig();
        var pass = rig.With(new TestPass("any", _ => PassResult.Continue));
        var outcomes = new List<Outcome>();
        rig.Start();
        rig.Engine.Outcomes.Published += outcomes.Add;
        Add(rig, Spam);
        Pair(1, "a@spam.example").In(rig.Intake);
        Pair(2, "a@s.example").In(rig.Intake);
        await rig.DrainAsync();

        var held = EngineRig.Pairs(rig.Held).Should().ContainSingle().Subject;
        (held.Id.ToString(), string.Join(' ', held.Pending)).Should().Be((PairFactory.ShortId(1), "a@r.example b@r.example"));
        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Id.ToString().Should().Be(PairFactory.ShortId(2));
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        pass.Calls.Should().Be(1, "the held one comes to no pass");
        File.ReadAllText($"{rig.Held}/{held.Id}.reason").Should().Be("a@r.example: held by root (standing hold 1): a flood\nb@r.example: held by root (standing hold 1): a flood\n");
        outcomes.Single(o => o.Id == held.Id).Should().Match<Outcome>(o => o.Is(OutcomeKind.Held) && o.Reason == "held by root (standing hold 1): a flood" && o.Passes.Length == 0 && o.IsSettled);
        var rows = rig.Ledger.Verbs.Audit(0, 10);
        rows.Select(r => (r.Number, r.Verb, r.Standing)).Should().Equal((1, VerbKind.HoldNew, 1), (2, VerbKind.Hold, 1));
        rows[0].Told.Should().Be($"standing hold 1 made: {Spam}");
        rows[1].Should().BeEquivalentTo(new { Id = held.Id.ToString(), Intake = rig.Intake, Actor = "root", Uid = 7u, Reason = "a flood", Result = VerbResult.Done, Told = "held", Served = new[] { "a@r.example", "b@r.example" } });
        rig.Ledger.Verbs.Waiting().Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_released_goes_through_the_passes_and_is_not_caught_again()
    {
        await using var rig = new EngineRig();
        var pass = rig.With(new TestPass("any", _ => PassResult.Continue));
        rig.Start();
        Add(rig, Spam);
        var id = Pair(1, "a@spam.example").In(rig.Intake).Id;
        await rig.DrainAsync();

        var row = rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = id, Recipients = ["a@r.example"] }]).Single();
        await rig.DrainAsync();
        rig.Ledger.Verbs.Find([row]).Single()!.Told.Should().Be("requeued");
        await rig.RestartAsync();
        rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = id }]);
        await rig.DrainAsync();

        pass.Calls.Should().Be(2);
        EngineRig.Pairs(rig.Target).SelectMany(p => p.Pending).Should().BeEquivalentTo("a@r.example", "b@r.example");
        EngineRig.Names(rig.Held).Should().BeEmpty();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Each_of_several_holds_its_own_and_one_that_is_removed_holds_no_more()
    {
        await using var rig = new EngineRig();
        rig.Start();
        Add(rig, Spam);
        Add(rig, "recipient = b@r.example and h_subject = *test*");
        Pair(1, "a@spam.example").In(rig.Intake);
        Pair(2, "a@s.example").In(rig.Intake);
        await rig.DrainAsync();
        rig.Ledger.Verbs.Audit(0, 10).Where(r => r.Verb == VerbKind.Hold).Select(r => (r.Id, r.Standing)).Should().BeEquivalentTo([(PairFactory.ShortId(1), 1), (PairFactory.ShortId(2), 2)], "the first that fits");

        rig.Ledger.Standing.Remove(1, hold => hold.RowOf(VerbKind.HoldEnd, "removed"));
        rig.Ledger.Standing.Remove(2, hold => hold.RowOf(VerbKind.HoldEnd, "removed"));
        rig.Ledger.Standing.Remove(2, hold => hold.RowOf(VerbKind.HoldEnd, "removed")).Should().BeNull();
        Pair(3, "a@spam.example").In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Id.ToString().Should().Be(PairFactory.ShortId(3));
        rig.Log.Count("standing hold 1 was removed").Should().Be(1);
        EngineRig.Pairs(rig.Held).Should().HaveCount(2, "what is held stays held");
        Add(rig, Spam).Should().Be(3, "numbers are not used again");
    }

    [Fact]
    public async Task One_ends_by_itself_and_says_so()
    {
        await using var rig = new EngineRig();
        rig.Start();
        Add(rig, Spam, TimeSpan.FromHours(2));
        Pair(1, "a@spam.example").In(rig.Intake);
        await rig.DrainAsync();
        rig.Clock.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        Pair(2, "a@spam.example").In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().HaveCount(2);

        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        Pair(3, "a@spam.example").In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        rig.Log.All.Should().Contain($"Information: standing hold 1 ended by itself: {Spam}");
        var last = rig.Ledger.Verbs.Audit(0, 10)[^1];
        (last.Verb, last.Standing, last.Actor, last.Told).Should().Be((VerbKind.HoldEnd, 1L, "hold --for", $"standing hold 1 ended by itself: {Spam}"));
        rig.Ledger.Standing.Read().Holds.Should().BeEmpty();
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public async Task A_date_that_is_set_makes_it_neither_longer_nor_shorter(int hours)
    {
        await using var rig = new EngineRig();
        rig.Start();
        Add(rig, Spam, TimeSpan.FromHours(2));
        await rig.DrainAsync();
        rig.Clock.Jump(TimeSpan.FromHours(hours));
        rig.Clock.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        Pair(1, "a@spam.example").In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().ContainSingle();

        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        Pair(2, "a@spam.example").In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        rig.Ledger.Standing.Read().Holds.Should().BeEmpty();
    }

    [Fact]
    public async Task The_worker_tells_of_each_when_it_starts_and_of_one_that_it_cannot_read()
    {
        await using var rig = new EngineRig();
        rig.Start();
        Add(rig, Spam, TimeSpan.FromHours(2));
        Add(rig, "planet = mars");
        await rig.RestartAsync();
        rig.Log.Count($"Information: standing hold 1 is in force: {Spam}; by root: a flood; until ").Should().Be(1);
        rig.Log.All.Should().Contain("Error: standing hold 2 CANNOT BE READ, so nothing is held by it: 'planet = mars': at character 1: 'planet' is no name");
        var state = rig.Ledger.Standing.Read();
        state.Seen.Should().Be(state.Changes, "it knows of both");
        Pair(1, "a@spam.example").In(rig.Intake);
        Pair(2, "a@s.example").In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task What_a_pass_had_deferred_is_held_when_it_is_tried_again_and_what_an_operator_retries_is_not()
    {
        await using var rig = new EngineRig();
        var defers = true;
        rig.With(new TestPass("greylist", _ => defers ? PassResult.For(Disposition.Defer("not yet")) : PassResult.Continue));
        Pair(1, "a@spam.example").In(rig.Intake);
        Pair(2, "a@spam.example").In(rig.Intake);
        await rig.DrainAsync();
        Add(rig, Spam);
        defers = false;
        rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Retry, Intake = rig.Intake, Id = PairFactory.ShortId(1) }]);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Id.ToString().Should().Be(PairFactory.ShortId(1));
        EngineRig.Names(rig.Held).Should().BeEmpty();

        rig.Clock.Advance(TimeSpan.FromDays(1));
        await rig.Engine.RetryAsync(CancellationToken.None);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.Id.ToString().Should().Be(PairFactory.ShortId(2));
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_row_of_a_commit_that_is_undone_goes_and_nobody_waits_for_it()
    {
        await using var rig = new EngineRig();
        rig.Start();
        var row = new VerbRow { Verb = VerbKind.Hold, Intake = rig.Intake, Id = PairFactory.ShortId(1), Standing = 1, Result = VerbResult.Done };
        var executed = rig.Ledger.Commit([], [], null, [row, row with { Id = PairFactory.ShortId(2) }]);
        executed.Select(r => r.Number).Should().Equal(1, 2);
        rig.Ledger.TakeBack([], [executed[0]]);
        rig.Ledger.Verbs.Audit(0, 10).Should().ContainSingle().Which.Should().BeEquivalentTo(executed[1]);
        rig.Ledger.Verbs.Waiting().Should().BeEmpty();
    }

    // As hold --new does, whose worker looks at once; here the next drain does.
    private static long Add(EngineRig rig, string condition, TimeSpan? time = null) => rig.Ledger.Standing.Add(new StandingHold
    {
        Condition = condition,
        Reason = "a flood",
        Actor = "root",
        Uid = 7,
        Time = rig.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
        Ends = time is { } most ? (rig.Clock.GetUtcNow() + most).ToUnixTimeMilliseconds() : 0,
    }).Hold.Number;

    private static PairFactory Pair(int n, string sender) => new() { Id = PairFactory.ShortId(n), Sender = sender, Recipients = ["a@r.example", "b@r.example"] };
}
