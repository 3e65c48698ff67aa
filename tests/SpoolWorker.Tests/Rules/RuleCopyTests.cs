using System.Text;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Rules;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Rules;

/// <summary>A copy in the engine: once, whatever becomes of the message and however often it is looked at.</summary>
public sealed class RuleCopyTests
{
    private const string Archive = "archive@r.example", Bob = "bob@r.example", Eve = "eve@r.example";

    private static RuleOptions Rule(string when, PolicyAction then, string copyTo = Archive, string subject = "") => new() { When = when, Then = then, CopyTo = copyTo, Subject = subject };

    private static void With(EngineRig rig, params RuleOptions[] rules) => rig.With(new RulesPass(new RulesOptions { List = [.. rules] }));

    // Defers the named while asked to.
    private static TestPass Later(EngineRig rig, Func<string, bool> isKept, Disposition? disposition = null) =>
        rig.With(TestPass.PerRecipient("later", address => isKept(address) ? disposition ?? Disposition.Defer("later") : Disposition.Continue));

    private static PairFactory To(EngineRig rig, params string[] recipients) => new PairFactory { Recipients = recipients }.In(rig.Intake);

    private static async Task LaterAsync(EngineRig rig)
    {
        rig.Clock.Advance(TimeSpan.FromHours(1));
        await rig.Engine.RetryAsync(default);
        await rig.DrainAsync();
    }

    private static string[] Gone(EngineRig rig) => rig.EximDelivers();

    private static async Task<VerbRow> Verb(EngineRig rig, VerbRow asked)
    {
        var row = rig.Ledger.Verbs.Add([asked])[0];
        await rig.Engine.WorkVerbsAsync(new HashSet<long> { row.Number }, CancellationToken.None);
        return rig.Ledger.Verbs.Find([row])[0]!;
    }

    [Fact]
    public async Task It_is_a_recipient_more_of_whom_nobody_is_told()
    {
        await using var rig = new EngineRig();
        With(rig, Rule("sender", PolicyAction.Tag));
        To(rig, Bob);
        await rig.DrainAsync();

        var pair = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        pair.Pending.Should().Equal(Bob, Archive);
        Encoding.Latin1.GetString(pair.HeaderBytes).Should().Contain("\n2\nbob@r.example\narchive@r.example  0,2  0,-1#3\n\n", "spool_out.c; 2 is rf_notify_never");
        rig.Decided(pair.Id).Done.Should().Contain(Archive, $"requeued {pair.Id}");
    }

    [Theory]
    [InlineData("archive@r.example")]
    [InlineData("Archive@R.example")]
    public async Task Who_is_a_recipient_already_gets_none(string recipient)
    {
        await using var rig = new EngineRig();
        With(rig, Rule("sender", PolicyAction.Tag), Rule("sender", PolicyAction.Tag, "alice@sender.example"));
        To(rig, Bob, recipient);
        await rig.DrainAsync();
        Gone(rig).Should().Equal(Bob, recipient, "alice@sender.example");
    }

