using System.Text;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Behind MailScanner: what it leaves of a pair is taken, put right and told once.</summary>
public sealed class MailScannerTests
{
    [Theory]
    [InlineData("spool", "Hello\n-- \nscanned\n", "3")]
    [InlineData("named-queue", "Hello\n-- \nscanned\n", "3")]
    [InlineData("spool", "", "0")]
    [InlineData("spool", "cut", "0")]
    public async Task A_body_of_other_lines_than_counted_goes_on_with_its_own_number(string kind, string body, string count)
    {
        await using var rig = new EngineRig { Kind = kind == "spool" ? IntakeKind.Spool : IntakeKind.NamedQueue };
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] };
        new MailScannerPair(pair) { Body = Encoding.ASCII.GetBytes(body) }.In(rig.Intake);
        await rig.DrainAsync();
        var found = EngineRig.Pairs(rig.Target).Single();
        Encoding.ASCII.GetString(found.Body).Should().Be(body);
        found.Header.Find("body_linecount")!.Text.Should().Be(count);
        found.Header.Find("helo_name")!.Tainted.Should().BeFalse("a mark that is lost is lost");
        (rig.Log.Count($"{pair.Id} repaired: "), rig.Engine.Repaired).Should().Be((1, 1));
        rig.Log.Count("counted anew (Engine:LineCount = hold keeps such a message instead)").Should().Be(1);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        Directory.Exists(rig.Corrupt).Should().BeFalse("nothing is corrupt");
    }

    [Theory]
    [InlineData("more\nand more\n")]
    [InlineData("")]
    public async Task Where_the_operator_wants_a_wrong_count_is_held(string body)
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.LineCount = LineCountPolicy.Hold;
        var pair = new PairFactory();
        new MailScannerPair(pair) { Body = Encoding.ASCII.GetBytes(body) }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        var held = EngineRig.Pairs(rig.Held).Single();
        (held.Header.BodyLineCount, Encoding.ASCII.GetString(held.Body)).Should().Be((1L, body));
        File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain("-H counts 1");
    }

    [Fact]
    public async Task A_body_with_LF_is_not_in_wire_format_whatever_the_header_says()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory { WireFormat = true, Body = "Hello\r\n"u8.ToArray() };
        new MailScannerPair(pair) { Body = "Hello\n\0scanned\n"u8.ToArray() }.In(rig.Intake);
        var wire = new PairFactory { Id = PairFactory.ShortId(2), WireFormat = true, Body = "bare\nand right\r\n"u8.ToArray() };
        new MailScannerPair(wire).In(rig.Intake);
        await rig.DrainAsync();
        var found = EngineRig.Pairs(rig.Target).ToDictionary(p => p.Id.ToString());
        found[pair.Id].Header.IsWireFormat.Should().BeFalse();
        (found[pair.Id].Header.BodyLineCount, found[pair.Id].Header.Find("body_zerocount")!.Text).Should().Be((2L, "1"));
        found[wire.Id].Header.IsWireFormat.Should().BeTrue("a bare LF is the sender's");
        rig.Engine.Repaired.Should().Be(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Non_recipients_in_no_order_are_put_in_order_and_served_no_more(int seed)
    {
        await using var rig = new EngineRig();
        var all = Enumerable.Range(0, 25).Select(i => $"r{i}@r.example").ToArray();
        var pair = new PairFactory { Recipients = all };
        new MailScannerPair(pair) { Done = all[..20], Seed = seed }.In(rig.Intake);
        await rig.DrainAsync();
        var found = EngineRig.Pairs(rig.Target).Single();
        found.Pending.Should().Equal(all[20..]);
        found.Header.Recipients.Should().HaveCount(25);
        HeaderFileReader.TryRead(found.HeaderBytes, found.Id, out _, out var error).Should().BeTrue("the tree is in order: {0}", error);
        rig.Log.Count($"{pair.Id} repaired: non-recipient").Should().Be(1);
        (rig.Log.Count("; written in order"), rig.Log.Count("Engine:LineCount")).Should().Be((1, 0), "the lines are as counted");
    }

    [Theory]
    [InlineData("YY b@r.example\nNN c@r.example\n", "the shape is broken")]
    [InlineData("YY b@r.example\nNN c@r.example\nNN c@r.example\n", "twice")]
    [InlineData("YY b@r.example\nNN c@r.example\nNN \"a\n", "cut at a blank")]
    public async Task A_tree_that_does_not_say_who_has_the_mail_is_corrupt(string tree, string why)
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory { NonRecipients = tree }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().BeEmpty(why);
        File.ReadAllText($"{rig.Corrupt}/{pair.Id}.reason").Should().Contain("reason: ");
    }

    [Fact]
    public async Task In_front_of_it_finished_recipients_can_leave_the_list()
    {
        await using var rig = new EngineRig();
        rig.Settings.Target.Finished = FinishedRecipients.Drop;
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example", "c@r.example  0,0  0,1#3"], NonRecipients = "YY b@r.example\nNN a@r.example\nNN child@r.example\n" };
        pair.In(rig.Intake);
        await rig.DrainAsync();
        var found = EngineRig.Pairs(rig.Target).Single();
        found.Header.Recipients.Select(r => TestPass.Text(r.Address)).Should().Equal("c@r.example");
        found.Header.NonRecipients.Addresses.Select(a => TestPass.Text(a)).Should().Equal("child@r.example");
    }

    [Fact]
    public async Task Of_queuefile_a_wrong_count_still_proves_a_loss()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory();
        new MailScannerPair(pair) { Body = "one\ntwo\n"u8.ToArray() }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Names(rig.Corrupt).Should().Contain($"{pair.Id}-D");
    }
}
