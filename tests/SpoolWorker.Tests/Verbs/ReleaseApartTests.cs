using System.Text;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Verbs;

/// <summary>One verb is for all kinds of recipients of a message, of whom each is to get other header lines: row after row in one operator's name, each of them committed with the one before.</summary>
public sealed class ReleaseApartTests
{
    private const string Bob = "bob@r.example", Eve = "eve@r.example", Any = "any@r.example";

    private static readonly string[] All = [Bob, Eve, Any];

    // Each is to get a mark of his own; held before that while asked to.
    private static EngineRig Rig(Func<string, bool> isHeld, Disposition? disposition = null)
    {
        var rig = new EngineRig();
        rig.With(TestPass.PerRecipient("first", address => isHeld(address) ? disposition ?? Disposition.Hold("odd") : Disposition.Continue));
        rig.With(new RulesPass(new RulesOptions { List = [.. All.Select(a => new RuleOptions { When = $"recipient = {a}", Then = PolicyAction.Tag, Subject = $"[{a}]" })] }));
        return rig;
    }

    private static async Task<PairFactory> Put(EngineRig rig)
    {
        var pair = new PairFactory { Recipients = All }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        return pair;
    }

    private static VerbRow Release(EngineRig rig, PairFactory pair) => new() { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id, Actor = "root", Uid = 7, Reason = "asked", Time = 5 };

    // Each with his own mark, and with no other.
    private static void SeeGone(EngineRig rig, params string[] addresses) =>
        EngineRig.Pairs(rig.Target).Select(p => (p.Pending.Single(), Subject(p))).Should().BeEquivalentTo(addresses.Select(a => (a, $"[{a}] a test")));

    private static string Subject(Found pair) => Encoding.Latin1.GetString(pair.Header.Headers.Single(h => !h.IsDeleted && h.Is("Subject"u8)).Value).Trim();

    [Fact]
    public async Task One_release_lets_all_go_and_each_of_its_rows_tells_of_its_own()
    {
        await using var rig = Rig(_ => true);
        var pair = await Put(rig);

        var rows = await rig.VerbAsync(Release(rig, pair));

        SeeGone(rig, All);
        EngineRig.Names(rig.Held).Should().BeEmpty();
        rows.Select(r => string.Join(' ', r.Served)).Should().Equal(All);
        rows.Should().OnlyContain(r => r.Result == VerbResult.Done && r.Actor == "root" && r.Uid == 7 && r.Reason == "asked" && r.Time == 5 && r.NewId.Length > 0 && r.Executed > 0);
        rows.Select(r => r.Next).Should().Equal(rows[1].Number, rows[2].Number, 0);
        rows[0].Told.Should().Be("requeued, 2 recipients apart, as other header lines are asked for them");
        rows[1].Told.Should().EndWith("1 recipient apart, as other header lines are asked for them");
        rows[2].Told.Should().NotContain("apart");
    }

    [Fact]
    public async Task Those_it_is_not_for_stay_held()
    {
        await using var rig = Rig(_ => true);
        var pair = await Put(rig);

        var rows = await rig.VerbAsync(Release(rig, pair) with { Recipients = [Eve, Any] });

        SeeGone(rig, Eve, Any);
        rows.Should().HaveCount(2);
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(Bob);
    }

    [Fact]
    public async Task It_goes_on_before_what_others_ask_for_since()
    {
        await using var rig = Rig(_ => true);
        var pair = await Put(rig);
        rig.Ledger.Verbs.Add([Release(rig, pair)]);

        var rows = await rig.VerbAsync(Release(rig, pair) with { Verb = VerbKind.Delete, Actor = "eve" });

        SeeGone(rig, All);
        rows.Select(r => (r.Actor, r.Result)).Should().Equal(("eve", VerbResult.NotThere), ("root", VerbResult.Done), ("root", VerbResult.Done));
    }

    [Fact]
    public async Task Without_passes_nobody_goes_apart()
    {
        await using var rig = Rig(_ => true);
        var pair = await Put(rig);
        var row = (await rig.VerbAsync(Release(rig, pair) with { AsIs = true })).Single();
        row.Served.Should().Equal(All);
        EngineRig.Pairs(rig.Target).Single().Pending.Should().Equal(All);
    }

    [Fact]
    public async Task What_is_redirected_goes_at_once_as_its_new_recipient_is_one()
    {
        await using var rig = Rig(_ => true);
        var pair = await Put(rig);
        var row = (await rig.VerbAsync(Release(rig, pair) with { Verb = VerbKind.Redirect, Address = Bob })).Single();
        row.Served.Should().Equal(All);
        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Pending.Should().OnlyContain(a => a == Bob);
    }