    [Fact]
    public async Task It_goes_with_the_first_who_leaves_and_not_with_the_others()
    {
        await using var rig = new EngineRig();
        var kept = new HashSet<string> { Bob, Eve, Archive };
        With(rig, Rule("sender", PolicyAction.Tag));
        Later(rig, kept.Contains);
        var pair = To(rig, Bob, Eve);
        await rig.DrainAsync();
        Gone(rig).Should().BeEmpty();
        rig.Decided(pair.MessageId).Copies.Should().BeNull("nobody has left: the rules are asked anew");

        kept.Remove(Bob);
        await LaterAsync(rig);
        Gone(rig).Should().Equal(Bob);
        rig.Decided(pair.MessageId).Copies.Should().Equal(Archive);
        await rig.RestartAsync();
        kept.Remove(Archive);
        await LaterAsync(rig);
        Gone(rig).Should().Equal(Archive);
        kept.Clear();
        await LaterAsync(rig);
        Gone(rig).Should().Equal(Eve);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    // What is decided about the message is not asked of the copy again when that waits alone.
    [Theory]
    [InlineData(PolicyAction.Hold)]
    [InlineData(PolicyAction.Discard)]
    [InlineData(PolicyAction.Bounce)]
    public async Task It_goes_now_where_the_message_does_not_and_waits_alone_where_it_must(PolicyAction then)
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, _ => { });
        var isDown = true;
        With(rig, Rule("sender", then));
        rig.With(new TestPass("service", _ => isDown ? PassResult.Unavailable("down") : PassResult.Continue));
        var pair = To(rig, Bob, Eve);
        await rig.DrainAsync();
        Gone(rig).Should().NotContain(Archive);
        rig.Decided(pair.MessageId).Copies.Should().Equal(Archive);
        isDown = false;
        await LaterAsync(rig);
        Gone(rig).Should().Equal(Archive);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        if (then != PolicyAction.Hold) return;

        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(Bob, Eve);
        (await Verb(rig, new VerbRow { Verb = VerbKind.Retry, Intake = rig.Held, Id = pair.Id })).Result.Should().Be(VerbResult.Done);
        (await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id })).Result.Should().Be(VerbResult.Done);
        Gone(rig).Should().Equal(Bob, Eve);
    }

    [Fact]
    public async Task A_later_pass_decides_about_it_as_about_all_and_what_it_holds_is_one_message()
    {
        await using var rig = new EngineRig();
        With(rig, Rule("sender", PolicyAction.Tag));
        Later(rig, _ => true, Disposition.Hold("a virus"));
        var pair = To(rig, Bob);
        await rig.DrainAsync();
        Gone(rig).Should().BeEmpty();
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(Bob, Archive);
        (await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id })).Result.Should().Be(VerbResult.Done);
        Gone(rig).Should().Equal(Bob, Archive);
    }

    [Fact]
    public async Task What_is_held_before_the_rules_brings_its_copy_when_it_is_let_go_and_none_when_there_was_one()
    {
        await using var rig = new EngineRig();
        rig.With(TestPass.PerRecipient("first", address => address == Bob ? Disposition.Hold("odd") : Disposition.Continue));
        With(rig, Rule("sender", PolicyAction.Tag), Rule("recipient = bob@*", PolicyAction.Tag, "boss@r.example"));
        var pair = To(rig, Bob, Eve);
        await rig.DrainAsync();
        Gone(rig).Should().Equal(Eve, Archive);
        await rig.RestartAsync();
        (await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id })).Result.Should().Be(VerbResult.Done);
        Gone(rig).Should().Equal(Bob, "boss@r.example");
        EngineRig.Names(rig.Held).Should().BeEmpty();
    }

    // Nothing has left, and the rules would be asked anew: of the one who is held as of the others.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_held_before_the_rules_brings_none_where_they_have_asked_for_one_and_a_later_pass_keeps_it(bool releasedFirst)
    {
        await using var rig = new EngineRig();
        var kept = new HashSet<string> { Eve, Archive };
        rig.With(TestPass.PerRecipient("first", address => address == Bob ? Disposition.Hold("odd") : Disposition.Continue));
        With(rig, Rule("sender", PolicyAction.Tag, subject: "[all]"));
        Later(rig, kept.Contains);
        var pair = To(rig, Bob, Eve);
        await rig.DrainAsync();
        Gone(rig).Should().BeEmpty();
        rig.Decided(pair.MessageId).Copies.Should().Equal(Archive);
        kept.Clear();

        async Task Others()
        {
            await LaterAsync(rig);
            EngineRig.Pairs(rig.Target).Should().ContainSingle(p => Encoding.Latin1.GetString(p.HeaderBytes).Contains("Subject: [all] a test", StringComparison.Ordinal));
            Gone(rig).Should().Equal(Eve, Archive);
        }

        if (!releasedFirst) await Others();
        await rig.VerbAsync(new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id });
        Gone(rig).Should().Equal(Bob);
        if (releasedFirst) await Others();
        EngineRig.Names(rig.Intake).Concat(EngineRig.Names(rig.Held)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_held_message_that_is_let_go_for_one_after_the_other_brings_one_copy()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("first", _ => PassResult.For(Disposition.Hold("odd"))));
        With(rig, Rule("sender", PolicyAction.Tag));
        var pair = To(rig, Bob, Eve);
        await rig.DrainAsync();
        (await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id, Recipients = [Bob] })).Result.Should().Be(VerbResult.Done);
        Gone(rig).Should().Equal(Bob, Archive);
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(Eve);
        (await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id })).Result.Should().Be(VerbResult.Done);
        Gone(rig).Should().Equal(Eve);
    }

    [Fact]
    public async Task Let_go_those_for_whom_other_lines_are_asked_bring_their_copies_too()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("first", _ => PassResult.For(Disposition.Hold("odd"))));
        With(rig, Rule("recipient = bob@*", PolicyAction.Tag, "boss@r.example", "[B]"), Rule("recipient = eve@*", PolicyAction.Accept, copyTo: ""), Rule("recipient = any@*", PolicyAction.Tag, subject: "[A]"));
        var pair = To(rig, Bob, Eve, "any@r.example");
        await rig.DrainAsync();

        var rows = await rig.VerbAsync(new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id });

        rows.Select(r => string.Join(' ', r.Served)).Should().Equal($"{Bob} boss@r.example", Eve, $"any@r.example {Archive}");
        Gone(rig).Should().BeEquivalentTo(Bob, "boss@r.example", Eve, "any@r.example", Archive);
        EngineRig.Names(rig.Held).Should().BeEmpty();
    }

    // Nobody asks for it again when those whose copy it is have gone.
    [Theory]
    [InlineData("Release")]
    [InlineData("Retry")]
    public async Task Let_go_it_may_go_apart_from_those_whose_copy_it_is(string verb)
    {
        await using var rig = new EngineRig();
        var holds = true;
        rig.With(new TestPass("first", _ => holds ? PassResult.For(Disposition.Hold("odd")) : PassResult.Continue));
        With(rig, Rule("sender", PolicyAction.Tag));
        rig.With(new TestPass("apart", context => new PassResult
        {
            Recipients = [.. context.Recipients.Skip(1).Where(r => TestPass.Text(r.Address) == Archive).Select(r => (r.Address, Disposition.Defer("later") with { IsTurn = true }))],
        }));
        var pair = To(rig, Bob);
        await rig.DrainAsync();
        holds = false;

        var rows = await rig.VerbAsync(new VerbRow { Verb = Enum.Parse<VerbKind>(verb), Intake = rig.Held, Id = pair.Id });

        rows.Select(r => string.Join(' ', r.Served)).Should().Equal(Bob, Archive);
        Gone(rig).Should().BeEquivalentTo(Bob, Archive);
        EngineRig.Names(rig.Held).Should().BeEmpty();
    }

    [Fact]
    public async Task Judged_again_it_may_stay_held_where_the_one_whose_copy_it_is_goes()
    {
        await using var rig = new EngineRig();
        var kept = new HashSet<string> { Bob };
        rig.With(TestPass.PerRecipient("first", address => kept.Contains(address) ? Disposition.Hold("odd") : Disposition.Continue));
        With(rig, Rule("sender", PolicyAction.Tag));
        Later(rig, kept.Contains, Disposition.Hold("a virus"));
        var pair = To(rig, Bob);
        await rig.DrainAsync();
        kept.Remove(Bob);
        kept.Add(Archive);

        (await rig.VerbAsync(new VerbRow { Verb = VerbKind.Retry, Intake = rig.Held, Id = pair.Id })).Single().Served.Should().Equal(Bob);
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(Archive);
        await rig.VerbAsync(new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id });

        Gone(rig).Should().BeEquivalentTo(Bob, Archive);
        EngineRig.Names(rig.Held).Should().BeEmpty();
    }

    [Fact]
    public async Task Groups_that_go_apart_bring_one_and_none_is_left_behind()
    {
        await using var rig = new EngineRig();
        With(rig, Rule("recipient = bob@*", PolicyAction.Tag, subject: "[B]"), Rule("recipient = eve@*", PolicyAction.Tag, subject: "[E]"), Rule("sender", PolicyAction.Accept, "boss@r.example"));
        To(rig, Bob, Eve, "any@r.example");
        await rig.DrainAsync();
        for (var i = 0; i < 3; i++) await LaterAsync(rig);
        var subjects = EngineRig.Pairs(rig.Target).SelectMany(p => p.Pending.Select(to => $"{to} {Encoding.Latin1.GetString(p.Header.Headers.Last(h => !h.IsDeleted && h.Is("Subject"u8)).Value).Trim()}")).Order(StringComparer.Ordinal);
        subjects.Should().Equal("any@r.example a test", $"{Archive} [B] a test", $"{Bob} [B] a test", "boss@r.example [B] a test", $"{Eve} [E] a test");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    // All that is known of what was handed over before are rows.
    private static async Task HandedOver(EngineRig rig, string[] recipients, params string[] delivered)
    {
        To(rig, recipients);
        await rig.DrainAsync();
        Gone(rig).Should().Equal(delivered);
        await rig.RestartAsync();
        rig.Ledger.Count.Should().Be(0);
        rig.Ledger.CountFinished.Should().BePositive();
    }

    [Fact]
    public async Task Where_recipients_come_one_by_one_the_next_brings_none_on_whatever_day()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        With(rig, Rule("sender", PolicyAction.Tag));
        await HandedOver(rig, [Bob], Bob, Archive);
        await HandedOver(rig, [Bob]);
        rig.Clock.Advance(TimeSpan.FromDays(10));
        await HandedOver(rig, [Bob, Eve], Eve);
        rig.Clock.Advance(TimeSpan.FromDays(6));
        await rig.DrainAsync();
        rig.Engine.Expire();
        rig.Ledger.CountFinished.Should().Be(3, "the first day is gone");
        await HandedOver(rig, [Bob, Eve, Archive, "any@r.example"], "any@r.example");
    }

    [Fact]
    public async Task Where_recipients_come_one_by_one_another_copy_is_made_and_the_same_in_other_case_is_not()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        With(rig, Rule("sender", PolicyAction.Tag));
        await HandedOver(rig, [Bob], Bob, Archive);
        rig.WithoutPasses();
        With(rig, Rule("sender", PolicyAction.Tag, "ARCHIVE@r.example"), Rule("recipient = eve@*", PolicyAction.Tag, "boss@r.example"));
        await rig.RestartAsync();
        await HandedOver(rig, [Bob, Eve], Eve, "boss@r.example");
        await HandedOver(rig, [Bob, Eve, "any@r.example"], "any@r.example");
        new PairFactory { Id = PairFactory.ShortId(2), Recipients = [Bob] }.In(rig.Intake);
        await rig.DrainAsync();
        Gone(rig).Should().Equal([Bob, "ARCHIVE@r.example"], "that is another message");
    }

    [Fact]
    public async Task Where_recipients_come_one_by_one_the_next_that_waits_brings_none()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        With(rig, Rule("sender", PolicyAction.Tag));
        var waits = true;
        Later(rig, address => waits && address == Eve);
        await HandedOver(rig, [Bob], Bob, Archive);
        var pair = To(rig, Bob, Eve);
        await rig.DrainAsync();
        Gone(rig).Should().BeEmpty();
        rig.Ledger.Find(rig.Intake, pair.MessageId)!.Copies.Should().Equal(Archive);
        await rig.RestartAsync();
        waits = false;
        await LaterAsync(rig);
        Gone(rig).Should().Equal(Eve);
    }

    [Fact]
    public async Task Where_recipients_come_one_by_one_the_next_that_is_held_before_the_rules_brings_none_when_it_is_let_go()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        rig.With(TestPass.PerRecipient("first", address => address == Eve ? Disposition.Hold("odd") : Disposition.Continue));
        With(rig, Rule("sender", PolicyAction.Tag));
        await HandedOver(rig, [Bob], Bob, Archive);
        var pair = To(rig, Bob, Eve);
        await rig.DrainAsync();
        Gone(rig).Should().BeEmpty();
        await rig.RestartAsync();
        (await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = EngineRig.Pairs(rig.Held).Single().Id.ToString() })).Result.Should().Be(VerbResult.Done);
        Gone(rig).Should().Equal(Eve);
        rig.Ledger.Find(rig.Intake, pair.MessageId)!.Copies.Should().Equal(Archive);
    }

    [Fact]
    public async Task Operators_see_it_and_decide_about_it()
    {
        await using var rig = new EngineRig();
        With(rig, Rule("sender", PolicyAction.Discard));
        Later(rig, _ => true);
        var pair = To(rig, Bob);
        await rig.DrainAsync();
        var shown = SpoolWorker.Operations.Showing.FoundMessage.Read("intake", $"{rig.Intake}/{pair.HeaderName}", rig.Ledger.FindAll(pair.MessageId));
        shown.Recipients.Select(r => $"{TestPass.Text(r.Recipient.Address)} {r.Outcome}").Should().Equal($"{Bob} discarded", $"{Archive} ");
        (await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Intake, Id = pair.Id })).Result.Should().Be(VerbResult.Done);
        Gone(rig).Should().Equal(Archive);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task An_operator_bounces_what_waits_with_its_copy()
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, _ => { });
        With(rig, Rule("recipient = bob@*", PolicyAction.Discard));
        Later(rig, _ => true);
        var pair = To(rig, Bob, Eve);
        await rig.DrainAsync();
        (await Verb(rig, new VerbRow { Verb = VerbKind.Bounce, Intake = rig.Intake, Id = pair.Id })).Result.Should().Be(VerbResult.Done);
        var bounce = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        Encoding.Latin1.GetString(bounce.Body).Should().Contain(Eve).And.NotContain("archive");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_bounce_is_copied_as_any_message_and_what_cannot_come_back_is_held()
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, _ => { });
        With(rig, Rule("not sender", PolicyAction.Bounce, subject: ""));
        new PairFactory { Sender = "" }.In(rig.Intake);
        await rig.DrainAsync();
        Gone(rig).Should().Equal(Archive);
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(Bob);
    }

    [Fact]
    public async Task A_message_bounced_behind_it_tells_the_sender_nothing_of_it()
    {
        await using var rig = new EngineRig();
        BounceTests.With(rig, _ => { });
        With(rig, Rule("sender", PolicyAction.Tag));
        Later(rig, _ => true, Disposition.Bounce("no"));
        To(rig, Bob);
        await rig.DrainAsync();
        var bounce = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        bounce.Pending.Should().Equal("alice@sender.example");
        Encoding.Latin1.GetString(bounce.Body).Should().Contain(Bob).And.NotContain("archive");
    }

    [Fact]
    public async Task Redirected_to_a_recipient_it_goes_there_once_also_when_that_one_was_thrown_away_before()
    {
        await using var rig = new EngineRig();
        With(rig, new RuleOptions { When = "recipient = bob@*", Then = PolicyAction.Discard }, new RuleOptions { When = "recipient = eve@*", Redirect = Bob, Subject = "[E]" }, new RuleOptions { When = "recipient = a@*", Redirect = "b@r.example" });
        To(rig, "a@r.example", "b@r.example", Bob, Eve);
        await rig.DrainAsync();
        await LaterAsync(rig);
        var pending = Gone(rig);
        pending.Distinct().Should().BeEquivalentTo("b@r.example", Bob);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Redirected_to_a_recipient_whose_mail_was_held_before_it_goes_there_all_the_same()
    {
        await using var rig = new EngineRig();
        With(rig, new RuleOptions { When = "recipient = bob@*", Then = PolicyAction.Hold }, new RuleOptions { When = "recipient = eve@*", Then = PolicyAction.Accept, Redirect = Bob, Subject = "[E]" });
        To(rig, Bob, Eve);
        await rig.DrainAsync();
        await LaterAsync(rig);
        Gone(rig).Should().Equal(Bob);
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal(Bob);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Redirected_to_a_recipient_whose_mail_was_held_before_and_held_itself_it_waits_for_somebody()
    {
        await using var rig = new EngineRig();
        With(rig, new RuleOptions { When = "recipient = bob@*", Then = PolicyAction.Hold }, new RuleOptions { When = "recipient = eve@*", Then = PolicyAction.Accept, Redirect = Bob, Subject = "[E]" });
        rig.With(new TestPass("last", _ => PassResult.For(Disposition.Hold("odd"))));
        To(rig, Bob, Eve);
        await rig.DrainAsync();
        await LaterAsync(rig);
        EngineRig.Pairs(rig.Held).Select(pair => pair.Pending).Should().AllSatisfy(pending => pending.Should().Equal(Bob)).And.HaveCount(2);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Hundred_thousands_of_lines_of_one_name_are_taken_out()
    {
        await using var rig = new EngineRig();
        With(rig, new RuleOptions { When = "sender", Then = PolicyAction.Tag, HeaderRemove = ["X*"] });
        new PairFactory { MoreHeaders = [.. Enumerable.Repeat("X:\n", 300_000), "X-Y: 1\n", "Y: 1\n"] }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Single().Header.Headers.Count(h => !h.IsDeleted).Should().Be(3);
    }
}