    [Fact]
    public async Task What_is_deferred_goes_so_too()
    {
        await using var rig = Rig(_ => true, Disposition.Defer("later"));
        var pair = await Put(rig);

        var rows = await rig.VerbAsync(Release(rig, pair) with { Intake = rig.Intake });

        rows.Select(r => string.Join(' ', r.Served)).Should().BeEquivalentTo(All);
        SeeGone(rig, All);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_retry_has_each_kind_judged_whether_those_before_it_went_or_stayed()
    {
        var held = All.ToHashSet();
        await using var rig = new EngineRig();
        rig.With(new RulesPass(new RulesOptions { List = [.. All.Select(a => new RuleOptions { When = $"recipient = {a}", Then = PolicyAction.Tag, Subject = $"[{a}]" })] }));
        rig.With(TestPass.PerRecipient("last", address => held.Contains(address) ? Disposition.Hold($"odd for {address}") : Disposition.Continue));
        // Behind nothing: as an operator's hold.
        var pair = new PairFactory { Recipients = All }.In(rig.Held);
        rig.Start();
        held.Remove(Any);

        var rows = await rig.VerbAsync(Release(rig, pair) with { Verb = VerbKind.Retry });

        rows.Select(r => (r.Result, r.Told)).Should().Equal(
            (VerbResult.Done, $"judged again, and stays held: last: odd for {Bob}"), (VerbResult.Done, $"judged again, and stays held: last: odd for {Eve}"), (VerbResult.Done, "requeued"));
        SeeGone(rig, Any);
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(Bob, Eve);
    }

    [Fact]
    public async Task What_comes_in_the_way_of_the_second_is_told_of_it_and_it_stays_held()
    {
        await using var rig = Rig(_ => true);
        rig.With(new TestPass("down", context => context.Recipients.Any(r => TestPass.Text(r.Address) == Eve) ? PassResult.Unavailable("no answer") : PassResult.Continue));
        var pair = await Put(rig);

        var rows = await rig.VerbAsync(Release(rig, pair));

        rows.Select(r => r.Result).Should().Equal(VerbResult.Done, VerbResult.NotNow);
        rows[1].Told.Should().Contain("down is not available: no answer");
        SeeGone(rig, Bob);
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(Eve, Any);
    }

    [Fact]
    public async Task Where_the_target_keeps_the_id_nothing_goes_on()
    {
        await using var rig = Rig(_ => true);
        rig.Settings.Target.MessageId = MessageIdPolicy.Keep;
        var pair = await Put(rig);
        new PairFactory { Recipients = [Bob] }.In(rig.Target);

        var row = (await rig.VerbAsync(Release(rig, pair))).Single();

        (row.Result, row.Next, row.Served.Count).Should().Be((VerbResult.NotNow, 0, 0));
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(All);
    }

    [Fact]
    public async Task When_it_is_undone_behind_the_ledgers_commit_the_row_waits_alone_again()
    {
        await using var rig = Rig(_ => true);
        var pair = await Put(rig);
        rig.FailRenames(rig.Target);
        var row = rig.Ledger.Verbs.Add([Release(rig, pair)]).Single();
        await rig.Engine.WorkVerbsAsync(new HashSet<long> { row.Number }, CancellationToken.None);
        rig.LetRenames();
        rig.Ledger.Verbs.Waiting().Should().ContainSingle().Which.Should().BeEquivalentTo(row);
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(All);

        await rig.RestartAsync();
        await rig.DrainAsync();

        SeeGone(rig, All);
        rig.Ledger.Verbs.Audit(0, 10).Select(r => string.Join(' ', r.Served)).Should().Equal(All);
    }

    [Fact]
    public void What_was_withdrawn_while_it_was_in_hand_does_not_go_on()
    {
        using var folder = new TempDirectory();
        using var ledger = MessageLedger.Open(new LedgerOptions { Path = folder });
        var rows = ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Release, Intake = "/held", Id = PairFactory.ShortId(1) }, new VerbRow { Verb = VerbKind.Release, Intake = "/held", Id = PairFactory.ShortId(2) }]);
        ledger.Verbs.Settle([rows[0] with { Result = VerbResult.NotNow, Told = "given up by the command" }]);

        var executed = ledger.Commit([], [], null, rows.Select(r => r with { Result = VerbResult.Done, Served = [Bob], Rest = [Eve] }));

        executed.Select(r => r.Next).Should().Equal(0, 3);
        var next = ledger.Verbs.Waiting().Should().ContainSingle().Subject;
        (next.Number, next.Id, next.Result, string.Join(' ', next.Recipients), next.Served.Count).Should().Be((3, PairFactory.ShortId(2), VerbResult.Waiting, Eve, 0));
    }
}
